"""The demonstration's applications: begun, paid, filed, and taken as far as their story tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID

from engine.clock import madrid_date
from engine.expedientes import operations as expedientes
from engine.expedientes import queries
from engine.expedientes.drafts import operations as drafts
from engine.expedientes.drafts import queries as draft_queries
from engine.expedientes.ex_officio.operations import begin_ex_officio
from engine.expedientes.queries import ExpedienteRow
from engine.expedientes.uploads import UploadedFile
from engine.notifications import operations as notifications
from engine.notifications import queries as notification_queries
from engine.payments.gateway import Notice, Outcome, signed_notices
from engine.payments.models import OrderState, PaymentAttempt
from engine.payments.operations import begin_attempt, take_notice
from engine.payments.queries import orders_of
from engine.signing import operations as signing
from engine.signing import queries as signature_queries
from engine.townhall import Call
from engine.workflow import queries as workflow
from engine.workflow.models import WorkState
from engine.workflow.work import CORRECTION
from web.demo.data import read
from web.demo.papers import paper
from web.demo.story import Step, Town, step_at, work_on

_FILES = {
    "terrace-permit": ("plan", "insurance"),
    "general-request": (),
    "major-works-licence": ("project", "safety", "waste"),
    "public-information-access": (),
}
_METHOD, _LEVEL = "demo", "substantial"
_VERBS = ("task", "sign", "open", "reject", "correct", "withdraw", "pay")
Case = Mapping[str, Any]
Told = Mapping[str, Any]


class Applications:
    """The applications of a town."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._does: Mapping[str, Callable[[Case, ExpedienteRow, Told, int], bool]] = {
            "task": self._task,
            "sign": self._sign,
            "open": self._end_notification,
            "reject": self._end_notification,
            "correct": self._correct,
            "withdraw": self._withdraw,
            "pay": self._pay_order,
        }

    def steps(self) -> Iterator[Step]:
        """What happens to every application."""
        for case in read("applications")["cases"]:
            small = case.get("small", False)
            if "draft" in case:
                yield step_at(case["draft"], partial(self._begin, case), small)
                continue
            if "begun" in case:
                yield step_at(case["begun"], partial(self._begin_ex_officio, case), small)
            else:
                yield step_at(case["filed"], partial(self._file, case), small)
            times: Counter[str] = Counter()
            for told in case.get("steps", ()):
                verb = next(name for name in _VERBS if name in told)
                kind = {"task": told.get("task"), "reject": "open"}.get(verb, verb)
                times[kind] += 1
                yield step_at(told["at"], partial(self._do, case, verb, told, times[kind]), small)

    def all_told(self) -> bool:
        """Whether the last application of the load is filed."""
        last = next(case for case in read("applications")["cases"] if case.get("last"))
        return self._found(last) is not None

    def _who(self, case: Case) -> Call:
        """The person, or who acts for them."""
        if "attorney" in case:
            return self._town.citizen(case["attorney"], case["person"])
        return self._town.citizen(case["person"])

    def _found(self, case: Case) -> ExpedienteRow | None:
        """The case's expediente: the person's first one of the procedure."""
        actor = self._who(case).actor
        with self._town.townhall.database.reading() as session:
            rows = queries.of_person(session, actor)
        same = [row for row in rows if row.procedure_key == case["procedure"]]
        return min(same, key=lambda row: row.opened_at, default=None)

    def _begin(self, case: Case) -> bool:
        """Leave a draft as it was typed, its fee paid when the case says so."""
        who = self._who(case)
        with self._town.townhall.database.reading() as session:
            known = draft_queries.drafts_of(session, who.actor)
        if any(row.procedure_key == case["procedure"] for row in known) or self._found(case):
            return False
        draft = drafts.begin(who, procedure_key=case["procedure"])
        if not case.get("paid"):
            revision = draft.revision
            for page, fields in case["answers"].items():
                saved = drafts.save_page(
                    who, draft_id=draft.id, page_id=page, data=_typed(fields), revision=revision
                )
                revision = saved.revision
            return True
        self._fill(who, case, draft.id, draft.revision)
        self._pay(who, draft.id)
        return True

    def _begin_ex_officio(self, case: Case) -> bool:
        """An official begins it with what they typed."""
        if self._found(case) is not None:
            return False
        day = madrid_date(self._town.timeline.now())
        today = {case["today"]: f"{day.day}/{day.month}/{day.year}"} if "today" in case else {}
        begin_ex_officio(
            self._town.official(case["by"]),
            procedure_key=case["procedure"],
            data=_typed({**case["typed"], **today}),
        )
        return True

    def _file(self, case: Case) -> bool:
        if self._found(case) is not None:
            return False
        who = self._who(case)
        draft = drafts.begin(who, procedure_key=case["procedure"])
        self._fill(who, case, draft.id, draft.revision)
        with self._town.townhall.database.reading() as session:
            sheet = draft_queries.check_sheet(session, draft.id, who.actor)
        if not sheet.paid:
            self._pay(who, draft.id)
        drafts.file(
            who,
            draft_id=draft.id,
            revision=sheet.view.revision,
            shown_sha256=sheet.sha256,
            declarations=[item.id for item in sheet.declarations if item.required],
            consent=True,
            method=_METHOD,
            level=_LEVEL,
            request_id=draft.id.hex,
        )
        return True

    def _fill(self, who: Call, case: Case, draft_id: UUID, revision: int) -> None:
        """Save every page and attach the files; what the form refuses is a fault of the story."""
        pages = [(page, _typed(fields)) for page, fields in self._pages(case)]
        pages += [("elements", _typed(item)) for item in case.get("elements", ())]
        for page, data in pages:
            saved = drafts.save_page(
                who, draft_id=draft_id, page_id=page, data=data, revision=revision
            )
            if saved.errors:
                raise ValueError(f"{case['person']} {page}: {saved.errors}")
            revision = saved.revision
        with self._town.townhall.database.reading() as session:
            attached = draft_queries.draft(session, draft_id, who.actor).attached()
        for key in case.get("files", _FILES[case["procedure"]]):
            if key not in attached:
                name, content = paper(key)
                revision = drafts.attach(
                    who,
                    draft_id=draft_id,
                    key=key,
                    name=name,
                    stream=BytesIO(content),
                    revision=revision,
                )

    def _pages(self, case: Case) -> Iterator[tuple[str, Mapping[str, str]]]:
        for page, fields in case["answers"].items():
            if page == "season":
                yield page, {**fields, "starts_on": self._first_day(case["starts"])}
            else:
                yield page, fields
        if "heaters" in case:
            yield "heating", case["heaters"]

    def _first_day(self, months_ahead: int) -> str:
        """The first day of a month to come, as people write it."""
        today = madrid_date(self._town.timeline.now())
        years, month = divmod(today.month - 1 + months_ahead, 12)
        return f"1/{month + 1}/{today.year + years}"

    def _pay(self, who: Call, draft_id: UUID) -> None:
        """Pay the fee as the gateway tells it, with a signed notice."""
        self._tell_paid(drafts.pay(who, draft_id=draft_id))

    def _do(self, case: Case, verb: str, told: Told, times: int) -> bool:
        found = self._found(case)
        return found is not None and self._does[verb](case, found, told, times)

    def _task(self, _case: Case, row: ExpedienteRow, told: Told, times: int) -> bool:
        return work_on(
            self._town, row.id, told["task"], told["by"], _typed(told["data"]), times=times
        )

    def _sign(self, _case: Case, row: ExpedienteRow, told: Told, _times: int) -> bool:
        who = self._town.official(told["sign"])
        with self._town.townhall.database.reading() as session:
            waiting = [
                request
                for request in signature_queries.mine(session, who.actor)
                if request.document.expediente_id == row.id
            ]
        for request in waiting:
            signing.sign(who, request_id=request.id, shown_sha256=request.document.sha256)
        return bool(waiting)

    def _end_notification(self, case: Case, row: ExpedienteRow, told: Told, times: int) -> bool:
        """Open or reject the notification that waits, unless as many have ended already."""
        who = self._who(case)
        with self._town.townhall.database.reading() as session:
            known = notification_queries.of_expediente(session, row.id)
        waiting = [item for item in known if item.closed_at is None]
        if not waiting or len(known) - len(waiting) >= times:
            return False
        end = notifications.reject if "reject" in told else notifications.open_notification
        end(who, notification_id=waiting[0].id)
        return True

    def _correct(self, case: Case, row: ExpedienteRow, told: Told, times: int) -> bool:
        with self._town.townhall.database.reading() as session:
            items = [item for item in workflow.items_of(session, row.id) if item.kind == CORRECTION]
        waiting = [item for item in items if item.open]
        done = sum(item.state is WorkState.DONE for item in items)
        if not waiting or done >= times:
            return False
        expedientes.answer_correction(
            self._who(case),
            work_item_id=waiting[0].id,
            version=waiting[0].version,
            text=told["correct"],
            files=[_upload(key) for key in told.get("files", ())],
        )
        return True

    def _withdraw(self, case: Case, row: ExpedienteRow, told: Told, _times: int) -> bool:
        if not row.open:
            return False
        expedientes.withdraw(
            self._who(case),
            expediente_id=row.id,
            reason=told["withdraw"],
            consent=True,
            method=_METHOD,
            level=_LEVEL,
        )
        return True

    def _pay_order(self, case: Case, _row: ExpedienteRow, _told: Told, times: int) -> bool:
        """The person pays what the process asks for, unless as many payments are made already."""
        who = self._who(case)
        with self._town.townhall.database.reading() as session:
            orders = [
                order
                for order in orders_of(session, who.actor)
                if order.subject_kind.startswith("process:")
            ]
        paid = sum(order.state is OrderState.PAID for order in orders)
        waiting = [order for order in orders if order.state is OrderState.PENDING]
        if not waiting or paid >= times:
            return False
        attempt = begin_attempt(who, order_id=waiting[0].id)
        self._tell_paid(attempt)
        return True

    def _tell_paid(self, attempt: PaymentAttempt) -> None:
        """What the gateway says of a payment that went well, signed."""
        notice = Notice(
            attempt.reference, Outcome.ACCEPTED, attempt.amount, f"AUT{attempt.reference[-6:]}"
        )
        town = self._town.townhall
        take_notice(self._town.call, notice=signed_notices(town).sign(notice))


def _typed(fields: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Fields as a browser sends them."""
    return {name: [value] for name, value in fields.items()}


def _upload(key: str) -> UploadedFile:
    name, data = paper(key)
    return UploadedFile("documents", name, BytesIO(data))
