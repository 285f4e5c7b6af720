"""`andecha demo`: the demonstration's town."""

from __future__ import annotations

import json
import time

import click


@click.group()
def demo() -> None:
    """El municipio de demostración."""


@demo.command()
@click.option("--small", is_flag=True, help="Pocos expedientes y facturas.")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def load(small: bool, as_json: bool) -> int:
    """Carga el municipio de demostración; cargarlo otra vez no cambia nada.

    No debe haber ningún trabajador en marcha.
    """
    from engine.errors import ConfigurationError
    from engine.logs import configure_logs
    from engine.settings import load_settings
    from web.cli.townhall import opened
    from web.demo import load as load_town

    if not load_settings().demo:
        raise ConfigurationError(
            "El municipio de demostración no se carga en producción (ANDECHA_ENV=production)."
        )
    configure_logs()
    began = time.monotonic()
    with opened() as townhall:
        load_town(townhall, small=small, say=lambda text: click.echo(text, err=True))
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        click.echo(json.dumps({"loaded": True, "small": small, "seconds": seconds}))
    else:
        click.echo(f"El municipio de demostración está cargado ({seconds} s).")
    return 0
