"""Auditing pages: only for the auditor, searchable, and looking leaves its own trace."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories.sede import Page, SedeClient
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.people.models import Official
from tests.web.office.conftest import Desk

Make = Callable[[str, str], Official]


@pytest.fixture
def auditor(official_of: Make) -> Official:
    return official_of("auditor", "INT")


def test_the_record_is_for_the_auditor_alone(
    sede: SedeClient, ana: Official, official_of: Make, auditor: Official
) -> None:
    """ENS op.acc.3 R1: nobody else, the administrator neither."""
    for official in (ana, official_of("administrator", "SIS")):
        sede.sign_in_official(official)
        sede.get("/auditoria/", status=403)
        sede.get("/auditoria/asientos", status=403)
    sede.sign_in_official(auditor)
    assert "Asientos que esperan lugar" in sede.get("/auditoria/").main


def test_events_are_found_by_act_person_expediente_and_day(
    sede: SedeClient, desk: Desk, auditor: Official
) -> None:
    desk.open()
    sede.sign_in_official(auditor)
    found = sede.get("/auditoria/asientos?acto=expedientes.open&expediente=2026/FAR/000001")
    assert _acts(found) == {"expedientes.open"}
    registry = _acts(sede.get("/auditoria/asientos?acto=registry."))
    assert registry == {"registry.enter", "registry.link_expediente"}
    assert "expedientes.open" in _acts(sede.get("/auditoria/asientos?resultado=ok"))
    assert "Ningún asiento cumple" in sede.get("/auditoria/asientos?hasta=23/11/2026").main
    assert "Ningún asiento cumple" in sede.get("/auditoria/asientos?quien=Nadie").main
    wrong = sede.get("/auditoria/asientos?expediente=1999/XXX/1")
    assert set(wrong.errors) == {"expediente"}


def _acts(page: Page) -> set[str]:
    return {tag.get_text(strip=True) for tag in page.soup.select("tbody .app-muted")}


def test_what_an_auditor_looked_for_and_read_is_itself_recorded(
    sede: SedeClient, desk: Desk, auditor: Official
) -> None:
    """ENS op.exp.8 R4."""
    desk.open()
    sede.sign_in_official(auditor)
    listed = sede.get("/auditoria/asientos?acto=registry.enter")
    page = sede.get(listed.link("24/11/2026 10:00"))
    assert "Farola apagada en Calle Mayor, 3" in page.main, "the personal value, while it stands"
    with desk.hall.database.reading() as session:
        bodies = [
            (row.type, row.body.decode())
            for row in session.scalars(
                select(AuditEvent)
                .where(AuditEvent.type.startswith("record."))
                .order_by(AuditEvent.id)
            )
        ]
    assert [kind for kind, _ in bodies] == ["record.search", "record.read_event"]
    assert "registry.enter" in bodies[0][1]


def test_events_are_paged_without_repeating(
    sede: SedeClient, desk: Desk, auditor: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        desk.open()
    sede.sign_in_official(auditor)
    monkeypatch.setattr("web.audit.views.PAGE", 4)
    address, seen = "/auditoria/asientos?acto=registry.&hasta=24/11/2026", []
    page = sede.get(address)
    seen += [link["href"] for link in page.soup.select("tbody a")]
    while page.has_link("Siguientes"):
        page = sede.get(page.link("Siguientes"))
        seen += [link["href"] for link in page.soup.select("tbody a")]
    assert len(seen) == len(set(seen)) >= 3
