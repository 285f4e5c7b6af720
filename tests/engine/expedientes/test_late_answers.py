"""An answer that comes after its term counts while nobody was told that it was too late (PLZ-19)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline, DeadlineState
from engine.errors import Stale
from engine.expedientes import operations
from engine.expedientes.late import late_answers
from engine.expedientes.models import Expediente
from engine.notifications.operations import notify
from engine.signing.models import RequestState, SignatureRequest
from engine.workflow.firing import fire_due
from engine.workflow.models import WorkItem, WorkState
from engine.workflow.queries import WorkItemRow, data_of, instance_of
from tests.engine.expedientes.conftest import Run, Town, user
from tests.engine.expedientes.test_expedientes import answer, correction, review
from tests.engine.workflow.models import begun


def model() -> bytes:
    """Review; ask; unanswered in ten days, a resolution is drafted, signed and notified."""
    made = begun()
    user(made, "review", "Revisar", role="processor", unit="URB", phase="instruction")
    user(made, "amend", "Corregir la solicitud", kind="correction", phase="correction")
    made.timer("term", "deadline:correction from review.at", attached="amend")
    made.service(
        "draft",
        "documents/render",
        result="resolution",
        template="&quot;notice&quot;",
        title="&quot;Desistimiento&quot;",
        kind="&quot;resolution&quot;",
        visibility="&quot;internal&quot;",
    )
    made.service(
        "sign",
        "signing/request",
        result="signature",
        document_id="resolution.document_id",
        role="&quot;processor&quot;",
        unit="&quot;URB&quot;",
        purpose="&quot;Resolución&quot;",
    )
    made.service(
        "notify",
        "notifications/notify",
        result="notice",
        document_id="resolution.document_id",
        subject="&quot;Desistimiento&quot;",
        purpose="&quot;resolution&quot;",
    )
    made.service("close", "expedientes/close", result="closed", outcome="&quot;desisted&quot;")
    made.flow("start", "review", "amend", "review")
    return made.flow("term", "draft", "sign", "notify", "close", "end").xml()


class Waiting:
    """An expediente whose person let the term go by, and what is seen of it."""

    def __init__(self, town: Town, expediente_id: UUID, item: WorkItemRow) -> None:
        self.town, self.expediente_id, self.item = town, expediente_id, item

    def answerable(self) -> tuple[UUID, ...]:
        with self.town.hall.database.reading() as session:
            key = (self.town.hall.settings.entity_id, self.expediente_id)
            return late_answers(session, session.get_one(Expediente, key))

    def request(self) -> SignatureRequest:
        with self.town.hall.database.reading() as session:
            return session.scalars(select(SignatureRequest)).one()

    def answer(self) -> operations.Presented:
        return answer(self.town, self.item)


@pytest.fixture
def waiting(town: Town, clock: FixedClock, run_all: Run) -> Waiting:
    town.publish(model=model())
    filed = town.filed()
    review(town, "correct")
    item = correction(town)
    clock.advance(timedelta(days=30))
    fire_due(town.hall)
    run_all()
    return Waiting(town, filed.expediente_id, item)


def test_a_late_answer_counts_before_the_decision_is_signed(waiting: Waiting, run_all: Run) -> None:
    """PLZ-19, art. 73.3: the process goes back, and nobody is asked to sign the decision any more."""
    town = waiting.town
    assert waiting.request().state == RequestState.PENDING.value
    assert waiting.answerable() == (waiting.item.id,)
    presented = waiting.answer()
    run_all()
    assert presented.code.startswith("2026-E-")
    assert waiting.request().state == RequestState.CANCELLED.value
    with town.hall.database.reading() as session:
        instance = instance_of(session, waiting.expediente_id)
        said = data_of(session, instance)["amend"]
        entity = town.hall.settings.entity_id
        item = session.get_one(WorkItem, (entity, waiting.item.id))
        terms = session.scalars(
            select(Deadline).where(
                Deadline.expediente_id == waiting.expediente_id, Deadline.rule == "correction"
            )
        ).all()
    assert said["late"] is True
    assert said["by"] == str(town.citizen.id)
    assert item.state == WorkState.DONE.value
    assert DeadlineState.OPEN.value not in {term.state for term in terms}
    assert town.view(waiting.expediente_id).phase_words == "En estudio"
    assert town.task().element == "review", "it is studied again"


def test_a_late_answer_is_given_once(waiting: Waiting) -> None:
    """PLZ-19: what was answered is answered."""
    waiting.answer()
    assert waiting.answerable() == ()
    with pytest.raises(Stale, match="ya está contestada"):
        waiting.answer()


def test_once_the_decision_is_being_notified_a_late_answer_is_too_late(waiting: Waiting) -> None:
    """PLZ-19: put at the person's disposal, it is answered no more; it can be appealed."""
    town = waiting.town
    notify(
        town.hall.system("test"),
        document_id=waiting.request().document_id,
        person_id=town.citizen.id,
        subject="Desistimiento",
        unit_id=town.unit.id,
        expediente_id=waiting.expediente_id,
    )
    assert waiting.answerable() == ()
    with pytest.raises(Stale, match="su plazo ha terminado"):
        waiting.answer()
