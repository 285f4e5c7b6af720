"""`andecha simulate`: run a model with nobody."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import click

from engine.errors import BadInput
from web.cli.check import read_file


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--input", "values", default="{}", help="Los datos, en JSON.")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def simulate(path: Path, values: str, as_json: bool) -> int:
    """Ejecuta un modelo BPMN completando solas las tareas de las personas."""
    from engine.clock import SystemClock
    from engine.procedures.binding import with_parts
    from engine.workflow.simulate import simulate as run_model

    try:
        data = json.loads(values, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"Los datos no son JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadInput("Los datos son un objeto JSON.")
    file = path / "process.bpmn" if path.is_dir() else path
    rules = file.with_name("decisions.dmn")
    decisions = read_file(rules) if rules.is_file() else None
    model = with_parts(read_file(file), file.parent)
    result = run_model(model, data, SystemClock().now(), decisions).to_dict()
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        click.echo(" → ".join(result["steps"]) or "(sin pasos)")
        for item in result["findings"]:
            click.echo(f"{item['level']} {item['element']}: {item['message']}")
        click.echo(
            "Completado."
            if result["completed"]
            else f"Espera: {', '.join(result['waiting']) or 'nada'}"
        )
    return 0 if result["ok"] else 1
