"""The small town of the demonstration on a database of its own, for the tests that only look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from engine.assembly import assemble
from engine.clock import FixedClock
from engine.embedded import EmbeddedServer
from engine.ids import new_id
from engine.settings import Environment, load_settings
from engine.townhall import TownHall
from web.demo import load

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@contextmanager
def small_town(server: EmbeddedServer, folder: Path) -> Iterator[TownHall]:
    """The town, on a Tuesday at noon; its database goes with it."""
    name, admin = f"demo_{new_id().hex}", server.url("postgres", "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE andecha_template")
    settings = replace(
        load_settings({"ANDECHA_ENV": "test"}),
        environment=Environment.TEST,
        data_dir=folder,
        database_url=server.url(name, "andecha_app"),
        owner_url=server.url(name, "postgres"),
        secret_key=b"a secret only for tests, long enough",
    )
    townhall = assemble(settings, clock=FixedClock(NOON))
    load(townhall, small=True)
    yield townhall
    townhall.database.dispose()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
