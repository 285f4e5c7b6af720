"""`andecha decide`: evaluate a decision of a DMN file."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import click

from engine.errors import BadInput
from web.cli.check import read_file

_SAFE_DIGITS = 30


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--decision", required=True, help="El identificador de la decisión o del servicio.")
@click.option("--input", "values", default="{}", help="Los datos, en JSON.")
@click.option("--at", "instant", help="El instante de now() y today(), en ISO 8601 con su zona.")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def decide(file: Path, decision: str, values: str, instant: str | None, as_json: bool) -> int:
    """Evalúa una decisión DMN con unos datos."""
    from engine.decisions.checking import check_decisions
    from engine.decisions.errors import DecisionError
    from engine.decisions.findings import Finding
    from engine.decisions.model import DecisionResult, load_decisions
    from engine.feel.scope import Evaluation

    data, now, xml = read_values(values), read_instant(instant), read_file(file)
    try:
        found = load_decisions(xml).decide(decision, data, Evaluation(now=now))
    except DecisionError as error:
        faults = tuple(item for item in check_decisions(xml) if item.level == "error")
        alone = (Finding("error", "decision", error.place, error.message),)
        found = DecisionResult(None, (), faults or alone)
    if as_json:
        result = {
            "result": shown(found.result),
            "matched": list(found.matched),
            "findings": [item.to_dict() for item in found.findings],
        }
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        rules = ", ".join(found.matched) or "ninguna"
        click.echo(f"{json.dumps(shown(found.result), ensure_ascii=False)}  (reglas: {rules})")
        for item in found.findings:
            click.echo(f"  {item.level} {item.text}", err=True)
    return 1 if any(item.level == "error" for item in found.findings) else 0


def read_values(text: str) -> dict[str, Any]:
    """The data that somebody writes in JSON; raises BadInput in plain Spanish."""
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"Los datos no son JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadInput('Los datos tienen que ser un objeto JSON, como {"metros": 12}.')
    return data


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} no es un número")


def read_instant(text: str | None) -> datetime | None:
    """An instant with its zone; raises BadInput."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"«{text}» no es un instante como 2026-11-24T10:00:00+01:00.") from None
    if instant.tzinfo is None:
        raise BadInput(f"A «{text}» le falta la zona, como en 2026-11-24T10:00:00+01:00.")
    return instant


def shown(value: Any) -> Any:
    """A FEEL value as JSON: whole numbers as numbers, the others and dates as text."""
    from engine.feel.text import to_text

    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if (
        isinstance(value, Decimal)
        and value == value.to_integral_value()
        and value.adjusted() < _SAFE_DIGITS
    ):
        return int(value)
    return to_text(value)
