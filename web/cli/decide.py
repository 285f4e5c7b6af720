"""`andecha decide`: evaluate a decision of a DMN file."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from engine.errors import BadInput
from web.cli.check import read_file


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--decision", required=True, help="El identificador de la decisión.")
@click.option("--input", "values", default="{}", help="Los datos, en JSON.")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def decide(file: Path, decision: str, values: str, as_json: bool) -> int:
    """Evalúa una decisión DMN con unos datos."""
    from engine.decisions.errors import DecisionError
    from engine.decisions.model import load_decisions

    try:
        data = json.loads(values, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"Los datos no son JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadInput("Los datos son un objeto JSON.")
    try:
        found = load_decisions(read_file(file)).decide(decision, data)
    except DecisionError as error:
        result: dict[str, Any] = {"result": None, "matched": [], "findings": [error.message]}
        click.echo(json.dumps(result, ensure_ascii=False) if as_json else error.message)
        return 1
    result = {
        "result": shown(found.result),
        "matched": list(found.matched),
        "findings": list(found.findings),
    }
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{shown(found.result)}  (reglas: {', '.join(found.matched) or 'ninguna'})")
    return 0


def shown(value: Any) -> Any:
    """A FEEL value as JSON: whole numbers as numbers, the others and dates as text."""
    from engine.feel.functions import to_text

    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return to_text(value)
