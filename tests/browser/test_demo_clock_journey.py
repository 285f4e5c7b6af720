"""An operator moves the demonstration's clock in a real browser, and the workers have what is due done."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from factories.moved_town import put_at_disposal
from factories.running_town import RunningTown, wait_for
from factories.visitor import Visitor
from sqlalchemy import select

from engine.notifications.models import Notification

ADMINISTRATOR, CITIZEN = "Iyán Prado Canga", "Celsa"
PAGE = "/administracion/reloj"


@pytest.fixture(scope="module")
def town(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTown]:
    """An installation of its own: in a town whose clock moves, no other journey finds its day again."""
    running = RunningTown(tmp_path_factory.mktemp("moved-town"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


def state_of(town: RunningTown, notification_id: UUID) -> str | None:
    with town.opened() as hall, hall.database.reading() as session:
        return session.scalar(select(Notification.state).where(Notification.id == notification_id))


def test_an_operator_moves_the_clock_and_terms_end(visitor: Visitor, town: RunningTown) -> None:
    with town.opened() as hall:
        sent = put_at_disposal(hall)
    wait_for(lambda: state_of(town, sent.id) == "available", "it is put at disposal")
    visitor.sign_in(ADMINISTRATOR)
    visitor.visit("/administracion/")
    visitor.follow("Reloj de la demostración")
    visitor.audit("demo-clock")
    visitor.expect(422)
    visitor.press("Ver qué vencerá")
    visitor.page.get_by_label("Unos días").check()
    visitor.fill("Cuántos días (opcional)", "muchos")
    visitor.press("Ver qué vencerá")
    assert "Escriba un número entre 1 y 366" in visitor.main
    visitor.audit("demo-clock-wrong")
    visitor.fill("Cuántos días (opcional)", "20")
    visitor.press("Ver qué vencerá")
    visitor.audit("demo-clock-preview")
    visitor.press("Adelantar el reloj")
    assert "Ahora, en el municipio" in visitor.main
    visitor.audit("demo-clock-moved")
    wait_for(lambda: state_of(town, sent.id) == "expired", "what nobody opened counts as rejected")
    visitor.visit(PAGE)
    assert "Vencido" in visitor.main
    visitor.audit("demo-clock-settled")
    visitor.sign_out()
    visitor.sign_in(CITIZEN)
    visitor.visit("/carpeta")
    assert "El reloj está adelantado" in visitor.page.locator("body").inner_text()
    visitor.audit("demo-clock-citizen")


def test_the_clock_moves_without_script_too(without_script: Visitor, town: RunningTown) -> None:
    without_script.sign_in(ADMINISTRATOR)
    without_script.visit(PAGE)
    without_script.page.get_by_label("Unas horas").check()
    without_script.fill("Cuántas horas (opcional)", "2")
    without_script.press("Ver qué vencerá")
    without_script.press("Adelantar el reloj")
    assert "Se adelantó del" in without_script.main
