"""A town in which a story is told: people act, the clock goes forward, and the law does the rest.

Everything is real: the demonstration's people and officials, the packages of processes/, the database,
the jobs and the duties. Only the clock is a clock of the test, moved from one term to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

from sqlalchemy import func, select

from engine.clock import MADRID, FixedClock, madrid_date
from engine.deadlines.models import Deadline, DeadlineState
from engine.expedientes import operations as expedientes
from engine.expedientes.drafts import operations as drafts
from engine.expedientes.drafts import queries as draft_queries
from engine.expedientes.ex_officio.operations import begin_ex_officio
from engine.expedientes.models import Expediente
from engine.expedientes.uploads import UploadedFile
from engine.notifications import operations as notifications
from engine.notifications import queries as notification_queries
from engine.notifications.queries import NotificationRow
from engine.payments import operations as payments
from engine.payments.gateway import Notice, Outcome, signed_notices
from engine.payments.models import OrderState, PaymentOrder
from engine.people import queries as people
from engine.procedures.operations import publish
from engine.procedures.package import read_folder
from engine.settings import ROOT
from engine.signing import operations as signing
from engine.signing import queries as signatures
from engine.townhall import Call, TownHall
from engine.worker import drain
from engine.workflow import queries as workflow
from engine.workflow.models import ProcessTimer, TimerState, WorkState
from engine.workflow.operations import claim
from engine.workflow.queries import WorkItemRow
from engine.workflow.work import CORRECTION
from web.demo.papers import paper
from web.demo.people import ensure_people, official_id, person_id

_SECOND = timedelta(seconds=1)


@dataclass
class Story:
    """The town of a story; officials and people are named by the demonstration's codes and documents."""

    hall: TownHall
    clock: FixedClock
    _known: dict[str, UUID] = field(default_factory=dict)

    def publish(self, *procedures: str) -> None:
        """Publish packages of processes/."""
        for key in procedures:
            publish(self.hall.system("story"), files=read_folder(ROOT / "processes" / key))

    def prepare(self) -> None:
        """Let the demonstration's people live and work here."""
        ensure_people(self.hall.system("story"), madrid_date(self.clock.now()))

    def official(self, code: str) -> Call:
        identifier = self._known.setdefault(code, official_id(self.hall.system("story"), code))
        with self.hall.database.reading() as session:
            return self.hall.call(
                people.load_official_actor(session, identifier, madrid_date(self.clock.now()))
            )

    def citizen(self, document: str, on_behalf_of: str | None = None) -> Call:
        represented = None if on_behalf_of is None else self.person(on_behalf_of)
        with self.hall.database.reading() as session:
            return self.hall.call(
                people.load_citizen_actor(
                    session, self.person(document), madrid_date(self.clock.now()), represented
                )
            )

    def person(self, document: str) -> UUID:
        return self._known.setdefault(document, person_id(self.hall.system("story"), document))

    # Time

    def work(self) -> None:
        """Let the workers do everything that is due now."""
        drain(self.hall)

    def until(self, moment: str | datetime) -> None:
        """Go forward to an instant (in Madrid when it is a text), stopping at each term on the way."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment).replace(tzinfo=MADRID)
        self.work()
        while (due := self._next_due()) is not None and due + _SECOND < moment:
            self._move_to(due + _SECOND)
            self.work()
        self._move_to(moment)
        self.work()

    def wait(self, **length: float) -> None:
        """Go forward by some days or hours, as `timedelta` takes them."""
        self.until(self.clock.now() + timedelta(**length))

    def _next_due(self) -> datetime | None:
        """The first instant to come at which a term or a timer ends."""
        now = self.clock.now()
        with self.hall.database.reading() as session:
            term = session.scalar(
                select(func.min(Deadline.due_at)).where(
                    Deadline.state == DeadlineState.OPEN.value, Deadline.due_at >= now
                )
            )
            timer = session.scalar(
                select(func.min(ProcessTimer.due_at)).where(
                    ProcessTimer.state == TimerState.WAITING.value, ProcessTimer.due_at > now
                )
            )
        return min((each for each in (term, timer) if each is not None), default=None)

    def _move_to(self, moment: datetime) -> None:
        self.clock.advance(max(timedelta(0), moment - self.clock.now()))

    # What people do

    def begin(self, key: str, official: str, **typed: str) -> UUID:
        """An official begins a procedure ex officio; the expediente's id."""
        data = {name: [value] for name, value in typed.items()}
        row = begin_ex_officio(self.official(official), procedure_key=key, data=data)
        self.work()
        return row.id

    def file(
        self,
        key: str,
        who: Call,
        pages: Mapping[str, Mapping[str, str]],
        *,
        files: Mapping[str, str] | None = None,
        items: Mapping[str, list[Mapping[str, str]]] | None = None,
    ) -> UUID:
        """A person files an application, paying what it costs; the expediente's id.

        pages: what is typed in each page; files: which paper of the demonstration goes as each
        attachment; items: what is typed for each element of a repeating page.
        """
        draft = drafts.begin(who, procedure_key=key)
        for page, typed in pages.items():
            self._save(who, draft.id, page, typed)
        for page, each in (items or {}).items():
            for number, typed in enumerate(each):
                self._save(who, draft.id, page, typed, item=number)
        for attachment, kind in (files or {}).items():
            name, content = paper(kind)
            drafts.attach(
                who,
                draft_id=draft.id,
                key=attachment,
                name=name,
                stream=BytesIO(content),
                revision=self._sheet(who, draft.id).view.revision,
            )
        sheet = self._sheet(who, draft.id)
        if sheet.fee is not None:
            attempt = drafts.pay(who, draft_id=draft.id)
            self._tell_paid(attempt.reference, attempt.amount)
            sheet = self._sheet(who, draft.id)
        form = sheet.view.procedure.form
        assert form is not None
        filed = drafts.file(
            who,
            draft_id=draft.id,
            revision=sheet.view.revision,
            shown_sha256=sheet.sha256,
            declarations=[declaration.id for declaration in form.declarations],
            consent=True,
            method="demo",
            level="substantial",
            request_id="story",
        )
        self.work()
        return filed.expediente_id

    def _save(
        self,
        who: Call,
        draft_id: UUID,
        page: str,
        typed: Mapping[str, str],
        item: int | None = None,
    ) -> None:
        saved = drafts.save_page(
            who,
            draft_id=draft_id,
            page_id=page,
            data={name: [value] for name, value in typed.items()},
            revision=self._sheet(who, draft_id).view.revision,
            **({} if item is None else {"item": item}),
        )
        assert not saved.errors, saved.errors

    def _sheet(self, who: Call, draft_id: UUID) -> draft_queries.CheckSheet:
        with self.hall.database.reading() as session:
            return draft_queries.check_sheet(session, draft_id, who.actor)

    def items(self, expediente_id: UUID) -> list[WorkItemRow]:
        """The open tasks of an expediente."""
        with self.hall.database.reading() as session:
            return [item for item in workflow.items_of(session, expediente_id) if item.open]

    def waiting(self, expediente_id: UUID) -> list[str]:
        """The elements whose tasks are open."""
        return sorted(item.element for item in self.items(expediente_id))

    def do(self, expediente_id: UUID, element: str, official: str, **typed: str) -> None:
        """An official takes a task and completes it."""
        who = self.official(official)
        (item,) = self._for(who, element, expediente_id)
        version = item.version
        if item.state is WorkState.OPEN:
            claim(who, work_item_id=item.id, version=version, reason="Orden de la jefatura")
            version += 1
        data = {name: [value] for name, value in typed.items()}
        expedientes.complete_task(who, work_item_id=item.id, version=version, data=data)
        self.work()

    def _for(self, who: Call, element: str, expediente_id: UUID) -> list[WorkItemRow]:
        """The open tasks of an element; of several at once, those of the official's own posts."""
        found = [each for each in self.items(expediente_id) if each.element == element]
        if len(found) == 1:
            return found
        posts = {(post.role, post.unit_id) for post in who.actor.posts}
        return [each for each in found if (each.role, each.unit_id) in posts]

    def answer(self, expediente_id: UUID, who: Call, text: str, *papers: str) -> None:
        """The person answers what is asked of them."""
        (item,) = [each for each in self.items(expediente_id) if each.kind == CORRECTION]
        files = [
            UploadedFile("documents", name, BytesIO(data)) for name, data in map(paper, papers)
        ]
        expedientes.answer_correction(
            who, work_item_id=item.id, version=item.version, text=text, files=files
        )
        self.work()

    def sign(self, expediente_id: UUID, official: str) -> None:
        """An official signs what waits for them in an expediente."""
        who = self.official(official)
        with self.hall.database.reading() as session:
            waiting = [
                each
                for each in signatures.mine(session, who.actor)
                if each.document.expediente_id == expediente_id
            ]
        assert waiting, f"{official} has nothing to sign"
        for each in waiting:
            signing.sign(who, request_id=each.id, shown_sha256=each.document.sha256)
        self.work()

    def refuse_to_sign(self, expediente_id: UUID, official: str, reason: str) -> None:
        """An official says why they do not sign."""
        who = self.official(official)
        with self.hall.database.reading() as session:
            (waiting,) = [
                each
                for each in signatures.mine(session, who.actor)
                if each.document.expediente_id == expediente_id
            ]
        signing.refuse(who, request_id=waiting.id, reason=reason)
        self.work()

    def notifications(self, expediente_id: UUID) -> list[NotificationRow]:
        with self.hall.database.reading() as session:
            return list(notification_queries.of_expediente(session, expediente_id))

    def pending_notification(self, expediente_id: UUID) -> NotificationRow:
        """The one that waits to be opened or delivered."""
        (found,) = [each for each in self.notifications(expediente_id) if each.closed_at is None]
        return found

    def open_notification(self, expediente_id: UUID, who: Call) -> None:
        waiting = self.pending_notification(expediente_id)
        notifications.open_notification(who, notification_id=waiting.id)
        self.work()

    def reject_notification(self, expediente_id: UUID, who: Call) -> None:
        waiting = self.pending_notification(expediente_id)
        notifications.reject(who, notification_id=waiting.id)
        self.work()

    def pay(self, who: Call) -> None:
        """The person pays what the town hall asks of them."""
        with self.hall.database.reading() as session:
            order = session.scalars(
                select(PaymentOrder).where(
                    PaymentOrder.person_id == who.actor.interested_id,
                    PaymentOrder.state == OrderState.PENDING.value,
                )
            ).one()
        attempt = payments.begin_attempt(who, order_id=order.id)
        self._tell_paid(attempt.reference, attempt.amount)
        self.work()

    def _tell_paid(self, reference: str, amount: object) -> None:
        notice = Notice(reference, Outcome.ACCEPTED, amount, f"AUT{reference[-6:]}")  # type: ignore[arg-type]
        payments.take_notice(
            self.hall.system("payments.callback"), notice=signed_notices(self.hall).sign(notice)
        )

    # How things stand

    def row(self, expediente_id: UUID) -> Expediente:
        with self.hall.database.reading() as session:
            found = session.scalars(select(Expediente).where(Expediente.id == expediente_id)).one()
            session.expunge(found)
            return found

    def outcome(self, expediente_id: UUID) -> str | None:
        return self.row(expediente_id).outcome

    def terms(self, expediente_id: UUID) -> dict[str, Deadline]:
        """The newest term of each rule in an expediente."""
        with self.hall.database.reading() as session:
            rows = session.scalars(
                select(Deadline)
                .where(Deadline.expediente_id == expediente_id)
                .order_by(Deadline.id)
            ).all()
            session.expunge_all()
        return {row.rule: row for row in rows}

    def incidents(self) -> list[str]:
        """What stopped a process, which a story expects to be nothing."""
        with self.hall.database.reading() as session:
            return [each.message for each in workflow.incidents(session)]
