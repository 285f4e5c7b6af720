"""`andecha db`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.settings import Settings


@click.group()
def db() -> None:
    """La base de datos."""


@db.command()
def upgrade() -> None:
    """Lleva el esquema a la última versión."""
    from engine.schema import head_revision, upgrade
    from web.cli.townhall import settings_with_database

    settings = settings_with_database(start=True)
    if settings.owner_url is None:
        raise click.UsageError("Falta ANDECHA_OWNER_DATABASE_URL.")
    upgrade(settings.owner_url)
    click.echo(f"El esquema está en la versión {head_revision()}.", err=True)
    _tell_missing_calendar(settings)


def _tell_missing_calendar(settings: Settings) -> None:
    """Say what to do while no term can be counted in the present year (PLZ-18)."""
    from engine.assembly import assemble
    from engine.clock import madrid_date
    from engine.deadlines.seat import seat_calendar

    townhall = assemble(settings)
    year = madrid_date(townhall.clock.now()).year
    covered = year in seat_calendar(townhall).years
    townhall.database.dispose()
    if not covered:
        click.echo(
            f"El calendario «{settings.town.calendar}» de {year} no está cargado y sin él no se calcula "
            "ningún plazo: use «andecha calendar import».",
            err=True,
        )
