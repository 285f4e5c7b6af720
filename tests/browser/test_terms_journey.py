"""The clock of an expediente in a browser: looked at, stopped, explained to its person, never too wide."""

from __future__ import annotations

import re
from collections.abc import Callable

from factories.visitor import Visitor

HEAD = "Pelayo Corral"
_CASE = re.compile(r"/oficina/expedientes/[0-9a-f-]{36}")


def case_of(visitor: Visitor) -> str:
    """The address of the first expediente that the inbox names."""
    link = visitor.page.locator("main a.app-number").first
    return str(link.get_attribute("href"))


def test_the_clock_is_drawn_and_each_thing_done_with_it_fits(
    new_visitor: Callable[..., Visitor],
) -> None:
    """PLZ-20: the tab, its forms and its refusals, at both widths and without a fault of axe."""
    head = new_visitor()
    head.sign_in(HEAD)
    head.visit("/oficina/?lista=equipo")
    head.audit("inbox-with-order")
    case = case_of(head)
    head.visit(f"{case}/plazos")
    head.audit("terms")
    head.visit("/oficina/comunicaciones-pendientes")
    head.audit("late-communications")
    for word in ("suspender", "ampliar", "urgencia", "simplificar", "advertir-caducidad"):
        head.visit(f"{case}/plazos/{word}")
        head.audit(f"terms-{word}")
    head.expect(422)
    head.visit(f"{case}/plazos/suspender")
    head.press("Suspender el plazo")
    assert "Elija la causa" in head.main
    head.audit("terms-suspender-wrong")
    head.page.locator("#cause").select_option("22.1.d")
    head.fill("Motivo", "Se pide el informe de carreteras.")
    head.press("Suspender el plazo")
    assert "Plazo parado" in head.main
    head.audit("terms-stopped")
    head.visit(f"{case}/plazos/reanudar")
    head.audit("terms-reanudar")


def test_the_person_reads_the_clock(new_visitor: Callable[..., Visitor]) -> None:
    """EXP-3, PLZ-20: in plain words, with each day, and a file for a calendar."""
    person = new_visitor()
    person.sign_in("Celsa")
    person.visit("/carpeta")
    person.page.locator("main a[href*='/carpeta/expedientes/']").first.click()
    person.audit("case-with-clock")
    person.follow("Cómo se cuenta este plazo")
    assert person.h1.endswith("Cómo se cuenta este plazo")
    person.audit("term-of-the-person")
