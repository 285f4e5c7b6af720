"""`andecha audit`: verify, prove and checkpoint the record."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import click


@click.group()
def audit() -> None:
    """El registro de auditoría."""


@audit.command()
@click.option("--witness", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def verify(witness: Path | None, as_json: bool) -> int:
    """Comprueba el registro entero y dice qué se ha alterado (código de salida 1)."""
    from engine.record.verification import verify as verify_record
    from web.cli.townhall import opened

    with opened() as townhall:
        report = verify_record(townhall, witness=witness)
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        for item in report.alterations:
            click.echo(f"ALTERADO · {item.message}")
        verdict = "íntegro" if report.ok else "ALTERADO"
        click.echo(
            f"Registro {verdict}: {report.events} asientos, {report.checkpoints} puntos de control, "
            f"{report.witnessed} vistos por el testigo, {report.objects} ficheros y "
            f"{report.rows} filas comprobados."
        )
    return 0 if report.ok else 1


@audit.command()
@click.argument("event")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def prove(event: str, as_json: bool) -> int:
    """La prueba de que el asiento EVENT está en el registro."""
    from engine.ids import parse_id
    from engine.record.proofs import prove as prove_event
    from web.cli.townhall import opened

    identifier = parse_id(event)
    if identifier is None:
        raise click.BadParameter(f"«{event}» no es un identificador de asiento.")
    with opened() as townhall, townhall.database.reading() as session:
        proof = prove_event(session, identifier)
    result = {
        "body": base64.b64encode(proof.body).decode(),
        "index": proof.index,
        "size": proof.size,
        "path": [base64.b64encode(step).decode() for step in proof.path],
        "checkpoint": proof.note,
    }
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        click.echo(f"El asiento ocupa el lugar {proof.index} de {proof.size}.\n\n{proof.note}")
    return 0


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def checkpoint(as_json: bool) -> int:
    """Da lugar a los asientos que esperan y muestra el último punto de control firmado."""
    from sqlalchemy import select

    from engine.audit.models import AuditCheckpoint
    from engine.record.sequencer import sequence
    from web.cli.townhall import opened

    with opened() as townhall:
        sequence(townhall)
        with townhall.database.reading() as session:
            row = session.scalar(
                select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)
            )
    if row is None:
        click.echo("El registro está vacío: aún no hay nada que firmar.", err=True)
        return 1
    if as_json:
        result = {"size": row.size, "root": row.root.hex(), "note": row.note}
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        click.echo(row.note, nl=False)
    return 0
