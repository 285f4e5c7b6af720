"""Access to public information from the request to each of its ends, with the clock going forward."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from factories.story import Story
from sqlalchemy import select

from engine.clock import madrid_date
from engine.deadlines.models import DeadlineState
from engine.notifications.publications.queries import board
from engine.registry.models import Book, RegistryEntry

AURORA, LAUREANO, TOMAS = "98504706F", "98190238H", "98123963Y"
CLERK, MAYOR, SECRETARY = "rosa.cortina", "covadonga.fueyo", "elvira.pando"
PAGES = {
    "information": {
        "about": "Coste de la iluminación de Navidad",
        "information": "Las facturas de la iluminación de Navidad de 2024 y 2025.",
    },
    "way": {"format": "electronic", "language": "es"},
}
THIRD = {
    "route": "third_parties",
    "third_document": LAUREANO,
    "third_name": "Laureano",
    "third_street": "Lugar de Samalea, 7",
    "third_postcode": "33999",
    "third_town": "Valdecandamo",
    "third_province": "Asturias",
    "affects": "Las facturas dicen dónde vive.",
}


@pytest.fixture
def town(story: Story) -> Story:
    story.publish("public-information-access")
    return story


def ask(town: Story, document: str = AURORA) -> UUID:
    return town.file("public-information-access", town.citizen(document), PAGES)


def propose(town: Story, case: UUID, sense: str, **typed: str) -> None:
    town.do(case, "study", CLERK, route="decide")
    limits = {} if sense == "grant" else {"limit": "h", "harm": "Revela precios que compiten."}
    town.do(case, "propose", CLERK, sense=sense, grounds="Artículos 12 a 16.", **limits, **typed)
    town.sign(case, MAYOR)


def formalise(town: Story, case: UUID) -> None:
    town.do(case, "formalise", CLERK, way="published", information="En el portal, apartado 4.")


def publish(town: Story, case: UUID) -> None:
    town.do(
        case,
        "anonymise",
        CLERK,
        heading="Iluminación de Navidad",
        question="Cuánto costó.",
        answer="12.400 euros en 2024 y 13.050 en 2025.",
    )


def due(town: Story, case: UUID, rule: str = "access_resolve") -> date:
    return madrid_date(town.terms(case)[rule].due_at)


def state(town: Story, case: UUID, rule: str = "access_resolve") -> str:
    return town.terms(case)[rule].state


def test_what_is_granted_in_a_month_is_given_in_ten_days_and_published(town: Story) -> None:
    """PLZ-5, PLZ-11: one month from the request, of 24 November, ends on Thursday 24 December."""
    case = ask(town)
    assert due(town, case) == date(2026, 12, 24)
    town.until("2026-12-01T09:00")
    propose(town, case, "grant")
    town.open_notification(case, town.citizen(AURORA))
    assert state(town, case) == DeadlineState.MET.value
    (item,) = town.items(case)
    assert item.element == "formalise"
    assert madrid_date(item.due_at) == date(2026, 12, 17), "the 7th and the 8th are holidays"
    formalise(town, case)
    publish(town, case)
    assert town.outcome(case) == "granted"
    assert town.incidents() == []
    with town.hall.database.reading() as session:
        (published,) = board(session)
    assert published.subject.endswith("Iluminación de Navidad")
    assert "13.050" in published.text
    assert "Aurora" not in published.text


def test_who_has_to_specify_stops_the_term_until_they_do(town: Story) -> None:
    """PLZ-13: art. 19.2 of Ley 19/2013 stops the month."""
    case = ask(town)
    aurora = town.citizen(AURORA)
    town.do(case, "study", CLERK, route="specify", missing="De qué calles.")
    town.until("2026-11-26T12:00")
    town.open_notification(case, aurora)
    assert state(town, case) == DeadlineState.SUSPENDED.value
    assert due(town, case, "access_specify") == date(2026, 12, 14)
    town.until("2026-12-03T12:00")
    town.answer(case, aurora, "De la calle del Medio y la plaza Mayor.")
    assert state(town, case) == DeadlineState.OPEN.value
    assert due(town, case) == date(2026, 12, 31), "seven days more, 26 November to 2 December"
    propose(town, case, "partial", withheld="Las cuentas bancarias.")
    town.open_notification(case, aurora)
    formalise(town, case)
    publish(town, case)
    assert town.outcome(case) == "granted"
    assert town.incidents() == []


def test_who_does_not_specify_desists(town: Story) -> None:
    """PLZ-19 has a limit: ten business days, and a resolution that says so."""
    case = ask(town)
    aurora = town.citizen(AURORA)
    town.do(case, "study", CLERK, route="specify", missing="De qué años.")
    town.until("2026-11-26T12:00")
    town.open_notification(case, aurora)
    town.until("2026-12-15T00:05")
    town.sign(case, MAYOR)
    town.open_notification(case, aurora)
    assert town.outcome(case) == "desisted"
    assert town.incidents() == []


def test_a_third_party_who_says_nothing_only_stops_the_term(town: Story) -> None:
    """PLZ-13: art. 19.3 of Ley 19/2013; fifteen business days, and the applicant is told."""
    case = ask(town, TOMAS)
    town.do(case, "study", CLERK, **THIRD)
    notified(town, case, LAUREANO)
    assert state(town, case) == DeadlineState.SUSPENDED.value
    town.until(town.terms(case)["access_third_parties"].due_at)
    town.wait(minutes=2)
    assert town.waiting(case) == ["study"]
    assert state(town, case) == DeadlineState.OPEN.value
    propose(town, case, "grant")
    town.open_notification(case, town.citizen(TOMAS))
    formalise(town, case)
    publish(town, case)
    assert town.outcome(case) == "granted"
    assert town.incidents() == []


def test_what_a_third_party_opposes_is_given_after_the_term_to_go_to_court(town: Story) -> None:
    """Art. 22.2 of Ley 19/2013: two months from the notification to whoever opposed."""
    case = ask(town, TOMAS)
    town.do(case, "study", CLERK, **THIRD)
    notified(town, case, LAUREANO)
    town.do(case, "third_answer", CLERK, entry_code="E1", opposes="yes", said="Es mi domicilio.")
    propose(town, case, "partial", withheld="Los domicilios.")
    town.open_notification(case, town.citizen(TOMAS))
    assert state(town, case) == DeadlineState.MET.value
    notified(town, case, LAUREANO)
    assert town.waiting(case) == []
    town.until(town.terms(case)["court_appeal"].due_at)
    town.wait(minutes=2)
    town.do(case, "court_check", CLERK, may_give="yes")
    formalise(town, case)
    publish(town, case)
    assert town.outcome(case) == "granted"
    assert town.incidents() == []


def test_an_extension_is_notified_and_gives_one_month_more(town: Story) -> None:
    """PLZ-14: motivated, signed by who did not propose it, notified."""
    case = ask(town)
    aurora = town.citizen(AURORA)
    town.do(case, "study", CLERK, route="extend", volume="Hay que revisar 340 facturas.")
    town.sign(case, MAYOR)
    assert due(town, case) == date(2027, 1, 25), "the 24th is a Sunday"
    town.open_notification(case, aurora)
    propose(town, case, "deny")
    town.open_notification(case, aurora)
    publish(town, case)
    assert town.outcome(case) == "denied"
    assert town.incidents() == []


def test_a_month_without_answer_refuses_and_a_late_resolution_is_free(town: Story) -> None:
    """SIL-1, SIL-2: art. 20.4 of Ley 19/2013; after negative silence the resolution is not bound."""
    case = ask(town)
    town.until("2026-12-25T00:05")
    assert state(town, case) == DeadlineState.EXPIRED.value
    propose(town, case, "grant")
    town.open_notification(case, town.citizen(AURORA))
    formalise(town, case)
    publish(town, case)
    assert town.outcome(case) == "granted"
    assert town.incidents() == []


@pytest.mark.parametrize("cause", ["a", "b", "c", "d", "e"])
def test_what_is_not_admitted_says_why(town: Story, cause: str) -> None:
    """Art. 18.1 of Ley 19/2013: a motivated resolution, by who did not propose it."""
    case = ask(town)
    who = {"who_may_know": "El Principado de Asturias"} if cause == "d" else {}
    town.do(
        case, "study", CLERK, route="inadmit", cause=cause, inadmission_grounds="Consta así.", **who
    )
    town.sign(case, MAYOR)
    town.open_notification(case, town.citizen(AURORA))
    assert town.outcome(case) == "inadmitted"
    assert town.incidents() == []


def test_what_another_administration_has_leaves_by_the_registry(town: Story) -> None:
    """Art. 19.1 of Ley 19/2013: forwarded to whoever has it, and the person is told."""
    case = ask(town)
    town.do(
        case,
        "study",
        CLERK,
        route="not_ours",
        administration="Principado de Asturias",
        why_not_ours="La carretera es suya.",
    )
    town.sign(case, SECRETARY)
    with town.hall.database.reading() as session:
        exits = session.scalars(
            select(RegistryEntry).where(
                RegistryEntry.expediente_id == case,
                RegistryEntry.book == Book.EXIT.value,
                RegistryEntry.subject.contains("Remisión"),
            )
        ).all()
    assert len(exits) == 1
    town.open_notification(case, town.citizen(AURORA))
    assert town.outcome(case) == "not_ours"
    assert town.incidents() == []


def test_what_is_not_opened_in_ten_natural_days_is_rejected_and_the_term_met(town: Story) -> None:
    """NOT-6, NOT-7: the resolution was put at their disposal in time, and ten natural days passed."""
    case = ask(town)
    propose(town, case, "deny")
    town.until("2026-12-05T00:05")
    (last,) = town.notifications(case)
    assert last.closed_at is not None
    assert state(town, case) == DeadlineState.MET.value
    publish(town, case)
    assert town.outcome(case) == "denied"
    assert town.incidents() == []


def test_who_rejects_the_notification_is_notified(town: Story) -> None:
    """NOT-6: a rejection ends the step, and the process goes on."""
    case = ask(town)
    propose(town, case, "deny")
    town.reject_notification(case, town.citizen(AURORA))
    publish(town, case)
    assert town.outcome(case) == "denied"
    assert town.incidents() == []


def notified(town: Story, case: UUID, document: str) -> None:
    """Somebody else receives what is notified to them, in the sede."""
    town.open_notification(case, town.citizen(document))
