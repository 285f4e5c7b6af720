"""The small town of the demonstration, loaded once for the tests that look at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from engine.assembly import assemble
from engine.clock import FixedClock
from engine.embedded import EmbeddedServer
from engine.ids import new_id
from engine.settings import Environment, load_settings
from engine.townhall import TownHall
from web.demo import load

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def town(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    """The town, on a database of its own, on a Tuesday at noon."""
    name, admin = f"demo_{new_id().hex}", server.url("postgres", "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE andecha_template")
    settings = replace(
        load_settings({"ANDECHA_ENV": "test"}),
        environment=Environment.TEST,
        data_dir=tmp_path_factory.mktemp("demo"),
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
