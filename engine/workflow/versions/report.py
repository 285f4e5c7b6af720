"""What a migration does to one instance, told from its rows before and after.

A rehearsal and a run tell it with the same words from the same kind of rows, so that two equal
digests say that the run did what was rehearsed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from engine.workflow.models import TimerState, WorkState
from engine.workflow.versions.images import TERMS, TIMERS, WORK, Image

KEPT, RENAMED, CANCELLED, CREATED = "kept", "renamed", "cancelled", "created"
OPENED, ENDED = "opened", "ended"
_ACTIVE = (WorkState.OPEN.value, WorkState.CLAIMED.value)


@dataclass(frozen=True)
class TokenLine:
    """An open step: from which element to which, how (engine/workflow/versions/migrate.py)."""

    element: str
    target: str | None
    change: str


@dataclass(frozen=True)
class WorkLine:
    """A person's work: `kept`, `renamed`, `cancelled` or `created`. claimed: somebody has it."""

    element: str
    title: str
    change: str
    claimed: bool
    due_at: str | None


@dataclass(frozen=True)
class TimerLine:
    """A timer, in the same words.

    due_at: its own instant or its term's; from_now: it counts from the migration itself; overdue: it
    is due already and fires at once.
    """

    element: str
    change: str
    due_at: str | None
    from_now: bool
    overdue: bool


@dataclass(frozen=True)
class TermLine:
    """A legal term that opens or ends: the act from which it counts, until when, under which article."""

    rule: str
    title: str
    article: str
    change: str
    starts_at: str
    due_at: str
    from_now: bool


@dataclass(frozen=True)
class Report:
    """What happens to an instance.

    keys: the data called as its renamed element; going_on: the elements that go on by themselves
    after; waiting_start: it had not begun; problems: what keeps it from migrating.
    """

    tokens: tuple[TokenLine, ...] = ()
    work: tuple[WorkLine, ...] = ()
    timers: tuple[TimerLine, ...] = ()
    terms: tuple[TermLine, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    going_on: tuple[str, ...] = ()
    waiting_start: bool = False
    problems: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The report as it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Report:
        """A stored report."""
        return cls(
            tokens=tuple(TokenLine(**item) for item in stored.get("tokens", ())),
            work=tuple(WorkLine(**item) for item in stored.get("work", ())),
            timers=tuple(TimerLine(**item) for item in stored.get("timers", ())),
            terms=tuple(TermLine(**item) for item in stored.get("terms", ())),
            keys=tuple((old, new) for old, new in stored.get("keys", ())),
            going_on=tuple(stored.get("going_on", ())),
            waiting_start=bool(stored.get("waiting_start", False)),
            problems=tuple(stored.get("problems", ())),
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the report, without the instants that only follow from the moment of migrating."""
        timeless = replace(
            self,
            work=tuple(replace(item, due_at=None) for item in self.work),
            timers=tuple(
                replace(item, due_at=None if item.from_now else item.due_at, overdue=False)
                for item in self.timers
            ),
            terms=tuple(
                replace(item, starts_at="", due_at="") if item.from_now else item
                for item in self.terms
            ),
        )
        return hashlib.sha256(json.dumps(asdict(timeless), sort_keys=True).encode()).hexdigest()


def effects(before: Image, after: Image, now: datetime) -> Report:
    """The work, timers and terms that differ or stay between two images of an instance."""
    return Report(
        work=tuple(_work(before, after)),
        timers=tuple(_timers(before, after, now)),
        terms=tuple(_terms(before, after, now)),
    )


def _changes(
    before: Image, after: Image, table: str, active: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each row that was or is active, as it is now, and how it changed; by element."""
    old = {row["task_id"]: row for row in before[table] if row["state"] in active}
    new = {row["task_id"]: row for row in after[table] if row["state"] in active}
    found = []
    for key in old.keys() | new.keys():
        row = new.get(key) or old[key]
        if key not in new:
            change = CANCELLED
        elif key not in old:
            change = CREATED
        else:
            same = all(old[key].get(name) == row.get(name) for name in ("element", "title"))
            change = KEPT if same else RENAMED
        found.append((row, change))
    yield from sorted(found, key=lambda item: (item[0]["element"], item[1], item[0]["task_id"]))


def _work(before: Image, after: Image) -> Iterator[WorkLine]:
    for row, change in _changes(before, after, WORK, _ACTIVE):
        claimed = row["state"] == WorkState.CLAIMED.value
        yield WorkLine(row["element"], row["title"], change, claimed, row["due_at"])


def _timers(before: Image, after: Image, now: datetime) -> Iterator[TimerLine]:
    terms = {row["id"]: row for image in (before, after) for row in image[TERMS]}
    for row, change in _changes(before, after, TIMERS, (TimerState.WAITING.value,)):
        term = terms.get(row["deadline_id"])
        due = row["due_at"] if term is None else term["due_at"]
        # One without a term that comes now counts from now, or says an instant: the same either way.
        fresh = change == CREATED and (term is None or _at(term["starts_at"]) == now)
        overdue = change != CANCELLED and due is not None and _at(due) <= now
        yield TimerLine(row["element"], change, due, fresh, overdue)


def _terms(before: Image, after: Image, now: datetime) -> Iterator[TermLine]:
    old = {row["id"]: row for row in before[TERMS]}
    new = {row["id"]: row for row in after[TERMS]}
    lines = []
    for key in old.keys() | new.keys():
        row = new.get(key) or old[key]
        if key not in old:
            change = OPENED
        elif old[key]["state"] == row["state"]:
            continue
        else:
            change = ENDED
        lines.append(
            TermLine(
                row["rule"],
                row["title"],
                row["article"],
                change,
                row["starts_at"],
                row["due_at"],
                change == OPENED and _at(row["starts_at"]) == now,
            )
        )
    yield from sorted(lines, key=lambda item: (item.rule, item.change, item.starts_at))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
