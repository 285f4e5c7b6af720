"""An appeal for reversal, from its filing to each of its ends."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from factories.story import Story

from engine.clock import madrid_date
from engine.notifications.queries import advices

XUAN = "98146497T"
LAWYER, MAYOR, CLERK, DECIDER = "tomas.arias", "covadonga.fueyo", "ines.vallina", "breixo.cosmen"
INSTRUCTOR = "nieves.corrales"
PAGES = {
    "act": {"appealed": "2026/TER/000012", "notified_on": "10/11/2026", "silence": "no"},
    "grounds": {
        "grounds": "El informe mide la acera de otra calle.",
        "petition": "Que se conceda la terraza.",
    },
    "suspension": {"suspension": "no"},
}
CHECKED = {
    "complete": "yes",
    "act_kind": "resolution",
    "ends_the_way": "yes",
    "standing": "yes",
    "in_term": "yes",
    "issuing_unit": "ESP",
    "issuing_role": "processor",
    "other_parties": "no",
}


@pytest.fixture
def appealed(story: Story) -> Story:
    story.publish("reposition-appeal")
    return story


def file(story: Story, *, suspension: bool = False) -> UUID:
    pages = PAGES
    if suspension:
        harm = {"suspension": "yes", "harm": "Tendría que cerrar en plena temporada."}
        pages = {**PAGES, "suspension": harm}
    return story.file("reposition-appeal", story.citizen(XUAN), pages)


def report_and_propose(story: Story, case: UUID, sense: str, **more: str) -> None:
    story.do(case, "report", CLERK, text="La acera se midió en su sitio.")
    story.do(case, "propose", LAWYER, sense=sense, grounds="Se contesta a todo.", **more)


def due(story: Story, case: UUID, rule: str) -> date:
    return madrid_date(story.terms(case)[rule].due_at)


def test_an_appeal_is_admitted_reported_on_decided_by_another_and_notified(
    appealed: Story,
) -> None:
    """REC-1: one month to decide, by who did not propose."""
    case = file(appealed)
    assert due(appealed, case, "resolve_reposition") == date(2026, 12, 24)
    appealed.do(case, "check", LAWYER, **CHECKED)
    report_and_propose(appealed, case, "accept", effect="Se concede la terraza.")
    with pytest.raises(AssertionError, match="nothing to sign"):
        appealed.sign(case, LAWYER)
    appealed.sign(case, MAYOR)
    appealed.open_notification(case, appealed.citizen(XUAN))
    assert appealed.outcome(case) == "granted"
    assert appealed.incidents() == []


def test_what_is_filed_too_late_is_not_admitted(appealed: Story) -> None:
    case = file(appealed)
    appealed.do(case, "check", LAWYER, **{**CHECKED, "in_term": "no"})
    assert appealed.waiting(case) == ["propose"], "nobody has to report on it"
    appealed.do(case, "propose", LAWYER, sense="inadmit", grounds="Está fuera de plazo.")
    appealed.sign(case, MAYOR)
    appealed.open_notification(case, appealed.citizen(XUAN))
    assert appealed.outcome(case) == "inadmitted"


def test_a_defective_appeal_that_nobody_mends_is_taken_as_withdrawn(appealed: Story) -> None:
    """FIL-15: ten business days, and a resolution that is notified."""
    case, xuan = file(appealed), appealed.citizen(XUAN)
    appealed.do(case, "check", LAWYER, **{**CHECKED, "complete": "no", "missing": "El acto."})
    appealed.open_notification(case, xuan)
    assert due(appealed, case, "correction") == date(2026, 12, 10)
    appealed.until("2026-12-11T00:01")
    appealed.sign(case, MAYOR)
    appealed.open_notification(case, xuan)
    assert appealed.outcome(case) == "desisted"


def test_the_suspension_that_nobody_decides_in_a_month_is_granted(appealed: Story) -> None:
    """REC-2: silence on the suspension suspends the act."""
    case = file(appealed, suspension=True)
    appealed.do(case, "check", LAWYER, **CHECKED)
    assert due(appealed, case, "suspension_request") == date(2026, 12, 24)
    appealed.until("2026-12-25T00:01")
    assert "queda suspendida" in told(appealed)
    assert appealed.waiting(case) == ["report"]


def test_the_suspension_of_a_traffic_fine_that_nobody_decides_is_refused(appealed: Story) -> None:
    """REC-2 the other way round: art. 96.3 of the traffic law."""
    case = file(appealed, suspension=True)
    appealed.do(case, "check", LAWYER, **{**CHECKED, "act_kind": "fine", "issuing_unit": "POL"})
    appealed.until("2026-12-25T00:01")
    assert "se deniega" in told(appealed)
    appealed.do(case, "report", INSTRUCTOR, text="Se ratifica.")
    appealed.do(case, "propose", LAWYER, sense="dismiss", grounds="Consta la infracción.")
    appealed.sign(case, DECIDER)
    appealed.open_notification(case, appealed.citizen(XUAN))
    assert appealed.outcome(case) == "denied"


def test_a_suspension_that_is_decided_is_notified_and_the_appeal_goes_on(appealed: Story) -> None:
    case, xuan = file(appealed, suspension=True), appealed.citizen(XUAN)
    appealed.do(case, "check", LAWYER, **CHECKED)
    appealed.do(case, "decide_suspension", LAWYER, suspend="no", grounds="No hay perjuicio.")
    appealed.sign(case, MAYOR)
    appealed.open_notification(case, xuan)
    report_and_propose(appealed, case, "dismiss")
    appealed.sign(case, MAYOR)
    appealed.open_notification(case, xuan)
    assert appealed.outcome(case) == "denied"
    assert appealed.incidents() == []


def test_an_appeal_unanswered_for_a_month_is_refused_by_silence_and_can_be_accepted_late(
    appealed: Story,
) -> None:
    """REC-1, SIL-1 and SIL-2: negative in an appeal, and the late decision is free."""
    case = file(appealed)
    appealed.until("2026-12-25T00:01")
    assert "denegada por silencio" in told(appealed)
    appealed.do(case, "check", LAWYER, **CHECKED)
    report_and_propose(appealed, case, "accept", effect="Se concede la terraza.")
    appealed.sign(case, MAYOR)
    appealed.open_notification(case, appealed.citizen(XUAN))
    assert appealed.outcome(case) == "granted"


def told(story: Story) -> str:
    """What the person was told that begins no term."""
    with story.hall.database.reading() as session:
        return "\n".join(item.text for item in advices(session, story.citizen(XUAN).actor))
