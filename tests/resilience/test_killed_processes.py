"""SIGKILL at random points: what was acknowledged is stored, and everything ends as if nobody had died."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from invariants import check
from killed_processes import Processes
from sqlalchemy import text
from town_at_work import ROLE, UNIT, Place, declared

from engine import jobs
from engine.people import operations as people
from engine.people.models import PersonKind
from engine.settings import Settings
from engine.townhall import TownHall

FULL_SIZE = os.environ.get("ANDECHA_SOAK") == "1"
TRANSITIONS = 2000 if FULL_SIZE else 80
SEEDS = (1, 2) if FULL_SIZE else (1,)
STALLED, REAP = (12.0, 5.0) if FULL_SIZE else (3.0, 1.0)
WORKERS, WRITERS = ("worker-0", "worker-1"), ("writer-0", "writer-1")
RESTART_SECONDS = 30.0


@pytest.fixture
def place(townhall: TownHall, settings: Settings, tmp_path: Path) -> Place:
    system = townhall.system("test")
    unit = people.create_unit(system, code=UNIT, dir3="LA0000001", name="Urbanismo")
    officials = []
    for number, document in enumerate(("12345678Z", "87654321X")):
        official = people.register_official(
            system,
            code=f"official.{number}",
            document_number=document,
            name=("Nel", "Llara")[number],
            surname1="Prida",
            surname2="Cueto",
            title="Administrativo",
        )
        people.assign_post(
            system,
            official_id=official.id,
            unit_id=unit.id,
            role=ROLE,
            valid_from=date(2020, 1, 1),
        )
        officials.append(str(official.id))
    person = people.register_person(
        system,
        kind=PersonKind.INDIVIDUAL,
        document_number="11111111H",
        name="Xuan",
        surname1="Suárez",
    )
    assert settings.database_url is not None
    return Place(
        settings.data_dir.parent,
        settings.database_url,
        tuple(officials),
        str(person.id),
        str(unit.id),
        STALLED,
        REAP,
    )


@pytest.fixture
def processes(place: Place) -> Iterator[Processes]:
    forked = Processes(place)
    yield forked
    forked.stop()


def transitions(hall: TownHall) -> int:
    return count(hall, "SELECT coalesce(sum(version), 0) FROM process_instance")


def count(hall: TownHall, statement: str) -> int:
    with hall.database.reading() as session:
        return int(session.scalar(text(statement)) or 0)


def unfinished(hall: TownHall) -> int:
    """How much is still to be done: instances, jobs, events without a place."""
    return count(
        hall,
        "SELECT (SELECT count(*) FROM process_instance WHERE state = 'running')"
        " + (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))"
        " + (SELECT count(*) FROM audit_event) - (SELECT count(*) FROM audit_leaf)",
    )


def wait_for(
    condition: Callable[[], object], what: str, seconds: float, processes: Processes
) -> float:
    """Wait until it is so; how long that took."""
    began = time.monotonic()
    while not condition():
        assert not processes.failures, processes.failures
        if time.monotonic() - began > seconds:
            pytest.fail(f"it did not happen in {seconds} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - began


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_is_killed_nothing_is_lost_doubled_or_left_standing(
    townhall: TownHall, place: Place, processes: Processes, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    for name in (*WORKERS, *WRITERS):
        processes.start(name, chance.randrange(1 << 30))
    end = time.monotonic() + TRANSITIONS / 2 + 120
    while transitions(townhall) < TRANSITIONS:
        assert time.monotonic() < end, "too little happens between the deaths"
        time.sleep(chance.uniform(0.2, 1.5))
        processes.disturb(chance)
        assert not processes.failures, processes.failures
    place.no_more.touch()
    patience = 120 + TRANSITIONS / 10
    wait_for(lambda: unfinished(townhall) == 0, "everything done", patience, processes)
    report = check(
        townhall, acknowledged=processes.acknowledged(), outside=place.folder / "outside"
    )
    print(f"\n{transitions(townhall)} transitions, {processes.kills} kills, seed {seed}\n{report}")
    assert report.ok, str(report)
    assert processes.kills >= TRANSITIONS // 40
    assert min(report.seen.values()) >= 0
    assert report.seen["each message outside is effective once"] >= TRANSITIONS // 8


def test_the_job_of_a_killed_worker_begins_again_and_keeps_no_other_waiting(
    townhall: TownHall, place: Place, processes: Processes
) -> None:
    """A killed worker's job restarts within 30 s and blocks nobody."""
    log = place.folder / "slow.log"

    def defer(name: str, lock: str) -> None:
        with townhall.database.transaction() as session:
            entity_id = townhall.settings.entity_id
            with declared():
                jobs.defer(session, "test.slow", entity_id, lock=lock, arguments={"name": name})

    def begun(name: str) -> list[str]:
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.split()[1] == name]

    first = processes.start("worker-0")
    defer("killed", "one")
    wait_for(lambda: begun("killed"), "the job begun", 60, processes)
    processes.start("worker-1")
    assert begun("killed")[0].split()[0] == str(first)
    processes.kill("worker-0")
    died = time.monotonic()

    (place.folder / "other-may-end").touch()
    (place.folder / "after-may-end").touch()
    defer("after", "one")
    defer("other", "two")
    other = wait_for(lambda: begun("other"), "another job", 10, processes)
    wait_for(lambda: len(begun("killed")) == 2, "the killed job again", RESTART_SECONDS, processes)
    again = time.monotonic() - died
    print(f"\nbegun again after {again:.1f} s; another job meanwhile after {other:.1f} s")
    assert again < RESTART_SECONDS
    assert not begun("after"), "the next of the same lock waits for its turn"
    (place.folder / "killed-may-end").touch()
    wait_for(lambda: begun("after"), "the next of the same lock", 30, processes)
    wait_for(
        lambda: count(townhall, "SELECT count(*) FROM procrastinate_jobs") == 0,
        "an empty queue",
        30,
        processes,
    )
    with townhall.database.reading() as session:
        rows = session.execute(text("SELECT arguments->>'name', attempts, state FROM job_run"))
        assert {tuple(row) for row in rows} == {
            ("killed", 2, "done"),
            ("other", 1, "done"),
            ("after", 1, "done"),
        }
