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


@bench.command()
@click.option(
    "--times", default=2000, type=click.IntRange(20), show_default=True, help="Cuántas instancias."
)
@click.option(
    "--threads", default=2, type=click.IntRange(1, 16), show_default=True, help="Cuántas a la vez."
)
@_JSON
def engine(times: int, threads: int, as_json: bool) -> int:
    """El motor: instancias enteras frente a sus filas a secas, pasos largos, bucles y llamadas."""
    from web.cli.benchmarks.engine import run
    from web.cli.benchmarks.measure import scratch_town

    with scratch_town() as townhall:
        result = {"name": "engine", **run(townhall, times=times, threads=threads)}
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    click.echo(
        f"{result['instances_per_s']} instancias por segundo ({result['ratio_to_bare']} de las "
        f"{result['bare_per_s']} que da psycopg a secas con las mismas filas), "
        f"{result['cpu_ms_per_instance']} ms de CPU, {result['sql_per_instance']} sentencias y "
        f"{result['commits_per_instance']} transacciones cada una.\n"
        f"Paso 2: {result['step_2_ms']} ms; paso 200: {result['step_200_ms']} ms; restaurarla: "
        f"{result['restore_ms']} ms.\n"
        f"Bucle de 5.000 vueltas: {result['loop_5000_s']} s; 1.000 procesos llamados: "
        f"{result['calls_1000_s']} s."
    )
    return 0


@bench.command()
@click.option(
    "--timers",
    default=100_000,
    type=click.IntRange(2000),
    show_default=True,
    help="Cuántos temporizadores esperan.",
)
@click.option(
    "--idle",
    default=60.0,
    type=click.FloatRange(5),
    show_default=True,
    help="Segundos que se mira a un trabajador que no tiene nada que hacer.",
)
@_JSON
def timers(timers: int, idle: float, as_json: bool) -> int:
    """Los temporizadores: qué cuesta esperar a muchos y cuánto tarda en atenderse el que vence."""
    from web.cli.benchmarks.measure import scratch_town
    from web.cli.benchmarks.timers import run

    with scratch_town(people=False) as townhall:
        result = {"name": "timers", **run(townhall, timers=timers, idle_seconds=idle)}
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    click.echo(
        f"Con {result['pending']} temporizadores a la espera, un trabajador sin nada que hacer usa el "
        f"{result['idle_cpu_percent_worker']} % de un núcleo, y la base de datos entera el "
        f"{result['idle_cpu_percent_database']} %.\n"
        f"{result['fired']} que vencen poco a poco: mediana {result['p50_s']} s, p99 "
        f"{result['p99_s']} s, el último {result['longest_s']} s después de su instante.\n"
        f"{result['at_once']} que vencen a la vez: {result['at_once_per_s']} por segundo, el último a "
        f"los {result['at_once_last_s']} s."
    )
    return 0


@bench.command()
@click.option(
    "--terms",
    default=100_000,
    type=click.IntRange(1000),
    show_default=True,
    help="Cuántos plazos abiertos.",
)
@_JSON
def deadlines(terms: int, as_json: bool) -> int:
    """Los plazos: cuánto tarda un cambio de calendario en volver a fechar los que toca."""
    from web.cli.benchmarks.deadlines import run
    from web.cli.benchmarks.measure import scratch_town

    with scratch_town(people=False) as townhall:
        result = {"name": "deadlines", **run(townhall, terms=terms)}
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    click.echo(
        f"Con {result['terms']} plazos abiertos, un día inhábil más toca {result['concerned']} y mueve "
        f"{result['moved']} en {result['seconds']} s ({result['statements']} sentencias); preverlo, "
        f"{result['foreseen_s']} s. Su primera página se lista en {result['listed_ms']} ms.\n"
        f"Una incidencia técnica amplía {result['incident_extended']} en {result['incident_s']} s."
    )
    return 0


@bench.command()
@click.option(
    "--times", default=20_000, type=click.IntRange(100), show_default=True, help="Cuántas veces."
)
@_JSON
def feel(times: int, as_json: bool) -> int:
    """Las expresiones de los modelos: qué cuesta evaluar cada una, ya compilada."""
    from web.cli.benchmarks.feel import EXPRESSIONS, run

    result = {"name": "feel", **run(times)}
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    for name, source in EXPRESSIONS.items():
        click.echo(f"{result[f'{name}_us']:>8} µs  {source}")
    click.echo(f"{result['compile_us']:>8} µs  compilar la condición, una vez")
    return 0


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
