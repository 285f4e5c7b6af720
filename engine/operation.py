"""The operation: the one way to change anything (docs/architecture.md).

In one database transaction: permission, the function, its audit event, its jobs, commit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit.events import EventDraft, Result, append
from engine.clock import Clock
from engine.db import EntityRow, flush_pending
from engine.errors import NotFound, Refused, TownHallError
from engine.jobs import defer
from engine.permissions import Actor, require
from engine.settings import Settings
from engine.storage import Storage
from engine.townhall import Call, TownHall

P = ParamSpec("P")
R = TypeVar("R")
Row = TypeVar("Row", bound=EntityRow)


@dataclass
class Act:
    """An operation under way: the open transaction, the actor, the instant and the event it will leave.

    now: one instant for the whole transaction, read from the injected clock.
    """

    call: Call
    session: Session
    now: datetime
    event: EventDraft

    @property
    def actor(self) -> Actor:
        return self.call.actor

    @property
    def townhall(self) -> TownHall:
        return self.call.townhall

    @property
    def settings(self) -> Settings:
        return self.call.townhall.settings

    @property
    def storage(self) -> Storage:
        return self.call.townhall.storage

    @property
    def clock(self) -> Clock:
        return self.call.townhall.clock

    @property
    def entity_id(self) -> int:
        return self.call.townhall.settings.entity_id

    def as_system(self, process: str) -> Act:
        """The same act under way, done by the town hall itself in a procedure's name."""
        actor = self.townhall.system(process).actor
        return replace(self, call=Call(self.townhall, actor, self.call.trace))

    def about(self, kind: str, identifier: UUID | str, expediente_id: UUID | None = None) -> None:
        """Name the object of the act in its audit event."""
        self.event.object_kind = kind
        self.event.object_id = str(identifier)
        if expediente_id is not None:
            self.event.expediente_id = expediente_id

    def note(self, **facts: Any) -> None:
        """Add facts to the event: ids, hashes, numbers, states; never personal data."""
        self.event.facts.update(facts)

    def personal(self, **values: str) -> None:
        """Add personal values: the event keeps a salted commitment, the value lives beside it."""
        self.event.personal.update(values)

    def because(self, reason: str | None) -> None:
        """The reason that a person gave."""
        self.event.reason = reason

    def lock(self, model: type[Row], identifier: UUID) -> Row:
        """The row, locked until the commit; raises NotFound."""
        row = self.session.scalar(
            select(model)
            .where(model.id == identifier)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise NotFound
        return row

    def get(self, model: type[Row], identifier: UUID) -> Row:
        """The row, not locked; raises NotFound."""
        row = self.session.get(model, (self.entity_id, identifier))
        if row is None:
            raise NotFound
        return row

    def defer(
        self,
        job: str,
        *,
        lock: str | None = None,
        at: datetime | None = None,
        **arguments: Any,
    ) -> None:
        """Ask for a job; it exists only if this transaction commits."""
        defer(self.session, job, self.entity_id, lock=lock, at=at, arguments=arguments)


@dataclass(frozen=True)
class OperationInfo:
    """What the golden list knows of an operation."""

    name: str
    permission: str
    basis: str | None
    function: str


OPERATIONS: dict[str, OperationInfo] = {}


class _Operation:
    """A decorated function: callable with a Call (its own transaction) or an Act (joins it)."""

    def __init__(
        self,
        function: Callable[..., Any],
        name: str,
        permission: str,
        basis: str | None,
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self.name = name
        self.permission = permission
        self.basis = basis

    def __call__(self, caller: Call | Act, *args: Any, **kwargs: Any) -> Any:
        if isinstance(caller, Act):
            return self._run(caller.call, caller.session, caller.now, args, kwargs)
        draft = EventDraft(type=self.name, basis=self.basis)
        caller.trace.operations.append(self.name)
        try:
            with caller.townhall.database.transaction() as session:
                now = caller.townhall.clock.now()
                return self._run(caller, session, now, args, kwargs, draft)
        except TownHallError as error:
            self._record_failure(caller, draft, error)
            raise

    def _run(
        self,
        call: Call,
        session: Session,
        now: datetime,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        draft: EventDraft | None = None,
    ) -> Any:
        draft = draft or EventDraft(type=self.name, basis=self.basis)
        require(call.actor, self.permission)
        act = Act(call, session, now, draft)
        result = self._function(act, *args, **kwargs)
        append(session, draft, at=now, actor=call.actor, trace=call.trace)
        flush_pending(session)
        return result

    def _record_failure(self, call: Call, draft: EventDraft, error: TownHallError) -> None:
        """After the rollback, in a transaction of its own: what was tried and was not done."""
        outcome = Result.REFUSED if isinstance(error, Refused | NotFound) else Result.FAILED
        draft.facts = {"error": type(error).__name__, "operation": self.name}
        draft.personal, draft.along = {}, None
        with call.townhall.database.transaction() as session:
            append(
                session,
                draft,
                at=call.townhall.clock.now(),
                actor=call.actor,
                trace=call.trace,
                result=outcome,
            )


def operation(
    name: str, *, permission: str | None = None, basis: str | None = None
) -> Callable[[Callable[Concatenate[Act, P], R]], Callable[Concatenate[Call | Act, P], R]]:
    """Declare an operation.

    name: the audit type, `room.verb`; permission: the name that roles grant, the same as `name`
    when not given; basis: the article that the act rests on.
    The function receives an Act; callers pass a Call (a transaction of its own) or an Act (joins).
    """

    def decorate(
        function: Callable[Concatenate[Act, P], R],
    ) -> Callable[Concatenate[Call | Act, P], R]:
        if name in OPERATIONS:
            raise ValueError(f"two operations are called {name}")
        granted = permission or name
        OPERATIONS[name] = OperationInfo(
            name, granted, basis, f"{function.__module__}.{function.__qualname__}"
        )
        return _Operation(function, name, granted, basis)  # type: ignore[return-value]

    return decorate
