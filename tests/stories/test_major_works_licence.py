"""A licence for major works from the application to each of its ends, with the clock going forward."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from factories.story import Story

from engine.clock import madrid_date
from engine.deadlines.models import DeadlineState
from engine.notifications import operations as notifications
from engine.notifications.models import PostalResult

BEGONA, LAUREANO = "98890281X", "98190238H"
CLERK, TECHNICIAN, SECRETARY = "xandru.llaneza", "aida.menendez", "elvira.pando"
MAYOR = "covadonga.fueyo"
REPORTS = ("technical", "legal", "fire", "heritage", "regional")
GROUNDS = "Se ajusta al planeamiento."
PAGES = {
    "works": {
        "works": "Vivienda unifamiliar de dos plantas",
        "works_class": "new_building",
        "description": "Vivienda de 164 metros cuadrados.",
        "budget": "180.000,00",
        "months": "14",
    },
    "place": {
        "address": "Lugar de Samalea, 11",
        "postal_code": "33999",
        "cadastre": "33999A01200345",
        "land": "urban",
        "protected": "no",
    },
    "project": {
        "architect": "Carmen Roces Palacio",
        "architect_document": "98129734G",
        "visa": "Colegio Oficial de Arquitectos, 2026/04417",
    },
}


@pytest.fixture
def town(story: Story) -> Story:
    story.publish("major-works-licence")
    return story


def apply(town: Story, document: str = BEGONA, works_class: str = "new_building") -> UUID:
    pages = {**PAGES, "works": {**PAGES["works"], "works_class": works_class}}
    files = {key: key for key in ("project", "safety", "waste")}
    return town.file("major-works-licence", town.citizen(document), pages, files=files)


def admit(town: Story, case: UUID, *reports: str, **more: str) -> None:
    town.do(case, "admission_check", CLERK, complete="yes")
    asked = {each: "yes" if each in reports else "no" for each in REPORTS}
    town.do(case, "assign", TECHNICIAN, **asked, **more)


def resolve(town: Story, case: UUID, grant: bool = True) -> None:
    granted = {"start_months": "6", "finish_months": "12"} if grant else {}
    said = "yes" if grant else "no"
    town.do(case, "resolution_propose", CLERK, grant=said, grounds=GROUNDS, **granted)


def due(town: Story, case: UUID) -> date:
    return madrid_date(town.terms(case)["licence_resolve"].due_at)


def state(town: Story, case: UUID) -> str:
    return town.terms(case)["licence_resolve"].state


def granted(town: Story) -> UUID:
    """A licence without reports, granted and notified."""
    case = apply(town)
    admit(town, case)
    town.do(case, "assess", TECHNICIAN, route="favourable")
    resolve(town, case)
    town.sign(case, MAYOR)
    town.open_notification(case, town.citizen(BEGONA))
    return case


def test_works_are_licensed_begun_finished_and_occupied(town: Story) -> None:
    """PLZ-12, INS-3, INS-8: own reports signed by their authors, a resolution by who did not propose."""
    case = apply(town)
    begona = town.citizen(BEGONA)
    assert town.terms(case)["communication"].state == DeadlineState.MET.value
    assert due(town, case) == date(2027, 2, 24)
    admit(town, case, "technical", "legal")
    assert town.waiting(case) == ["report_write", "report_write"]
    for official in (TECHNICIAN, SECRETARY):
        report(town, case, official)
    town.do(case, "assess", TECHNICIAN, route="favourable")
    resolve(town, case)
    town.sign(case, MAYOR)
    town.open_notification(case, begona)
    assert state(town, case) == DeadlineState.MET.value
    town.pay(begona)
    town.answer(case, begona, "La obra empieza el lunes.")
    town.do(case, "begin_works", TECHNICIAN, began_on="30/11/2026", director="X", facts="Vallada.")
    town.sign(case, TECHNICIAN)
    town.answer(case, begona, "No da tiempo: pido seis meses más.")
    town.do(
        case,
        "review_works",
        CLERK,
        what="extension",
        extend="yes",
        months="6",
        extension_grounds="La lluvia paró la obra.",
    )
    town.sign(case, MAYOR)
    town.open_notification(case, begona)
    town.answer(case, begona, "Está acabada; adjunto el certificado final.")
    town.do(case, "review_works", CLERK, what="finished")
    town.do(
        case,
        "inspect",
        TECHNICIAN,
        conform="yes",
        facts="Como en el proyecto.",
        final_cost="190000",
    )
    town.sign(case, TECHNICIAN)
    town.open_notification(case, begona)
    town.pay(begona)
    assert town.outcome(case) == "granted"
    assert town.incidents() == []


def report(town: Story, case: UUID, official: str) -> None:
    """An official writes the report that waits for them, among those that are asked for at once."""
    town.do(case, "report_write", official, favourable="yes", grounds=GROUNDS)
    town.sign(case, official)


def test_a_preceptive_report_stops_the_term_until_it_comes(town: Story) -> None:
    """PLZ-13: from the day on which it is asked for to the day before it comes; both are told."""
    case = apply(town)
    admit(town, case, "regional", regional_body="Confederación", regional_rule="Ley de Aguas")
    assert state(town, case) == DeadlineState.SUSPENDED.value
    town.until("2026-12-15T10:00")
    town.do(case, "report_receive", CLERK, favourable="yes", grounds=GROUNDS)
    assert state(town, case) == DeadlineState.OPEN.value
    assert due(town, case) == date(2027, 3, 16), "20 days more: the 24th did not count anyway"
    assert town.waiting(case) == ["assess"]
    assert town.incidents() == []


def test_a_report_that_does_not_come_stops_the_term_three_months_at_most(town: Story) -> None:
    """PLZ-13: the suspension ends by itself, and the process goes on without the report (art. 80.4)."""
    case = apply(town)
    admit(town, case, "heritage", "fire")
    town.until("2027-02-23T12:00")
    assert state(town, case) == DeadlineState.SUSPENDED.value
    town.until("2027-02-25T12:00")
    assert state(town, case) == DeadlineState.OPEN.value
    assert due(town, case) == date(2027, 5, 26)
    assert town.waiting(case) == ["assess"]
    assert town.incidents() == []


def test_a_requirement_stops_the_term_until_the_project_is_corrected(town: Story) -> None:
    """PLZ-13: art. 22.1.a, from the notification of the requirement to its answer."""
    case = apply(town)
    begona = town.citizen(BEGONA)
    admit(town, case)
    town.do(case, "assess", TECHNICIAN, route="deficiencies", deficiencies="Falta un plano.")
    town.open_notification(case, begona)
    assert state(town, case) == DeadlineState.SUSPENDED.value
    town.until("2026-12-01T10:00")
    town.answer(case, begona, "Adjunto el plano.", "project")
    assert state(town, case) == DeadlineState.OPEN.value
    assert due(town, case) == date(2027, 3, 2), "six days more: the 24th did not count anyway"
    assert town.waiting(case) == ["assign"]
    assert town.incidents() == []


def test_new_building_is_refused_by_silence_and_may_be_granted_late(town: Story) -> None:
    """SIL-1, SIL-2: negative by a law; the late resolution is free (art. 24.3.b)."""
    case = apply(town)
    admit(town, case)
    town.until("2027-02-25T00:05")
    assert state(town, case) == DeadlineState.EXPIRED.value
    town.do(case, "assess", TECHNICIAN, route="favourable")
    resolve(town, case)
    town.sign(case, MAYOR)
    town.open_notification(case, town.citizen(BEGONA))
    assert "start_works" in town.waiting(case)
    assert town.incidents() == []


def test_rehabilitation_is_granted_by_silence_and_cannot_be_refused_late(town: Story) -> None:
    """SIL-1, SIL-2: the general sense is positive, and then a refusal goes back to who proposes it."""
    case = apply(town, works_class="rehabilitation")
    admit(town, case)
    town.do(case, "assess", TECHNICIAN, route="favourable")
    town.until("2027-02-25T00:05")
    resolve(town, case, grant=False)
    assert town.waiting(case) == ["resolution_propose"]
    resolve(town, case)
    town.sign(case, MAYOR)
    town.open_notification(case, town.citizen(BEGONA))
    assert "start_works" in town.waiting(case)
    assert town.incidents() == []


def test_who_does_not_correct_the_application_desists(town: Story) -> None:
    """FIL-15: ten business days, and a resolution that says so."""
    case = apply(town)
    begona = town.citizen(BEGONA)
    town.do(case, "admission_check", CLERK, complete="no", missing="El proyecto no está visado.")
    town.open_notification(case, begona)
    town.until("2026-12-12T00:05")
    town.sign(case, MAYOR)
    town.open_notification(case, begona)
    assert town.outcome(case) == "desisted"
    assert town.incidents() == []


def test_unfavourable_reports_are_heard_before_a_refusal(town: Story) -> None:
    """INS-4, NOT-6: heard for ten business days; what is not opened in ten natural days is rejected."""
    case = apply(town)
    begona = town.citizen(BEGONA)
    admit(town, case)
    town.do(case, "assess", TECHNICIAN, route="unfavourable", reasons="Invade el retranqueo.")
    town.open_notification(case, begona)
    town.answer(case, begona, "El retranqueo se mide desde el eje.")
    resolve(town, case, grant=False)
    town.sign(case, MAYOR)
    town.wait(days=11)
    assert state(town, case) == DeadlineState.MET.value
    assert town.outcome(case) == "denied"
    assert town.incidents() == []


def test_what_the_post_cannot_deliver_is_notified_by_an_announcement(town: Story) -> None:
    """NOT-12, NOT-13: two attempts on both sides of three in the afternoon, and then the gazette."""
    case = apply(town, LAUREANO)
    admit(town, case)
    town.do(case, "assess", TECHNICIAN, route="unfavourable", reasons="Invade el retranqueo.")
    system = town.hall.system("post")
    paper = town.pending_notification(case)
    for moment in ("2026-11-25T11:00", "2026-11-26T17:30"):
        town.until(moment)
        notifications.record_attempt(
            system,
            notification_id=paper.id,
            at=town.clock.now(),
            result=PostalResult.ABSENT,
        )
    town.until("2026-12-10T09:00")
    notifications.announce(system, notification_id=paper.id, announcement="BOE-N-2026-000123")
    town.work()
    assert town.waiting(case) == ["hearing_allege"]
    assert madrid_date(town.terms(case)["allegations"].due_at) == date(2026, 12, 24)
    town.until("2026-12-26T00:05")
    assert town.waiting(case) == ["resolution_propose"]
    assert town.incidents() == []


def test_works_that_do_not_begin_lapse_after_a_hearing(town: Story) -> None:
    """INS-4: a licence does not lapse by itself; what was asked for on account is asked no more."""
    case = granted(town)
    begona = town.citizen(BEGONA)
    town.until("2027-05-25T12:00")
    town.open_notification(case, begona)
    town.answer(case, begona, "No tengo dinero para empezar.")
    town.do(case, "decide_lapse", CLERK, lapse="yes", grounds="No empezó en seis meses.")
    town.sign(case, MAYOR)
    town.open_notification(case, begona)
    assert town.outcome(case) == "expired"
    assert town.incidents() == []
