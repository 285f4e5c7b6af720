"""`andecha test`: play the scenarios of procedure packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.procedures.scenarios import Report


@click.command("test")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def package_tests(paths: tuple[Path, ...], as_json: bool) -> int:
    """Prueba procedimientos: sus escenarios, y cuánto de su modelo recorren."""
    from engine.clock import SystemClock
    from engine.procedures.scenarios import run_tests

    now = SystemClock().now()
    reports = [run_tests(path, now) for path in paths]
    if as_json:
        results = [report.to_dict() for report in reports]
        answer = results[0] if len(results) == 1 else results
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for report in reports:
            _tell(report)
    return 0 if all(report.ok for report in reports) else 1


def _tell(report: Report) -> None:
    click.echo(f"{report.path}: {'BIEN' if report.ok else 'MAL'}")
    for scenario in report.scenarios:
        click.echo(f"  {'✓' if not scenario.faults else '✗'} {scenario.name} · {scenario.title}")
        for fault in scenario.faults:
            click.echo(f"      {fault}")
    for fault in report.faults:
        click.echo(f"  {fault}")
    coverage = report.coverage
    click.echo(
        f"  Recorrido: {coverage.nodes} % de los elementos, {coverage.flows} % de los flujos."
    )
    if coverage.missed:
        click.echo(f"  Sin recorrer: {', '.join(coverage.missed)}")
