"""How a verb gets a town hall: of the database that the settings name, or of the embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from engine.errors import ConfigurationError
from engine.settings import Settings, load_settings
from engine.townhall import TownHall


def settings_with_database(*, start: bool) -> Settings:
    """The settings, with the embedded server's addresses where none were given.

    start: whether to start it when it is not running; a verb that only looks does not.
    """
    from engine import embedded

    settings = load_settings()
    if settings.database_url is not None:
        return settings
    folder = settings.data_dir / "postgres"
    if not start and not (folder / "PG_VERSION").exists():
        raise ConfigurationError(
            f"No hay ninguna base de datos en {settings.data_dir}: ejecute antes «andecha run»."
        )
    server = embedded.start(folder)
    return replace(settings, database_url=server.app_url, owner_url=server.owner_url)


@contextmanager
def opened() -> Iterator[TownHall]:
    """The town hall of an existing installation."""
    from engine.assembly import assemble

    townhall = assemble(settings_with_database(start=False))
    try:
        yield townhall
    finally:
        townhall.database.dispose()
