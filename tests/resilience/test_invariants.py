"""The look after a fault sees what is wrong: each thing is broken once, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from invariants import Report, check
from sqlalchemy import text
from town_at_work import UNIT, Outside, declared, file

from engine.jobs import JobRun
from engine.people import operations as people
from engine.people.models import PersonKind
from engine.storage import FolderStorage
from engine.townhall import TownHall
from engine.worker import drain


@pytest.fixture
def filed(townhall: TownHall) -> Iterator[dict[str, Any]]:
    """Something filed, told outside, and waiting for a person."""
    system = townhall.system("test")
    unit = people.create_unit(system, code=UNIT, dir3="LA0000001", name="Urbanismo")
    person = people.register_person(
        system,
        kind=PersonKind.INDIVIDUAL,
        document_number="11111111H",
        name="Xuan",
        surname1="Suárez",
    )
    outside(townhall).mkdir(parents=True)
    with declared():
        told = file(system, person_id=person.id, unit_id=unit.id, data=b"Escrito\n")
        drain(townhall)
        yield told


def outside(townhall: TownHall) -> Path:
    return townhall.settings.data_dir.parent / "outside"


def look(townhall: TownHall, *acknowledged: dict[str, Any]) -> Report:
    return check(townhall, acknowledged=acknowledged, outside=outside(townhall))


def change(statement: str) -> Callable[[TownHall, dict[str, Any]], None]:
    def changed(townhall: TownHall, _filed: dict[str, Any]) -> None:
        with townhall.database.transaction() as session:
            session.execute(text(statement))

    return changed


def tell_twice(townhall: TownHall, _filed: dict[str, Any]) -> None:
    (told,) = (path for path in outside(townhall).iterdir() if path.suffix != ".log")
    Outside(outside(townhall).parent).tell("1-999", told.read_text())


def lose_bytes(townhall: TownHall, filed: dict[str, Any]) -> None:
    with townhall.database.reading() as session:
        sha256 = session.scalar(
            text("SELECT sha256 FROM document WHERE id = :id"), {"id": filed["document"]}
        )
    FolderStorage(townhall.settings.storage_dir).delete(townhall.settings.entity_id, str(sha256))


def leave_a_job(townhall: TownHall, _filed: dict[str, Any]) -> None:
    with townhall.database.transaction() as session:
        now = townhall.clock.now()
        session.add(
            JobRun(
                job_id=99, name="test.x", arguments={}, attempts=1, state="running", started_at=now
            )
        )


def test_nothing_is_wrong_when_nothing_happened(townhall: TownHall, filed: dict[str, Any]) -> None:
    report = look(townhall, filed)
    assert report.ok, str(report)
    assert report.seen["acknowledged is stored"] == 1
    assert report.seen["each message outside is effective once"] == 1


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (
            change("UPDATE registry_entry SET number = 2"),
            "registry numbers are gapless and in the order of their instants",
        ),
        (leave_a_job, "every job is over"),
        (tell_twice, "each message outside is effective once"),
        (lose_bytes, "every document has its bytes"),
        (
            change("UPDATE process_instance SET version = version + 1"),
            "the version of an instance counts its transitions",
        ),
        (change("UPDATE work_item SET state = 'cancelled'"), "no instance stands still"),
        (
            change("UPDATE process_instance SET state = 'completed'"),
            "what is open belongs to a running instance",
        ),
    ],
    ids=("number", "job", "message", "bytes", "version", "standing", "open"),
)
def test_what_is_broken_is_told(
    townhall: TownHall,
    filed: dict[str, Any],
    broken: Callable[[TownHall, dict[str, Any]], None],
    told: str,
) -> None:
    broken(townhall, filed)
    report = look(townhall)
    assert told in report.broken, str(report)
    assert f"BROKEN  {told}" in str(report)


def test_what_was_acknowledged_and_is_not_there_is_told(
    townhall: TownHall, filed: dict[str, Any]
) -> None:
    lost = {**filed, "instance": str(UUID(int=0)), "number": 2}
    done = {"kind": "done", "item": str(UUID(int=0)), "by": str(UUID(int=1)), "token": "x"}
    report = look(townhall, filed, lost, done)
    assert len(report.broken["acknowledged is stored"]) == 2
