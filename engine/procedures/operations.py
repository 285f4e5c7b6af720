"""Publish a version of a procedure, and retire one from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from engine.errors import BadInput, RuleBroken
from engine.operation import Act, operation
from engine.procedures.models import ProcedureFile, ProcedureVersion
from engine.procedures.package import (
    InvalidPackage,
    check_package,
    fingerprint,
    load_procedure,
)
from engine.services import SERVICES


@operation("procedures.publish")
def publish(act: Act, *, files: Mapping[str, bytes]) -> ProcedureVersion:
    """Publish a package; publishing the same again gives the version that there is.

    Raises InvalidPackage with every fault, RuleBroken for other content under a published version.
    """
    faults = tuple(item for item in check_package(files, SERVICES) if item.level == "error")
    if faults:
        raise InvalidPackage(faults)
    procedure = load_procedure(files)
    sha256 = fingerprint(files)
    known = act.session.scalar(
        select(ProcedureVersion)
        .where(ProcedureVersion.key == procedure.key)
        .order_by(ProcedureVersion.number.desc())
        .limit(1)
        .with_for_update()
    )
    act.note(key=procedure.key, number=procedure.version, sha256=sha256)
    if known is not None and known.number == procedure.version and known.sha256 == sha256:
        act.about("procedure", known.id)
        act.note(effect=False)
        return known
    if known is not None and procedure.version <= known.number:
        raise RuleBroken(
            f"De «{procedure.title}» ya está publicada la versión {known.number}: una versión "
            "publicada no cambia. Suba el número de versión de procedure.toml."
        )
    row = ProcedureVersion(
        key=procedure.key,
        number=procedure.version,
        title=procedure.title,
        channel=procedure.channel,
        sha256=sha256,
        published_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    act.session.add_all(
        ProcedureFile(version_id=row.id, path=path, data=data) for path, data in files.items()
    )
    act.about("procedure", row.id)
    return row


@operation("procedures.retire")
def retire(act: Act, *, version_id: UUID, reason: str) -> None:
    """Take a version out of the catalogue; what began with it goes on with it."""
    if not reason.strip():
        raise BadInput("Indique por qué se retira el procedimiento.")
    row = act.lock(ProcedureVersion, version_id)
    act.about("procedure", row.id)
    act.because(reason.strip())
    row.retired_at = row.retired_at or act.now
