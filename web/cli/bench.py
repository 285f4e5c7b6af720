"""`andecha bench`: the measurements behind the numbers that the project claims."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

_TIMES = click.option(
    "--times", default=200, type=click.IntRange(20), show_default=True, help="Cuántas veces."
)
_THREADS = click.option(
    "--threads", default=4, type=click.IntRange(1, 16), show_default=True, help="Cuántas a la vez."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")


@click.group()
def bench() -> None:
    """Mide lo que el proyecto dice, en un ayuntamiento de prueba que se borra después."""


@bench.command()
@_TIMES
@_THREADS
@_JSON
def registry(times: int, threads: int, as_json: bool) -> int:
    """Asientos de entrada en el registro, varios a la vez."""
    from web.cli.benchmarks.registry import run

    return _measured("registry", run, times, threads, as_json)


@bench.command()
@_TIMES
@_THREADS
@_JSON
def filings(times: int, threads: int, as_json: bool) -> int:
    """Solicitudes enteras: borrador, firma, registro, expediente y proceso."""
    from web.cli.benchmarks.filings import run

    return _measured("filings", run, times, threads, as_json)


def _measured(
    name: str, run: Callable[..., dict[str, Any]], times: int, threads: int, as_json: bool
) -> int:
    """Measure and tell; exit 1 when the numbers of the registry were left with a gap."""
    from web.cli.benchmarks.measure import scratch_town

    with scratch_town() as townhall:
        result = {"name": name, **run(townhall, times=times, threads=threads)}
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        click.echo(
            f"{result['per_s']} por segundo con {threads} a la vez; mediana {result['p50_ms']} ms, "
            f"p95 {result['p95_ms']} ms; {result['sql_each']} sentencias SQL y "
            f"{result['commits_each']} transacciones cada una."
        )
    return 0 if result["gapless"] else 1
