"""Firing timers: what is due is taken by one worker, counted, and fired.

Several workers take from the same rows: each skips what another holds. What a timer does is one
operation that locks and checks, so one taken twice fires once.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.clock import SystemClock
from engine.errors import TownHallError
from engine.jobs import delay_after
from engine.townhall import TownHall
from engine.workflow.operations import fire_timer, give_up_timer

log = structlog.get_logger(__name__)

BATCH = 50
HANDS = 2
ATTEMPTS = 8
LEASE = timedelta(seconds=25)
"""For how long a timer belongs to the worker that took it: of one that died it is free afterwards."""

_KILLED = "lo que hace interrumpe al trabajador una y otra vez."
_DUTY = "workflow.timers"

# A timer of its own and one of a legal term are looked for apart, each in the order of its index.
_OWN = """
    SELECT t.id, t.due_at AS due
    FROM process_timer t
    JOIN process_instance i ON i.entity_id = t.entity_id AND i.id = t.instance_id
    WHERE t.entity_id = :entity AND t.state = 'waiting' AND t.deadline_id IS NULL
      AND t.due_at IS NOT NULL AND i.state = 'running'
      AND (t.not_before IS NULL OR t.not_before <= :real) {more}
    ORDER BY t.due_at
    LIMIT :limit
"""
_OF_TERMS = """
    SELECT t.id, d.due_at AS due
    FROM deadline d
    JOIN process_timer t ON t.entity_id = d.entity_id AND t.deadline_id = d.id
    JOIN process_instance i ON i.entity_id = t.entity_id AND i.id = t.instance_id
    WHERE d.entity_id = :entity AND d.state = 'open' AND t.state = 'waiting'
      AND i.state = 'running'
      AND (t.not_before IS NULL OR t.not_before <= :real) {more}
    ORDER BY d.due_at
    LIMIT :limit
"""
_LOCKED = "FOR UPDATE OF t SKIP LOCKED"

NEXT = text(
    f"SELECT min(due) FROM (({_OWN.format(more='')}) "  # noqa: S608 - constants of this module
    f"UNION ALL ({_OF_TERMS.format(more='')})) waiting"
)
"""The instant at which the next timer is due, in the past when one is due already."""


def _taking(tried: str) -> str:
    """Take what is due, counting the attempt; of those that were `tried` before or not."""
    own = _OWN.format(more=f"AND t.due_at <= :now AND {tried}")
    terms = _OF_TERMS.format(more=f"AND d.due_at <= :now AND {tried}")
    return f"""
        WITH own AS ({own} {_LOCKED}), terms AS ({terms} {_LOCKED}), due AS (
            SELECT id, due FROM (SELECT * FROM own UNION ALL SELECT * FROM terms) each
            ORDER BY due, id LIMIT :limit
        ), taken AS (
            UPDATE process_timer t SET attempts = t.attempts + 1, not_before = :lease
            FROM due WHERE t.entity_id = :entity AND t.id = due.id
            RETURNING t.id, t.attempts, due.due
        )
        SELECT id, attempts FROM taken ORDER BY due, id
    """  # noqa: S608 - constants of this module


TAKE_NEW = text(_taking("t.attempts = 0"))
TAKE_TRIED = text(_taking("t.attempts > 0"))
_POSTPONE = text(
    "UPDATE process_timer SET attempts = :attempts, not_before = :until "
    "WHERE entity_id = :entity AND id = :id AND state = 'waiting'"
)


@dataclass(frozen=True)
class Taken:
    """A timer that this worker may fire, and how often it was taken, this time included."""

    id: UUID
    attempts: int


def next_due(townhall: TownHall, session: Session) -> datetime | None:
    """When the next timer is due, by the town's clock; None when none waits."""
    found: datetime | None = session.scalar(
        NEXT, {"entity": townhall.settings.entity_id, "real": SystemClock().now(), "limit": 1}
    )
    return found


def fire_due(townhall: TownHall) -> int:
    """Fire everything that is due, what was due first before; returns how many were tried.

    Those never tried are taken many at a time. One that failed, or whose worker died, is taken alone,
    so that it is known which one it is, and after the others. When very many are due at once, several
    are fired at a time.
    """
    taken = _take(townhall, new=True)
    if len(taken) < BATCH:
        return _fire_all(townhall, taken)
    with ThreadPoolExecutor(HANDS, "timers") as hands:
        return sum(hands.map(partial(_fire_all, townhall), (taken, *[()] * (HANDS - 1))))


def _fire_all(townhall: TownHall, taken: Sequence[Taken]) -> int:
    """Fire what was taken, and what else can be taken until nothing is left."""
    tried = 0
    until = SystemClock().now() + LEASE / 2
    while taken := taken or _take(townhall, new=True) or _take(townhall, new=False):
        for timer in taken:
            if SystemClock().now() < until:
                _fire(townhall, timer)
                tried += 1
            else:
                # Too late to be sure that nobody else takes it: it is given back untried.
                _postpone(townhall, timer.id, attempts=timer.attempts - 1, until=None)
        taken, until = (), SystemClock().now() + LEASE / 2
    return tried


def _take(townhall: TownHall, *, new: bool) -> list[Taken]:
    real = SystemClock().now()
    values = {
        "entity": townhall.settings.entity_id,
        "now": townhall.clock.now(),
        "real": real,
        "lease": real + LEASE,
        "limit": BATCH if new else 1,
    }
    with townhall.database.transaction() as session:
        rows = session.execute(TAKE_NEW if new else TAKE_TRIED, values)
        return [Taken(row.id, row.attempts) for row in rows]


def _fire(townhall: TownHall, timer: Taken) -> None:
    if timer.attempts > ATTEMPTS:
        give_up_timer(townhall.system(_DUTY), timer_id=timer.id, message=_KILLED)
        return
    try:
        fired = fire_timer(townhall.system(_DUTY), timer_id=timer.id)
    except Exception as error:
        log.warning("timer failed", timer=str(timer.id), attempt=timer.attempts, exc_info=error)
        _failed(townhall, timer, error)
        return
    if not fired:
        # Its term was moved or its instance was stopped in the meantime: that was no failure.
        _postpone(townhall, timer.id, attempts=0, until=None)


def _failed(townhall: TownHall, timer: Taken, error: Exception) -> None:
    """Try again later, or leave it to a person after so many times."""
    if timer.attempts < ATTEMPTS:
        until = SystemClock().now() + timedelta(seconds=delay_after(timer.attempts))
        _postpone(townhall, timer.id, attempts=timer.attempts, until=until)
        return
    message = error.message if isinstance(error, TownHallError) else f"{type(error).__name__}."
    give_up_timer(townhall.system(_DUTY), timer_id=timer.id, message=message)


def _postpone(townhall: TownHall, timer_id: UUID, *, attempts: int, until: datetime | None) -> None:
    with townhall.database.transaction() as session:
        session.execute(
            _POSTPONE,
            {
                "entity": townhall.settings.entity_id,
                "id": timer_id,
                "attempts": attempts,
                "until": until,
            },
        )
