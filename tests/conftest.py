"""The tests' town hall: a real PostgreSQL, a fresh database for each test, a clock that stands still."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from factories.calendars import put_calendars
from factories.town import ENTITY, NIF, TestKeys

from engine.assembly import assemble
from engine.clock import FixedClock
from engine.embedded import EmbeddedServer, start
from engine.ids import new_id
from engine.schema import upgrade
from engine.settings import Environment, Settings, load_settings
from engine.townhall import TownHall
from signatures.demo_authority import Authority
from signatures.keys import SigningKey

TEMPLATE = "andecha_template"
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    """Name the server's folder once, in the process that controls the workers."""
    if "ANDECHA_TEST_SERVER" not in os.environ:
        folder = tempfile.mkdtemp(prefix="andecha-test-")
        os.environ["ANDECHA_TEST_SERVER"] = folder
        config.add_cleanup(lambda: _remove(Path(folder)))


def _remove(folder: Path) -> None:
    """Stop the server when the controlling process ends, and forget its folder."""
    if (folder / "postgres" / "PG_VERSION").exists():
        start(folder / "postgres").stop()
    subprocess.run(["rm", "-rf", str(folder)], check=False)
    os.environ.pop("ANDECHA_TEST_SERVER", None)


@pytest.fixture(scope="session")
def server() -> EmbeddedServer:
    """One server for all the workers, with a template database that has the schema."""
    import fasteners

    folder = Path(os.environ["ANDECHA_TEST_SERVER"])
    with fasteners.InterProcessLock(str(folder / "lock")):
        running = start(folder / "postgres")
        with psycopg.connect(running.url("postgres", "postgres"), autocommit=True) as connection:
            row = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)
            ).fetchone()
            if row is None:
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("ALTER SYSTEM SET synchronous_commit = off")
                connection.execute("SELECT pg_reload_conf()")
                connection.execute(f"CREATE DATABASE {TEMPLATE}_making")
                upgrade(running.url(f"{TEMPLATE}_making", "postgres"))
                put_calendars(running.url(f"{TEMPLATE}_making", "postgres"))
                connection.execute(f"ALTER DATABASE {TEMPLATE}_making RENAME TO {TEMPLATE}")
    return running


@pytest.fixture
def database_urls(server: EmbeddedServer) -> Iterator[tuple[str, str]]:
    """A fresh database: the owner's URL and the application's."""
    name = f"test_{new_id().hex}"
    admin = server.url("postgres", "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield server.url(name, "postgres"), server.url(name, "andecha_app")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(tmp_path: Path, database_urls: tuple[str, str]) -> Settings:
    """The settings of a test: its own data folder and its own database."""
    owner, application = database_urls
    return replace(
        load_settings({"ANDECHA_ENV": "test"}),
        environment=Environment.TEST,
        data_dir=tmp_path / "data",
        database_url=application,
        owner_url=owner,
        secret_key=b"a secret only for tests, long enough",
    )


@pytest.fixture
def clock() -> FixedClock:
    """Tuesday 24 November 2026, ten in the morning in Madrid."""
    return FixedClock(START)


@pytest.fixture
def townhall(settings: Settings, clock: FixedClock) -> Iterator[TownHall]:
    """An assembled town hall on a fresh database."""
    assembled = assemble(settings, clock=clock)
    yield assembled
    assembled.database.dispose()


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The certification authority of the tests."""
    from signatures.demo_authority import make_authority

    return make_authority(datetime.now(UTC))


@pytest.fixture(scope="session")
def organ_key(authority: Authority) -> SigningKey:
    return authority.seal(organ="Alcaldía", entity=ENTITY, nif=NIF)


@pytest.fixture
def keys(authority: Authority, organ_key: SigningKey) -> TestKeys:
    """The town's keys: its seal, its time stamps, and those that a test gives to people."""
    from signatures.time_stamps import TimeStampAuthority

    stamps = TimeStampAuthority(authority.time_stamping(entity=ENTITY), lambda: datetime.now(UTC))
    crl = authority.revocation_list(datetime.now(UTC))
    return TestKeys(authority, organ_key, stamps=stamps, crl=crl)


@pytest.fixture
def hall(townhall: TownHall, keys: TestKeys) -> TownHall:
    """The town hall with keys of its own."""
    townhall.parts["keys"] = keys
    return townhall


@pytest.fixture
def run_all(hall: TownHall) -> Callable[[], int]:
    """Run every job and duty until nothing is left."""
    from engine.worker import drain

    return lambda: drain(hall)


@pytest.fixture
def run_cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the `andecha` command in a process of its own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "web.cli.main", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, **environment},
        )

    return run
