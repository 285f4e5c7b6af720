"""The engine: whole instances, what the same rows cost without it, long processes, loops and calls.

An instance is start → a person's task → end, in two transactions, with everything that it leaves: the
instance, its open tasks, its history, its data, the work item and the events of the record. The actor is
loaded before and there is no expediente. The processor time is that of this process, not PostgreSQL's.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.clock import madrid_date
from engine.people.models import Official
from engine.people.queries import load_official_actor
from engine.townhall import Call, TownHall
from engine.workflow import operations
from engine.workflow.models import ProcessInstance, WorkItem
from engine.workflow.state import load
from engine.workflow.store import definition_of, stored
from web.cli.benchmarks.bare import bare_rate
from web.cli.benchmarks.measure import Statements
from web.cli.benchmarks.models import called, chain, looped, one_task

STEPS = 200
_LETTER = "Solicita licencia para ocupar la vía pública con mesas y sillas ante su local. " * 2


def run(townhall: TownHall, *, times: int, threads: int, long_instances: int = 9) -> dict[str, Any]:
    """Measure everything; the town's database is its own."""
    bench = _Bench(townhall)
    whole = bench.instances(times, threads)
    bare = bare_rate(townhall, bench.whole_instance(), times=times, threads=threads)
    return {
        **whole,
        "bare_per_s": bare,
        "ratio_to_bare": round(whole["instances_per_s"] / bare, 2),
        **bench.steps(long_instances),
        "loop_5000_s": bench.loop(5000),
        "calls_1000_s": bench.calls(1000),
    }


class _Bench:
    """The actors and the models of a measurement."""

    def __init__(self, townhall: TownHall) -> None:
        self._townhall = townhall
        self._system = townhall.system("bench")
        with townhall.database.reading() as session:
            identifier = session.scalars(select(Official.id).order_by(Official.id)).first()
            if identifier is None:
                raise ValueError("the town has no official")
            actor = load_official_actor(session, identifier, madrid_date(townhall.clock.now()))
        self._official = townhall.call(actor)

    @property
    def _performer(self) -> str:
        return str(self._official.actor.id)

    def whole_instance(self) -> UUID:
        """Start an instance, do its task, and return its id."""
        started = self._start(one_task(), {"subject": "Terraza", "year": 2026})
        self._complete(started.id)
        return started.id

    def _start(self, model: bytes, data: dict[str, Any]) -> ProcessInstance:
        return operations.start(
            self._system,
            definition_key="bench",
            definition_version=1,
            model=model,
            data={"official": self._performer, **data},
        )

    def _complete(self, instance_id: UUID) -> None:
        with self._townhall.database.reading() as session:
            item, version = session.execute(
                select(WorkItem.id, WorkItem.version).where(
                    WorkItem.instance_id == instance_id, WorkItem.completed_at.is_(None)
                )
            ).one()
        self._do(self._official, item, version)

    @staticmethod
    def _do(call: Call, item: UUID, version: int) -> None:
        operations.complete(
            call, work_item_id=item, data={"outcome": "ok", "text": _LETTER[:100]}, version=version
        )

    def instances(self, times: int, threads: int) -> dict[str, Any]:
        """Instances a second, CPU, statements and commits of each.

        Their work items are read before the clock of the second half runs: whoever does a task has
        it in front of them.
        """
        for _ in range(20):
            self.whole_instance()
        model = one_task()

        def start(_: int) -> UUID:
            return self._start(model, {"subject": "Terraza", "year": 2026}).id

        with ThreadPoolExecutor(threads) as pool, Statements(self._townhall) as counted:
            began, cpu = time.perf_counter(), time.process_time()
            started = list(pool.map(start, range(times)))
            seconds, used = time.perf_counter() - began, time.process_time() - cpu
            statements, commits = counted.statements, counted.commits
        items = self._items(started)
        with ThreadPoolExecutor(threads) as pool, Statements(self._townhall) as counted:
            began, cpu = time.perf_counter(), time.process_time()
            list(pool.map(lambda item: self._do(self._official, *item), items))
            seconds += time.perf_counter() - began
            used += time.process_time() - cpu
        return {
            "times": times,
            "threads": threads,
            "instances_per_s": round(times / seconds, 1),
            "cpu_ms_per_instance": round(1000 * used / times, 2),
            "sql_per_instance": round((statements + counted.statements) / times, 1),
            "commits_per_instance": round((commits + counted.commits) / times, 1),
        }

    def _items(self, instances: list[UUID]) -> list[tuple[UUID, int]]:
        with self._townhall.database.reading() as session:
            rows = session.execute(
                select(WorkItem.id, WorkItem.version).where(WorkItem.instance_id.in_(instances))
            )
            return [(row.id, row.version) for row in rows]

    def steps(self, instances: int) -> dict[str, Any]:
        """The second and the last step of a chain of 200 tasks that leave 100 bytes each, and how
        long that instance takes to be loaded; medians over some instances."""
        model = chain(STEPS)
        second, last, restored = [], [], []
        for _ in range(instances):
            started = self._start(model, {})
            for step in range(1, STEPS + 1):
                if step == STEPS:
                    restored.append(self._restore(started.id))
                spent = self._timed_step(started.id)
                if step == 2:
                    second.append(spent)
                elif step == STEPS:
                    last.append(spent)
        return {
            "step_2_ms": round(statistics.median(second), 2),
            f"step_{STEPS}_ms": round(statistics.median(last), 2),
            "restore_ms": round(statistics.median(restored), 2),
        }

    def _timed_step(self, instance_id: UUID) -> float:
        items = [(row.id, row.version) for row in self._open(instance_id)]
        began = time.perf_counter()
        self._do(self._official, *items[0])
        return 1000 * (time.perf_counter() - began)

    def _open(self, instance_id: UUID) -> list[Any]:
        with self._townhall.database.reading() as session:
            return list(
                session.execute(
                    select(WorkItem.id, WorkItem.version).where(
                        WorkItem.instance_id == instance_id, WorkItem.completed_at.is_(None)
                    )
                )
            )

    def _restore(self, instance_id: UUID) -> float:
        with self._townhall.database.reading() as session:
            began = time.perf_counter()
            instance = session.scalars(
                select(ProcessInstance).where(ProcessInstance.id == instance_id)
            ).one()
            rows = stored(session, instance)
            loaded = load(definition_of(session, instance), rows, self._townhall.clock.now())
            for task in loaded.run.open_tasks():
                dict(task.data)
            return 1000 * (time.perf_counter() - began)

    def loop(self, turns: int) -> float:
        """Seconds of a loop of so many turns, stored."""
        return self._timed_start(looped(), {"n": 0, "turns": turns})

    def calls(self, count: int) -> float:
        """Seconds of so many called processes, stored."""
        return self._timed_start(called(), {"items": list(range(count))})

    def _timed_start(self, model: bytes, data: dict[str, Any]) -> float:
        began = time.perf_counter()
        started = self._start(model, data)
        seconds = time.perf_counter() - began
        with self._townhall.database.reading() as session:
            row = session.scalars(
                select(ProcessInstance).where(ProcessInstance.id == started.id)
            ).one()
            if row.state != "completed":
                raise RuntimeError(f"the process did not end: {row.state}")
        return round(seconds, 2)
