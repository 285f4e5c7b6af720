"""`andecha check`: look at a file and say what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import BadInput

if TYPE_CHECKING:
    from engine.workflow.definitions import Finding

MAX_BYTES = 64_000_000


def read_file(path: Path) -> bytes:
    """The bytes of a file that somebody names; raises BadInput in plain Spanish."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(
                f"{path} es demasiado grande: el máximo son {MAX_BYTES // 1_000_000} MB."
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"No existe el fichero {path}.") from None
    except IsADirectoryError:
        raise BadInput(f"{path} es una carpeta: hace falta un fichero.") from None
    except OSError as error:
        raise BadInput(f"No se puede leer {path}: {error.strerror}.") from None


@click.group()
def check() -> None:
    """Comprueba un fichero y dice qué tiene mal."""


@check.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--channel", type=click.Choice(["upload", "face"]), default="upload")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def invoice(files: tuple[Path, ...], channel: str, as_json: bool) -> int:
    """Comprueba facturas Facturae 3.2, 3.2.1 y 3.2.2 (Orden HAP/1650/2015)."""
    from engine.clock import SystemClock
    from engine.finance.invoices.checking import check_invoice_file
    from engine.finance.invoices.findings import Channel

    now = SystemClock().now()
    reports = [
        (path, check_invoice_file(read_file(path), channel=Channel(channel), now=now))
        for path in files
    ]
    if as_json:
        results = [report.to_dict(str(path)) for path, report in reports]
        answer = results[0] if len(results) == 1 else results
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for path, report in reports:
            click.echo(f"{path}: {'ACEPTADA' if report.accepted else 'RECHAZADA'}")
            for item in report.all_findings:
                word = "Error" if item.severity == "error" else "Aviso"
                click.echo(f"  {word} {item.rule} · {item.message}\n      {item.path}")
    return 0 if all(report.accepted for _, report in reports) else 1


@check.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--log-key", type=click.Path(path_type=Path), help="Clave pública del registro, en PEM."
)
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def receipt(file: Path, log_key: Path | None, as_json: bool) -> int:
    """Comprueba, sin conexión, que un justificante está en el registro del ayuntamiento."""
    from engine.record.log_key import PUBLIC_FILE, read_public_key
    from engine.record.proof_document import check_receipt
    from engine.settings import load_settings

    key = read_public_key(log_key or load_settings().keys_dir / PUBLIC_FILE)
    report = check_receipt(read_file(file), key)
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        for fault in report.faults:
            click.echo(f"MAL · {fault}")
        verdict = "en el registro" if report.ok else "NO CONSTA"
        click.echo(
            f"{verdict}: {report.number}, lugar {report.index} de {report.size} ({report.origin})"
        )
    return 0 if report.ok else 1


@check.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def process(paths: tuple[Path, ...], as_json: bool) -> int:
    """Comprueba modelos BPMN, o los paquetes de procedimientos que los llevan."""
    results = []
    for path in paths:
        findings = _package(path) if path.is_dir() else _model(path)
        errors = [item for item in findings if item.level == "error"]
        results.append(
            {
                "path": str(path),
                "ok": not errors,
                "executable": not any(
                    item.code in ("not-executable", "format", "xml", "no-model")
                    for item in findings
                ),
                "findings": [item.to_dict() for item in findings],
            }
        )
    if as_json:
        answer = results[0] if len(results) == 1 else results
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for result in results:
            click.echo(f"{result['path']}: {'correcto' if result['ok'] else 'CON ERRORES'}")
            for item in result["findings"]:  # type: ignore[attr-defined]
                click.echo(f"  {item['level']} {item['element']}: {item['message']}")
    return 0 if all(result["ok"] for result in results) else 1


def _model(path: Path) -> tuple[Finding, ...]:
    from engine.procedures.binding import with_parts
    from engine.workflow.definitions import check_process

    return check_process(with_parts(read_file(path), path.parent))


def _package(path: Path) -> tuple[Finding, ...]:
    """A whole package, its calls compared with the services that the town hall has."""
    from engine.assembly import import_rooms
    from engine.procedures.package import InvalidPackage, check_package, read_folder
    from engine.services import SERVICES

    import_rooms()
    try:
        return check_package(read_folder(path), SERVICES)
    except InvalidPackage as error:
        return error.findings
