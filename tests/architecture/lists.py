"""The golden lists: what the house offers, one line for each thing, as the code itself says it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from sqlalchemy import Table

from engine.assembly import assemble, import_rooms
from engine.db import Base
from engine.jobs import DUTIES, JOBS
from engine.operation import OPERATIONS
from engine.services import SERVICES
from engine.settings import load_settings
from web.access import access_of
from web.app import create_app
from web.cli.main import cli

FOLDER = Path(__file__).with_name("golden")
_OURS = ("engine.", "web.")


def routes() -> Iterator[str]:
    """Every route: methods, address, endpoint, audience, permission, operation or why none."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            {
                "ANDECHA_ENV": "test",
                "ANDECHA_DATA": folder,
                "ANDECHA_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
                "ANDECHA_SECRET_KEY": "a secret only for tests, long enough",
            }
        )
        townhall = assemble(settings)
        app = create_app(townhall, testing=True)
        townhall.database.dispose()
    for rule in app.url_map.iter_rules():
        declared = access_of(app.view_functions[rule.endpoint])
        assert declared is not None, rule.endpoint
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        does = declared.operation or (
            f"({declared.without_operation})" if declared.without_operation else "-"
        )
        yield " | ".join(
            (
                rule.rule,
                methods,
                rule.endpoint,
                declared.audience.value + (", callback" if declared.callback else ""),
                declared.permission or "-",
                does,
            )
        )


def operations() -> Iterator[str]:
    """Every operation: audit type, permission, function, legal basis."""
    import_rooms()
    for info in OPERATIONS.values():
        if info.function.startswith(_OURS):
            yield " | ".join((info.name, info.permission, info.function, info.basis or "-"))


def jobs() -> Iterator[str]:
    """Every kind of job and how often it is tried."""
    import_rooms()
    for info in JOBS.values():
        if info.handler.__module__.startswith(_OURS):
            yield f"{info.name} | {info.attempts}"


def duties() -> Iterator[str]:
    """Every duty of the workers and its period."""
    import_rooms()
    for info in DUTIES.values():
        if info.run.__module__.startswith(_OURS):
            yield f"{info.name} | {info.every:g} s"


def services() -> Iterator[str]:
    """Every service that models may call, and the function behind it."""
    import_rooms()
    for name, function in SERVICES.items():
        if function.__module__.startswith(_OURS):
            yield f"{name} | {function.__module__}.{function.__qualname__}"


def verbs() -> Iterator[str]:
    """Every verb of the command line with its arguments and options."""
    yield from _verbs(cli, "andecha")


def _verbs(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from _verbs(found, f"{name} {child}")
        if not command.invoke_without_command:
            return
    words = [
        max(item.opts, key=len) if isinstance(item, click.Option) else (item.name or "").upper()
        for item in command.params
    ]
    yield " ".join((name, *sorted(words)))


def tables() -> Iterator[str]:
    """Every table and its primary key."""
    for table in our_tables():
        yield f"{table.name} | {', '.join(column.name for column in table.primary_key)}"


def our_tables() -> list[Table]:
    """The tables of the house, by name."""
    import_rooms()
    return [
        table
        for table in Base.metadata.tables.values()
        if any(
            mapper.class_.__module__.startswith(_OURS)
            for mapper in Base.registry.mappers
            if mapper.local_table is table
        )
    ]


LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "routes": routes,
    "operations": operations,
    "jobs": jobs,
    "duties": duties,
    "services": services,
    "verbs": verbs,
    "tables": tables,
}


def lines(name: str) -> list[str]:
    """A list as it is now, in order."""
    return sorted(LISTS[name]())


def golden(name: str) -> Path:
    """The file that says how it was agreed to be."""
    return FOLDER / f"{name}.txt"
