"""The look-out of a worker: one thread and one connection that ask when each duty has something to do.

An idle worker asks a cheap question and goes on sleeping. Polling is the truth; nothing depends on
being told.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from engine.jobs import DutyInfo
from engine.townhall import TownHall

log = structlog.get_logger()

_TROUBLE_SECONDS = 2.0
_AGAIN_SECONDS = 0.25
_IDLE_SECONDS = 1.0
_SHORTEST_SLEEP = 0.02
_LONGEST_SLEEP = 0.5
_JUMP_SECONDS = 1.0
_SLOW = 10


class LookOut:
    """Has each duty done when it is due, in a thread of its own: a slow one keeps no other waiting.

    do: does a duty once.
    """

    def __init__(
        self, townhall: TownHall, duties: Iterable[DutyInfo], do: Callable[[DutyInfo], Any]
    ) -> None:
        self._townhall = townhall
        self._do = do
        self._next = {info: time.monotonic() + info.every for info in duties}
        self._running: dict[DutyInfo, threading.Thread] = {}
        self._connection: Connection | None = None
        self._town_ran_ahead: float | None = None

    def keep(self, stop: threading.Event) -> None:
        """Look and have done what is due, until it is told to stop."""
        while not stop.wait(self._until_next()):
            if self._clock_jumped():
                self._next = dict.fromkeys(self._next, time.monotonic())
            for info in [info for info, at in self._next.items() if at <= time.monotonic()]:
                self._next[info] = time.monotonic() + self._attend(info)
        self._disconnect()

    def _until_next(self) -> float:
        soonest = min(self._next.values(), default=time.monotonic() + _IDLE_SECONDS)
        return min(_LONGEST_SLEEP, max(_SHORTEST_SLEEP, soonest - time.monotonic()))

    def _clock_jumped(self) -> bool:
        """Whether the town's clock went further than time did: what it made due waits for no period."""
        try:
            ahead = self._townhall.clock.now().timestamp() - time.monotonic()
        except SQLAlchemyError as error:
            log.warning("clock not read", error=type(error).__name__)
            return False
        before, self._town_ran_ahead = self._town_ran_ahead, ahead
        return before is not None and ahead - before > _JUMP_SECONDS

    def _attend(self, info: DutyInfo) -> float:
        """Have a duty done if it is due; after how many seconds to attend to it again."""
        running = self._running.get(info)
        if running is not None and running.is_alive():
            return min(info.every, _AGAIN_SECONDS)
        wait = self._seconds_until(info)
        if wait > 0:
            return min(wait, info.every)
        self._running[info] = threading.Thread(target=self._run, args=(info,), daemon=True)
        self._running[info].start()
        return info.every if info.look is None else min(info.every, _AGAIN_SECONDS)

    def _seconds_until(self, info: DutyInfo) -> float:
        """When a duty is due: 0 for one that is done whatever there is, infinite when nothing waits."""
        if info.look is None:
            return 0.0
        try:
            with self._session() as session:
                due = info.look(self._townhall, session)
            now = self._townhall.clock.now()
        except SQLAlchemyError as error:
            log.warning("look failed", duty=info.name, error=type(error).__name__)
            self._disconnect()
            return math.inf
        return math.inf if due is None else (due - now).total_seconds()

    def _session(self) -> Session:
        """A session whose questions stand alone: no transaction stays open while it sleeps."""
        database = self._townhall.database
        if self._connection is None:
            self._connection = database.engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
        return Session(self._connection, info={"entity_id": database.entity_id})

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, info: DutyInfo) -> None:
        started = time.monotonic()
        try:
            self._do(info)
        except Exception as error:
            log.warning("duty failed", duty=info.name, exc_info=error)
            time.sleep(_TROUBLE_SECONDS)
        seconds = time.monotonic() - started
        if seconds > info.every * _SLOW:
            log.info("slow duty", duty=info.name, seconds=round(seconds, 1))
