"""Every change of what goes on paper: a batch is made, its PDF is ready, the results come back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from engine.errors import RuleBroken, TownHallError
from engine.notifications.adapters import ChannelName
from engine.notifications.exchange.models import DispatchState, NotificationDispatch
from engine.notifications.models import Notification, NotificationState, PostalAttempt
from engine.notifications.operations import record_attempt
from engine.notifications.printing.models import PrintBatch
from engine.notifications.printing.results import (
    ResultFault,
    ResultLine,
    ResultsTaken,
    read_results,
)
from engine.operation import Act, operation
from engine.permissions import ActorKind
from engine.registry.models import Book, RegistryEntry

PRINT_JOB = "notifications.print"
MAX_BATCH = 100


@operation("notifications.print_batch", basis="art. 42.1 de la Ley 39/2015")
def print_batch(act: Act) -> PrintBatch:
    """Take what waits to be printed, oldest first, a hundred at most; a job makes its PDF.

    Raises RuleBroken when nothing waits.
    """
    waiting = act.session.scalars(
        select(NotificationDispatch)
        .join(Notification, Notification.id == NotificationDispatch.notification_id)
        .where(
            NotificationDispatch.channel == ChannelName.POST.value,
            NotificationDispatch.state == DispatchState.PENDING.value,
            Notification.state == NotificationState.TO_POST.value,
        )
        .order_by(NotificationDispatch.created_at, NotificationDispatch.id)
        .limit(MAX_BATCH)
        .with_for_update(of=NotificationDispatch, skip_locked=True)
    ).all()
    if not waiting:
        raise RuleBroken("No hay ninguna notificación por imprimir.")
    batch = PrintBatch(
        created_at=act.now,
        official_id=act.actor.id if act.actor.kind is ActorKind.OFFICIAL else None,
        count=len(waiting),
    )
    act.session.add(batch)
    act.session.flush()
    for sent in waiting:
        sent.batch_id, sent.sent_at = batch.id, act.now
        sent.state = DispatchState.SENT.value
    act.about("print_batch", batch.id)
    act.note(notifications=[str(sent.notification_id) for sent in waiting])
    act.defer(PRINT_JOB, lock=f"print:{batch.id}", batch_id=batch.id)
    return batch


@operation("notifications.batch_ready", basis="art. 42.1 de la Ley 39/2015")
def batch_ready(act: Act, *, batch_id: UUID, sha256: str, size: int) -> None:
    """The batch's PDF is made; another run of the job changes nothing."""
    batch = act.lock(PrintBatch, batch_id)
    act.about("print_batch", batch.id)
    act.note(sha256=sha256, effect=batch.sha256 is None)
    if batch.sha256 is None:
        batch.sha256, batch.size, batch.ready_at = sha256, size, act.now


@operation("notifications.take_results", basis="art. 42.2 de la Ley 39/2015")
def take_results(act: Act, *, data: bytes) -> ResultsTaken:
    """Write down what a file of results says, line by line in the order in which it happened.

    A line that is wrong is told and the others count; a line that was taken before changes nothing,
    so the same file can come twice. Raises BadInput when the file cannot be read at all.
    """
    lines, faults = read_results(data)
    found = _by_exit_code(act, {line.exit_code for line in lines})
    applied = repeated = 0
    for line in sorted(lines, key=lambda item: (item.at, item.number)):
        row = found.get(line.exit_code)
        if row is None:
            text = f"no hay ninguna notificación en papel con la salida {line.exit_code}"
            faults.append(ResultFault(line.number, text))
            continue
        same = _attempt_at(act, row, line)
        if same is not None and same.result == line.result.value:
            repeated += 1
            continue
        if same is not None:
            faults.append(
                ResultFault(line.number, "ese intento ya está anotado con otro resultado")
            )
            continue
        try:
            with act.session.begin_nested():
                record_attempt(
                    act,
                    notification_id=row.id,
                    at=line.at,
                    result=line.result,
                    receiver=line.receiver,
                )
            applied += 1
        except TownHallError as error:
            faults.append(ResultFault(line.number, error.message))
    faults.sort(key=lambda item: item.line)
    act.about("postal_results", hashlib.sha256(data).hexdigest())
    act.note(applied=applied, repeated=repeated, wrong=[fault.line for fault in faults])
    return ResultsTaken(applied, repeated, tuple(faults))


def _by_exit_code(act: Act, codes: Iterable[str]) -> dict[str, Notification]:
    rows = act.session.execute(
        select(RegistryEntry.code, Notification)
        .join(Notification, Notification.entry_id == RegistryEntry.id)
        .join(NotificationDispatch, NotificationDispatch.notification_id == Notification.id)
        .where(
            RegistryEntry.book == Book.EXIT.value,
            RegistryEntry.code.in_(tuple(codes)),
            NotificationDispatch.channel == ChannelName.POST.value,
        )
    )
    return {code: row for code, row in rows}  # noqa: C416 - rows unpack, a dict of them does not type


def _attempt_at(act: Act, row: Notification, line: ResultLine) -> PostalAttempt | None:
    return act.session.scalar(
        select(PostalAttempt).where(
            PostalAttempt.notification_id == row.id, PostalAttempt.at == line.at
        )
    )
