"""`andecha keys`: the town's certificates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from engine.keys.queries import CertificateRow


@click.group()
def keys() -> None:
    """Los certificados del ayuntamiento."""


@keys.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def make_demo_keys(as_json: bool) -> int:
    """Da al ayuntamiento y a su personal certificados de demostración; nunca en producción."""
    from engine.keys.demo import ensure_demo_keys
    from web.cli.townhall import opened

    with opened() as townhall:
        made = ensure_demo_keys(townhall, townhall.system("keys"))
    if as_json:
        click.echo(json.dumps({"house": made.house, "officials": made.officials}))
    else:
        click.echo(
            f"Certificados nuevos: {made.house} del ayuntamiento y {made.officials} de su personal."
        )
    return 0


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def list_certificates(as_json: bool) -> int:
    """Muestra los certificados, también los que ya no firman."""
    from engine.keys.queries import certificates
    from web.cli.townhall import opened

    with opened() as townhall, townhall.database.reading() as session:
        rows = certificates(session)
    if as_json:
        click.echo(json.dumps([_shown(row) for row in rows], ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        click.echo(
            f"{row.state.value:8} {row.purpose.value:14} hasta {row.valid_to:%d/%m/%Y}  {row.subject}"
        )
    if not rows:
        click.echo("No hay ningún certificado.", err=True)
    return 0


@keys.command("import")
@click.argument("purpose")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--holder", required=True, help="El órgano, o el identificador del empleado.")
@click.option(
    "--passphrase",
    envvar="ANDECHA_P12_PASSPHRASE",
    prompt="Contraseña del fichero",
    hide_input=True,
    help="La contraseña del fichero; mejor en ANDECHA_P12_PASSPHRASE que a la vista.",
)
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def import_bundle(purpose: str, file: Path, holder: str, passphrase: str, as_json: bool) -> int:
    """Pone en vigor el certificado de FILE (.p12) para PURPOSE: seal, official o time_stamping."""
    from engine.errors import BadInput
    from engine.keys.enrolment import enrol_bundle
    from engine.keys.models import Purpose
    from web.cli.townhall import opened

    try:
        wanted = Purpose(purpose)
    except ValueError:
        known = ", ".join(item.value for item in Purpose)
        raise BadInput(f"«{purpose}» no es un uso de certificado: elija {known}.") from None
    with opened() as townhall:
        row = enrol_bundle(townhall.system("keys"), wanted, holder, file, passphrase)
    if as_json:
        click.echo(json.dumps({"fingerprint": row.fingerprint, "subject": row.subject}))
    else:
        click.echo(f"En vigor hasta el {row.valid_to:%d/%m/%Y}: {row.subject}")
    return 0


def _shown(row: CertificateRow) -> dict[str, Any]:
    return {
        "purpose": row.purpose.value,
        "holder": row.holder,
        "subject": row.subject,
        "fingerprint": row.fingerprint,
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat(),
        "state": row.state.value,
    }
