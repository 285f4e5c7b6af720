"""`andecha run` and `andecha worker`: the processes of an installation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import click

_LOOK_SECONDS = 0.5
_STOP_SECONDS = 20


@click.command()
def worker() -> None:
    """Ejecuta los trabajos pendientes hasta que se le pide parar."""
    from engine.assembly import assemble
    from engine.logs import configure_logs
    from engine.worker import run_worker
    from web.cli.townhall import settings_with_database

    configure_logs()
    townhall = assemble(settings_with_database(start=True))
    try:
        run_worker(townhall)
    finally:
        townhall.database.dispose()


@click.command()
def run() -> None:
    """Levanta la base de datos, la pone al día y trabaja hasta Ctrl-C; lo que muere, vuelve."""
    from engine import embedded
    from engine.schema import upgrade
    from engine.settings import load_settings
    from web.cli.townhall import settings_with_database

    own_database = load_settings().database_url is None
    settings = settings_with_database(start=True)
    if settings.owner_url is None:
        raise click.UsageError("Falta ANDECHA_OWNER_DATABASE_URL.")
    upgrade(settings.owner_url)
    folder = settings.data_dir / "postgres"
    child = _start_worker()
    signal.signal(signal.SIGTERM, _interrupt)
    click.echo(
        f"{settings.town.name}: en marcha. Los datos están en {settings.data_dir}. Ctrl-C para parar."
    )
    try:
        while True:
            time.sleep(_LOOK_SECONDS)
            if own_database and not embedded.start(folder).is_alive():
                continue
            if child.poll() is not None:
                child = _start_worker()
    except KeyboardInterrupt:
        click.echo("Parando…")
    finally:
        child.terminate()
        child.wait(timeout=_STOP_SECONDS)
        if own_database:
            embedded.start(folder).stop()


def _start_worker() -> subprocess.Popen[bytes]:
    """A worker in a process of its own, so that it can be killed and started again."""
    return subprocess.Popen(
        [sys.executable, "-m", "web.cli.main", "worker"], start_new_session=True, env=os.environ
    )


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
