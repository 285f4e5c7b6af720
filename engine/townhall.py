"""The assembled town hall: what every operation, query, job and page is handed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.audit.events import Trace
from engine.clock import Clock
from engine.db import Database
from engine.permissions import Actor, ActorKind
from engine.settings import Settings
from engine.storage import Storage


@dataclass
class TownHall:
    """Settings, database, clock, storage and what the rooms put in `parts` when they are assembled.

    parts: objects that one room owns and others ask for by name, such as the key store.
    """

    settings: Settings
    database: Database
    clock: Clock
    storage: Storage
    system_permissions: frozenset[str] = frozenset()
    parts: dict[str, Any] = field(default_factory=dict)

    def call(self, actor: Actor, trace: Trace | None = None) -> Call:
        """The act of somebody, from somewhere."""
        return Call(self, actor, trace or Trace())

    def system(self, process: str, job: str | None = None) -> Call:
        """The town hall acting by itself, in the name of a procedure or a duty (art. 41 Ley 40/2015)."""
        actor = Actor(
            kind=ActorKind.SYSTEM,
            display_name="Actuación administrativa automatizada",
            permissions=self.system_permissions,
            roles=frozenset({"system"}),
            process=process,
        )
        return Call(self, actor, Trace(job=job))


@dataclass(frozen=True)
class Call:
    """Who acts, from where, in which town hall."""

    townhall: TownHall
    actor: Actor
    trace: Trace
