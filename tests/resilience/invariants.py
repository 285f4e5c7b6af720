"""What must hold after every fault, looked at in the database and in the folders of an installation."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.record.sequencer import lag
from engine.record.verification import verify
from engine.townhall import TownHall

_OVER = ("done", "dead", "retried")
_MOVES = ("workflow.start", "workflow.complete", "workflow.signalled", "workflow.fire_timer")
_MOST_TOLD = 10


@dataclass
class Report:
    """What was looked at, how much of it, and what was broken."""

    seen: dict[str, int] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.broken

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for name, count in self.seen.items():
            wrong = self.broken.get(name, [])
            yield f"{'BROKEN' if wrong else 'holds':7} {name} ({count} looked at)"
            for line in wrong[:_MOST_TOLD]:
                yield f"        {line}"
            if len(wrong) > _MOST_TOLD:
                yield f"        … and {len(wrong) - _MOST_TOLD} more"


Finding = tuple[int, list[str]]
"""How many were looked at, and a sentence for each that is not as it must be."""


def check(
    townhall: TownHall,
    *,
    acknowledged: Iterable[Mapping[str, Any]] = (),
    outside: Path | None = None,
) -> Report:
    """Look at everything.

    acknowledged: what people were told was done; outside: a folder with a file for each key that
    another administration accepted, which holds what it was about.
    """
    report = Report()
    with townhall.database.reading() as session:
        looks: dict[str, Callable[[], Finding]] = {
            "acknowledged is stored": lambda: _stored(session, acknowledged),
            "registry numbers are gapless and in the order of their instants": lambda: _numbers(
                session
            ),
            "every job is over": lambda: _jobs(session),
            "each message outside is effective once": lambda: _messages(session, outside),
            "the record verifies": lambda: _record(townhall, session),
            "every document has its bytes": lambda: _bytes(townhall, session),
            "the version of an instance counts its transitions": lambda: _versions(session),
            "no instance stands still": lambda: _standing(session),
            "what is open belongs to a running instance": lambda: _open(session),
        }
        for name, look in looks.items():
            report.seen[name], wrong = look()
            if wrong:
                report.broken[name] = wrong
    return report


def _stored(session: Session, acknowledged: Iterable[Mapping[str, Any]]) -> Finding:
    numbers = dict(_pairs(session, "SELECT id::text, id::text FROM process_instance"))
    entries = set(session.scalars(text("SELECT number FROM registry_entry WHERE book = 'entry'")))
    documents = set(session.scalars(text("SELECT id::text FROM document")))
    done = dict(
        _pairs(session, "SELECT id::text, completed_by::text FROM work_item WHERE state = 'done'")
    )
    wrong, count, told = [], 0, Counter[Any]()
    for each in acknowledged:
        count += 1
        if each["kind"] == "filed":
            told[each["number"]] += 1
            whole = (
                each["instance"] in numbers
                and each["number"] in entries
                and each["document"] in documents
            )
            if not whole:
                wrong.append(f"filed and not there: {each}")
        elif done.get(each["item"]) != each["by"]:
            wrong.append(f"done and not there: {each}")
        else:
            told[each["item"]] += 1
    wrong += [f"acknowledged {times} times: {what}" for what, times in told.items() if times > 1]
    return count, wrong


def _pairs(session: Session, statement: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in session.execute(text(statement))]


def _numbers(session: Session) -> Finding:
    rows = session.execute(
        text(
            "SELECT office, year, book, number, presented_at FROM registry_entry "
            "ORDER BY office, year, book, number"
        )
    ).all()
    wrong = []
    for series, group in groupby(rows, key=lambda row: tuple(row[:3])):
        entries = list(group)
        if [row.number for row in entries] != list(range(1, len(entries) + 1)):
            wrong.append(f"{series}: the numbers are not 1 to {len(entries)}")
        instants = [row.presented_at for row in entries]
        if instants != sorted(instants):
            wrong.append(f"{series}: the numbers are not in the order of their instants")
    return len(rows), wrong


def _jobs(session: Session) -> Finding:
    runs = session.execute(text("SELECT job_id, name, state, error FROM job_run")).all()
    wrong = [
        f"{row.name} {row.job_id}: {row.state} {row.error or ''}"
        for row in runs
        if row.state not in _OVER
    ]
    queued = session.execute(
        text(
            "SELECT id, task_name, status::text AS status FROM procrastinate_jobs j "
            "WHERE NOT EXISTS (SELECT FROM job_run r WHERE r.job_id = j.id AND r.state = 'dead')"
        )
    )
    wrong += [f"{row.task_name} {row.id}: {row.status} in the queue" for row in queued]
    return len(runs), wrong


def _messages(session: Session, outside: Path | None) -> Finding:
    """Each token that asked for a message has been told of exactly one."""
    if outside is None:
        return 0, []
    told = Counter(
        path.read_text() for path in outside.iterdir() if path.suffix != ".log" and path.is_file()
    )
    asked = {
        row[0]
        for row in session.execute(
            text("SELECT arguments->>'reference' FROM job_run WHERE name = 'test.tell'")
        )
    }
    wrong = [f"effective {times} times: {what}" for what, times in told.items() if times != 1]
    wrong += [f"asked for and never told: {what}" for what in asked - set(told)]
    wrong += [f"told and never asked for: {what}" for what in set(told) - asked]
    return len(told), wrong


def _record(townhall: TownHall, session: Session) -> Finding:
    report = verify(townhall)
    wrong = [f"{item.kind} {item.id}: {item.message}" for item in report.alterations]
    waiting, _ = lag(session)
    if waiting:
        wrong.append(f"{waiting} events have no place")
    return report.events, wrong


def _bytes(townhall: TownHall, session: Session) -> Finding:
    rows = session.execute(
        text(
            "SELECT document_id::text, sha256 FROM document_version UNION ALL SELECT id::text, sha256 FROM document"
        )
    ).all()
    entity_id, wrong = townhall.settings.entity_id, []
    for identifier, sha256 in rows:
        if not townhall.storage.exists(entity_id, sha256):
            wrong.append(f"document {identifier}: its bytes are not there")
        elif hashlib.sha256(townhall.storage.get(entity_id, sha256)).hexdigest() != sha256:
            wrong.append(f"document {identifier}: its bytes are others")
    return len(rows), wrong


def _versions(session: Session) -> Finding:
    """Counted in the record; one told twice of the same answer moves or not, and changes nothing."""
    moves, idle = Counter[str](), Counter[str]()
    for body in session.scalars(
        text("SELECT body FROM audit_event WHERE type = ANY(:types) AND result = 'ok'"),
        {"types": list(_MOVES)},
    ):
        event = json.loads(bytes(body))
        facts = event.get("facts", {})
        instance = facts.get("instance") or event["object"]["id"]
        if facts.get("effect") is not False:
            moves[instance] += 1
        elif event["type"] == "workflow.signalled":
            idle[instance] += 1
    rows = session.execute(text("SELECT id::text, version FROM process_instance")).all()
    wrong = [
        f"instance {row.id}: version {row.version} after {moves[row.id]} transitions"
        for row in rows
        if not moves[row.id] <= row.version <= moves[row.id] + idle[row.id]
    ]
    return len(rows), wrong


def _standing(session: Session) -> Finding:
    rows = session.execute(
        text("""
            SELECT i.id::text, i.state,
                EXISTS (SELECT FROM process_task t WHERE t.instance_id = i.id) AS tasks,
                EXISTS (SELECT FROM work_item w WHERE w.instance_id = i.id
                        AND w.state IN ('open', 'claimed'))
                -- The timer of an event subprocess moves nothing of what stands beside it.
                OR EXISTS (SELECT FROM process_timer t
                           JOIN process_task p ON p.instance_id = i.id AND p.id = t.task_id
                           WHERE t.instance_id = i.id AND t.state = 'waiting')
                OR EXISTS (SELECT FROM procrastinate_jobs j
                           WHERE j.args->'arguments'->>'reference' LIKE i.id || ':%') AS awaited
            FROM process_instance i
        """)
    ).all()
    wrong = [
        f"instance {row.id}: running, and nothing will move it"
        for row in rows
        if row.state == "running" and not (row.tasks and row.awaited)
    ]
    wrong += [f"instance {row.id}: an incident" for row in rows if row.state == "incident"]
    return len(rows), wrong


def _open(session: Session) -> Finding:
    rows = session.execute(
        text("""
            SELECT 'work item ' || w.id AS what, i.state,
                EXISTS (SELECT FROM process_task t
                        WHERE t.instance_id = w.instance_id AND t.id = w.task_id) AS task
            FROM work_item w JOIN process_instance i ON i.id = w.instance_id
            WHERE w.state IN ('open', 'claimed')
            UNION ALL
            SELECT 'timer ' || t.id, i.state,
                EXISTS (SELECT FROM process_task p
                        WHERE p.instance_id = t.instance_id AND p.id = t.task_id)
                -- That of an event subprocess is no task: it stands in the data of its scope.
                OR strpos(i.header::text, t.task_id::text) > 0
            FROM process_timer t JOIN process_instance i ON i.id = t.instance_id
            WHERE t.state = 'waiting'
        """)
    ).all()
    wrong = [
        f"{row.what}: its instance is {row.state}, its task is {'there' if row.task else 'not there'}"
        for row in rows
        if row.state != "running" or not row.task
    ]
    return len(rows), wrong
