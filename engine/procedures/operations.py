"""Publish a version of a procedure."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from engine.deadlines.term import Term
from engine.errors import BadInput, RuleBroken
from engine.operation import Act, operation
from engine.procedures.models import ProcedureFile, ProcedureVersion, VersionState
from engine.procedures.package import Package, Silence
from engine.workflow.definitions import check_process

_MONTHS_WITHOUT_A_LAW = 6


@operation("procedures.publish", basis="art. 21.4 de la Ley 39/2015")
def publish(act: Act, *, package: Package) -> ProcedureVersion:
    """Publish a package as the current version of its procedure; the same content twice is one version.

    Raises BadInput with every fault of the package, RuleBroken for a published version whose
    content would change.
    """
    procedure = package.procedure
    existing = act.session.scalar(
        select(ProcedureVersion)
        .where(ProcedureVersion.key == procedure.key, ProcedureVersion.version == procedure.version)
        .with_for_update()
    )
    act.about("procedure", procedure.key)
    act.note(version=procedure.version, sha256=package.sha256)
    if existing is not None:
        if existing.sha256 != package.sha256:
            raise RuleBroken(
                f"La versión {procedure.version} de «{procedure.key}» ya está publicada y no puede "
                "cambiar: suba el número de versión."
            )
        act.note(unchanged=True)
        return existing
    faults = check_package(package)
    if faults:
        raise BadInput(
            f"El procedimiento «{procedure.key}» no se puede publicar.",
            tuple((procedure.key, fault) for fault in faults),
        )
    _retire_current(act, procedure.key)
    row = ProcedureVersion(
        key=procedure.key,
        version=procedure.version,
        title=procedure.title,
        state=VersionState.PUBLISHED.value,
        sha256=package.sha256,
        metadata_json={"unit": procedure.unit, "topic": procedure.topic},
        published_at=act.now,
    )
    act.session.add(row)
    for name, content in package.files.items():
        act.session.add(
            ProcedureFile(
                key=procedure.key,
                version=procedure.version,
                name=name,
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
            )
        )
    act.session.flush()
    return row


def _retire_current(act: Act, key: str) -> None:
    for row in act.session.scalars(
        select(ProcedureVersion)
        .where(ProcedureVersion.key == key, ProcedureVersion.state == VersionState.PUBLISHED.value)
        .with_for_update()
    ):
        row.state = VersionState.RETIRED.value
        row.retired_at = act.now
    act.session.flush()


def check_package(package: Package) -> tuple[str, ...]:
    """Every fault that keeps a package from being published, in Spanish."""
    procedure = package.procedure
    faults = [
        f"{finding.element}: {finding.message}"
        for finding in check_process(package.model)
        if finding.level == "error"
    ]
    try:
        term = Term.parse(procedure.resolve_term)
    except ValueError as error:
        faults.append(f"El plazo para resolver no se entiende: {error}")
    else:
        if _longer_than_six_months(term) and "ley" not in procedure.resolve_term_basis.lower():
            faults.append(
                "Un plazo para resolver de más de seis meses necesita una norma con rango de ley "
                "(art. 21.2 de la Ley 39/2015)."
            )
    if procedure.silence is not Silence.NONE and not procedure.silence_text:
        faults.append("Falta explicar el efecto del silencio (art. 21.4 de la Ley 39/2015).")
    if package.form is None and procedure.started_by.value == "application":
        faults.append("Falta form.json: el procedimiento empieza con una solicitud.")
    return tuple(faults)


def _longer_than_six_months(term: Term) -> bool:
    text = str(term)
    amount, _, unit = text.partition(" ")
    if unit.startswith("year"):
        return True
    return unit.startswith("month") and int(amount) > _MONTHS_WITHOUT_A_LAW
