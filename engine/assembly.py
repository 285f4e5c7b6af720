"""Imports every room, so that its tables, operations, jobs, duties and services exist, and assembles them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable

from engine.clock import Clock
from engine.db import Database
from engine.errors import ConfigurationError
from engine.settings import Settings
from engine.storage import FolderStorage
from engine.townhall import TownHall

ROOMS: tuple[str, ...] = (
    "people",
    "people.absences",
    "keys",
    "record",
    "upkeep",
    "deadlines",
    "deadlines.almanac",
    "deadlines.incidents",
    "demo_clock",
    "documents",
    "signing",
    "registry",
    "workflow",
    "workflow.work_items",
    "workflow.events",
    "workflow.surgery",
    "workflow.surgery.orders",
    "workflow.versions",
    "procedures",
    "payments",
    "expedientes",
    "expedientes.silence",
    "expedientes.clock",
    "expedientes.drafts",
    "expedientes.ex_officio",
    "expedientes.own_acts",
    "expedientes.simplified",
    "expedientes.expiry",
    "notifications",
    "notifications.own_acts",
    "notifications.defects",
    "notifications.exchange",
    "notifications.pending",
    "notifications.printing",
    "notifications.publications",
    "contracts",
    "finance",
)
FURNITURE: tuple[str, ...] = ("models", "operations", "jobs", "duties", "services")


def import_rooms(rooms: Iterable[str] = ROOMS) -> None:
    """Import the furniture of every room; what a room does not have is not asked for."""
    importlib.import_module("engine.audit.models")
    importlib.import_module("engine.jobs")
    for room in rooms:
        for piece in FURNITURE:
            _import_if_present(f"engine.{room}", piece)


def _import_if_present(room: str, piece: str) -> None:
    spec = importlib.util.find_spec(f"{room}.{piece}")
    if spec is not None:
        importlib.import_module(spec.name)


def assemble(
    settings: Settings, *, clock: Clock | None = None, database_url: str | None = None
) -> TownHall:
    """The town hall, ready for the web, the worker or the command line."""
    import_rooms()
    from engine.demo_clock.clock import town_clock
    from engine.documents.services import TEMPLATES_PART
    from engine.expedientes.templates import ProcedureTemplates
    from engine.keys.town_keys import TownKeys
    from engine.people.queries import known_permissions
    from engine.people.roles import permissions_of

    url = database_url or settings.database_url
    if url is None:
        raise ConfigurationError("Falta la dirección de la base de datos (ANDECHA_DATABASE_URL).")
    database = Database(url, settings.entity_id)
    townhall = TownHall(
        settings=settings,
        database=database,
        clock=clock or town_clock(database, demo=settings.demo),
        storage=FolderStorage(settings.storage_dir),
        system_permissions=permissions_of(["system"], known_permissions()),
    )
    townhall.parts["keys"] = TownKeys(townhall)
    townhall.parts[TEMPLATES_PART] = ProcedureTemplates()
    return townhall
