"""A town hall of its own for each benchmark, and what is measured while it works."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, text

from engine import embedded
from engine.assembly import assemble
from engine.db import STATEMENT_WATCHERS
from engine.logs import configure_logs
from engine.schema import upgrade
from engine.settings import load_settings
from engine.townhall import TownHall
from web.demo import load
from web.demo.calendars import ensure_calendars


@contextmanager
def scratch_town(*, people: bool = True) -> Iterator[TownHall]:
    """The small town of the demonstration on a PostgreSQL of its own, which ends with the block.

    people: whether the demonstration is loaded, or the town has nobody and nothing.
    """
    configure_logs()
    folder = Path(tempfile.mkdtemp(prefix="andecha-bench-"))
    server = embedded.start(folder / "postgres")
    try:
        upgrade(server.owner_url)
        settings = replace(
            load_settings(),
            data_dir=folder,
            database_url=server.app_url,
            owner_url=server.owner_url,
        )
        townhall = assemble(settings)
        if people:
            load(townhall, small=True)
        else:
            ensure_calendars(townhall.system("bench"))
        yield townhall
        townhall.database.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Statements:
    """How many statements and commits a database is asked for while it is watched."""

    def __init__(self, townhall: TownHall) -> None:
        self._townhall = townhall
        self._lock = threading.Lock()
        self.statements = 0
        self.commits = 0

    def __enter__(self) -> Statements:
        self._jobs = self._deferred()
        event.listen(self._engine, "before_cursor_execute", self._executed)
        event.listen(self._engine, "commit", self._committed)
        STATEMENT_WATCHERS.append(self._executed)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._executed)
        event.remove(self._engine, "commit", self._committed)
        STATEMENT_WATCHERS.remove(self._executed)
        # A job is deferred on the driver's connection, where SQLAlchemy does not see its statement.
        self.statements += self._deferred() - self._jobs

    @property
    def _engine(self) -> Engine:
        return self._townhall.database.engine

    def _deferred(self) -> int:
        with self._townhall.database.reading() as session:
            row = session.scalar(text("SELECT coalesce(max(id), 0) FROM procrastinate_jobs"))
        return int(row or 0)

    def _executed(self, *_: Any) -> None:
        with self._lock:
            self.statements += 1

    def _committed(self, *_: Any) -> None:
        with self._lock:
            self.commits += 1


def measure(
    townhall: TownHall, work: Callable[[int], None], *, times: int, threads: int
) -> dict[str, Any]:
    """Do `work(n)` for n below `times`, several at once: rate, latencies, statements, commits."""
    spent: list[float] = []

    def timed(number: int) -> None:
        began = time.perf_counter()
        work(number)
        spent.append(1000 * (time.perf_counter() - began))

    with Statements(townhall) as counted, ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        for done in [pool.submit(timed, number) for number in range(times)]:
            done.result()
        seconds = time.perf_counter() - began
    cuts = statistics.quantiles(spent, n=20)
    return {
        "times": times,
        "threads": threads,
        "per_s": round(times / seconds, 1),
        "p50_ms": round(statistics.median(spent), 1),
        "p95_ms": round(cuts[18], 1),
        "sql_each": round(counted.statements / times, 1),
        "commits_each": round(counted.commits / times, 1),
    }
