"""The `andecha` command. Each group is imported when it is used: the command line starts at once."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

GROUPS: dict[str, tuple[str, str]] = {
    "run": ("web.cli.running", "Levanta todo en esta máquina, con la demostración."),
    "web": ("web.cli.serving", "Sirve la sede."),
    "worker": ("web.cli.serving", "Ejecuta los trabajos pendientes."),
    "bench": ("web.cli.bench", "Mide lo que el proyecto dice."),
    "calendar": ("web.cli.calendar", "Los calendarios de días inhábiles."),
    "check": ("web.cli.check", "Comprueba una factura, un justificante o un modelo."),
    "demo": ("web.cli.demo", "El municipio de demostración."),
    "import": ("web.cli.importing", "Trae modelos dibujados con otras herramientas."),
    "keys": ("web.cli.keys", "Los certificados del ayuntamiento."),
    "db": ("web.cli.database", "La base de datos."),
    "decide": ("web.cli.decide", "Evalúa una decisión DMN."),
    "simulate": ("web.cli.simulate", "Ejecuta un modelo sin nadie."),
    "test": ("web.cli.testing", "Prueba procedimientos con sus escenarios."),
    "deadline": ("web.cli.deadline", "Calcula un plazo y explica cada día."),
    "audit": ("web.cli.audit", "El registro de auditoría: comprobarlo y probarlo."),
}

# `import` is a word of Python, and what is called `test…` pytest takes for a test.
_FUNCTIONS = {"import": "import_group", "test": "package_tests"}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in GROUPS:
            return None
        module = importlib.import_module(GROUPS[cmd_name][0])
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Órdenes"):
            formatter.write_dl([(name, GROUPS[name][1]) for name in sorted(GROUPS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="andecha", message="andecha %(version)s")
def cli() -> None:
    """Andecha: la administración electrónica de un ayuntamiento."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command. Exit 0: nothing blocking; 1: a blocking finding; 2: it cannot run."""
    try:
        result: Any = cli.main(args=arguments, prog_name="andecha", standalone_mode=False)
    except click.ClickException as error:
        error.show(file=sys.stderr)
        sys.exit(2)
    except click.Abort:
        sys.exit(2)
    except Exception as error:
        from engine.errors import TownHallError

        if not isinstance(error, TownHallError):
            raise
        click.echo(error.message, err=True)
        sys.exit(2)
    sys.exit(result if isinstance(result, int) else 0)


if __name__ == "__main__":
    main()
