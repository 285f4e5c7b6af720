"""`andecha worker`: run the jobs and the duties of an installation."""

from __future__ import annotations

import click


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
