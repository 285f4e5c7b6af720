"""`andecha db`."""

from __future__ import annotations

import click


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
