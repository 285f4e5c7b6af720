"""The sequencer: gives each committed event its place in the tree, one writer per entity."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.audit.events import canonical_instant
from engine.audit.merkle import Frontier, root_of
from engine.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditTile
from engine.clock import SystemClock
from engine.ids import first_id_at
from engine.record.log_key import LogKey, load_log_key
from engine.record.witness import append_to_witness
from engine.townhall import TownHall
from signatures.notes import Checkpoint, sign_checkpoint

TILE = 256
BATCH = 5000
_LOCK_SPACE = 0x0A0D  # the advisory locks of the record
_PLACED_PART = "record.placed"
_LONGEST_TRANSACTION = timedelta(seconds=60)
_LOOK_AT_ALL_SECONDS = 3600.0

# As text: it is asked twice a second, and to compose it would cost more than to answer it.
_SOME_WAIT = text("""
    SELECT EXISTS (
        SELECT FROM audit_event event
        WHERE event.entity_id = :entity AND event.id >= :since AND NOT EXISTS (
            SELECT FROM audit_leaf leaf
            WHERE leaf.entity_id = event.entity_id AND leaf.event_id = event.id
        )
    )
""")


@dataclass
class _Placed:
    """What this process knows to have its place, so that it is not looked for at each turn.

    Every event made before `below` had its place when that was looked at. A transaction longer than
    `_LONGEST_TRANSACTION` could still commit one that is older: everything is looked at again from
    time to time, and when a process starts.
    """

    below: UUID | None = None
    forget_at: float = 0.0

    def start(self) -> UUID | None:
        """From which id to look; None: from the first."""
        if time.monotonic() >= self.forget_at:
            self.below = None
        return self.below

    def all_placed(self, looked_at: datetime) -> None:
        """Nothing waited at an instant of real time, which is what ids are made of."""
        if self.below is None:
            self.forget_at = time.monotonic() + _LOOK_AT_ALL_SECONDS
        self.below = first_id_at(looked_at - _LONGEST_TRANSACTION)


def _placed(townhall: TownHall) -> _Placed:
    placed = townhall.parts.get(_PLACED_PART)
    if placed is None:
        placed = townhall.parts[_PLACED_PART] = _Placed()
    return cast(_Placed, placed)


def log_key(townhall: TownHall) -> LogKey:
    """The log's key, read from its file once."""
    key = townhall.parts.get("log_key")
    if key is None:
        key = townhall.parts["log_key"] = load_log_key(townhall.settings)
    return cast(LogKey, key)


def when_events_wait(townhall: TownHall, session: Session) -> datetime | None:
    """The present, when a committed event has no place yet; None when every one has."""
    placed, looked_at = _placed(townhall), SystemClock().now()
    values = {"entity": townhall.settings.entity_id, "since": placed.start() or UUID(int=0)}
    if session.scalar(_SOME_WAIT, values):
        return townhall.clock.now()
    placed.all_placed(looked_at)
    return None


def sequence(townhall: TownHall, *, batch: int = BATCH) -> int:
    """Place the committed events that have no place yet, and sign the new root.

    Returns how many were placed. A second sequencer at the same time places none and waits for
    nothing. Events are found by what is missing, never by «later than the last», so one that
    commits late is not lost.
    """
    with townhall.database.transaction() as session:
        free = session.scalar(
            select(func.pg_try_advisory_xact_lock(_LOCK_SPACE, townhall.settings.entity_id))
        )
        if not free:
            return 0
        placed, looked_at = _placed(townhall), SystemClock().now()
        waiting = _unsequenced(session, batch, placed.start())
        if not waiting:
            placed.all_placed(looked_at)
            return 0
        frontier = last_frontier(session)
        _place(session, frontier, waiting)
        note = _sign(townhall, session, frontier)
    append_to_witness(townhall.settings.witness_dir, note)
    return len(waiting)


def _unsequenced(session: Session, batch: int, since: UUID | None) -> list[tuple[object, bytes]]:
    statement = (
        select(AuditEvent.id, AuditEvent.leaf)
        .outerjoin(
            AuditLeaf,
            (AuditLeaf.entity_id == AuditEvent.entity_id) & (AuditLeaf.event_id == AuditEvent.id),
        )
        .where(AuditLeaf.event_id.is_(None))
        .order_by(AuditEvent.id)
        .limit(batch)
    )
    if since is not None:
        statement = statement.where(AuditEvent.id >= since)
    rows = session.execute(statement)
    return [(row[0], row[1]) for row in rows]


def last_frontier(session: Session) -> Frontier:
    """The frontier of the newest checkpoint, or of the empty tree."""
    row = session.execute(
        select(AuditCheckpoint.size, AuditCheckpoint.frontier)
        .order_by(AuditCheckpoint.size.desc())
        .limit(1)
    ).one_or_none()
    return Frontier() if row is None else Frontier.from_bytes(row[0], row[1])


def _place(session: Session, frontier: Frontier, waiting: list[tuple[object, bytes]]) -> None:
    entity_id = session.info["entity_id"]
    start = frontier.size
    leaves, tiles = [], []
    for index, (event_id, leaf) in enumerate(waiting, start=start):
        frontier.append(leaf)
        leaves.append({"entity_id": entity_id, "idx": index, "event_id": event_id, "leaf": leaf})
    session.execute(insert(AuditLeaf), leaves)
    for number in range(start // TILE, frontier.size // TILE):
        root = root_of(read_leaves(session, number * TILE, (number + 1) * TILE))
        tiles.append({"entity_id": entity_id, "number": number, "root": root})
    if tiles:
        session.execute(insert(AuditTile), tiles)


def read_leaves(session: Session, start: int, end: int) -> list[bytes]:
    """The leaf hashes from `start` to `end`, in order."""
    return list(
        session.scalars(
            select(AuditLeaf.leaf)
            .where(AuditLeaf.idx >= start, AuditLeaf.idx < end)
            .order_by(AuditLeaf.idx)
        )
    )


def _sign(townhall: TownHall, session: Session, frontier: Frontier) -> str:
    key = log_key(townhall)
    checkpoint = Checkpoint(key.origin, frontier.size, frontier.root())
    note = sign_checkpoint(checkpoint, key.private)
    session.add(
        AuditCheckpoint(
            size=frontier.size,
            at=townhall.clock.now(),
            root=checkpoint.root,
            frontier=frontier.to_bytes(),
            note=note,
        )
    )
    return note


def lag(session: Session) -> tuple[int, str | None]:
    """How many committed events wait for a place, and since when the oldest does."""
    count, oldest = session.execute(
        select(func.count(), func.min(AuditEvent.at))
        .select_from(AuditEvent)
        .outerjoin(
            AuditLeaf,
            (AuditLeaf.entity_id == AuditEvent.entity_id) & (AuditLeaf.event_id == AuditEvent.id),
        )
        .where(AuditLeaf.event_id.is_(None))
    ).one()
    return count, canonical_instant(oldest) if oldest else None
