"""`andecha web` and `andecha worker`: the processes that serve an installation."""

from __future__ import annotations

import click

from web.cli.ports import base_url_follows, check_free


@click.command()
def worker() -> None:
    """Ejecuta los trabajos pendientes hasta que se le pide parar."""
    from engine.assembly import assemble
    from engine.logs import configure_logs
    from engine.worker import run_worker
    from web.cli.supervision import end_with_parent
    from web.cli.townhall import settings_with_database

    end_with_parent()
    configure_logs()
    townhall = assemble(settings_with_database(start=True))
    try:
        run_worker(townhall)
    finally:
        townhall.database.dispose()


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    envvar="ANDECHA_WEB_HOST",
    show_default=True,
    help="Dirección en la que escucha.",
)
@click.option(
    "--port",
    default=8000,
    envvar="ANDECHA_WEB_PORT",
    type=click.IntRange(1, 65535),
    show_default=True,
    help="Puerto en el que escucha.",
)
@click.option(
    "--workers",
    default=2,
    envvar="ANDECHA_WEB_WORKERS",
    type=click.IntRange(1, 64),
    show_default=True,
    help="Procesos.",
)
@click.option(
    "--threads",
    default=4,
    envvar="ANDECHA_WEB_THREADS",
    type=click.IntRange(1, 64),
    show_default=True,
    help="Hilos de cada proceso.",
)
def web(host: str, port: int, workers: int, threads: int) -> None:
    """Sirve la sede con gunicorn hasta que se le pide parar.

    Con activación por socket de systemd (LISTEN_FDS) no abre ningún puerto: usa el que recibe.
    """
    from web.cli.supervision import end_with_parent

    end_with_parent()
    check_free(host, port)
    base_url_follows(port)

    from web.cli.server import serve

    serve(host, port, workers=workers, threads=threads)
