"""`andecha import`: take in what other tools made."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.errors import BadInput
from web.cli.check import read_file


@click.group()
def import_group() -> None:
    """Trae modelos dibujados con otras herramientas."""


@import_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Dónde se escribe el modelo."
)
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def process(file: Path, out: Path, as_json: bool) -> int:
    """Escribe un modelo BPMN ajeno en la forma que se ejecuta aquí y dice todo lo que cambia o se pierde."""
    from engine.workflow.definitions import check_process, normalise

    xml = read_file(file)
    normalised = normalise(xml)
    findings = check_process(xml)
    errors = [item for item in findings if item.level == "error"]
    readable = not any(item.code in ("xml", "format") for item in errors)
    if readable:
        _write(out, normalised.xml)
    if as_json:
        answer = {
            "path": str(file),
            "out": str(out) if readable else None,
            "ok": not errors,
            "findings": [item.to_dict() for item in findings],
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for item in findings:
            click.echo(f"{item.level} {item.element}: {item.message}")
        click.echo(f"Escrito en {out}." if readable else "No se ha escrito nada.")
    return 1 if errors else 0


def _write(out: Path, xml: bytes) -> None:
    try:
        out.write_bytes(xml)
    except OSError as error:
        raise BadInput(f"No se puede escribir {out}: {error.strerror}.") from None
