"""Health: is the process alive, and is everything that it needs ready?"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from engine.record.sequencer import lag
from engine.schema import head_revision
from engine.townhall import TownHall

_MINIMUM_FREE_BYTES = 500_000_000
_WORKER_SECONDS = 30


@dataclass(frozen=True)
class Check:
    """One thing looked at: its name, whether it is well, and a sentence."""

    name: str
    ok: bool
    detail: str


def ready(townhall: TownHall) -> tuple[Check, ...]:
    """Everything that serving needs, looked at now."""
    return (*_database_checks(townhall), _disk(townhall))


def _database_checks(townhall: TownHall) -> tuple[Check, ...]:
    try:
        with townhall.database.reading() as session:
            revision = session.scalar(text("SELECT version_num FROM alembic_version"))
            age = session.scalar(
                text(
                    "SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"
                )
            )
            waiting, oldest = lag(session)
    except SQLAlchemyError:
        return (Check("database", False, "La base de datos no responde."),)
    head = head_revision()
    return (
        Check("database", True, "Responde."),
        Check("migrations", revision == head, f"En la {revision}; la última es la {head}."),
        Check(
            "worker",
            age is not None and age < _WORKER_SECONDS,
            "No hay ningún trabajador." if age is None else f"Último latido hace {age:.0f} s.",
        ),
        Check(
            "record", waiting < 1000, f"{waiting} asientos esperan lugar desde {oldest or 'ahora'}."
        ),
    )


def _disk(townhall: TownHall) -> Check:
    folder = townhall.settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    return Check("disk", free > _MINIMUM_FREE_BYTES, f"Quedan {free // 1_000_000} MB libres.")
