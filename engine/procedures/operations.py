"""Draft, publish and retire the versions of a procedure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, select

from engine.errors import BadInput, RuleBroken
from engine.operation import Act, operation
from engine.procedures.models import ProcedureFile, ProcedureVersion, VersionState
from engine.procedures.package import (
    InvalidPackage,
    Procedure,
    check_package,
    fingerprint,
    load_procedure,
)
from engine.services import SERVICES
from engine.workflow.definitions import load_definition
from engine.workflow.events.operations import register_starts, retire_starts
from engine.workflow.events.subscriptions import concern_starts


@operation("procedures.save_draft")
def save_draft(act: Act, *, files: Mapping[str, bytes]) -> ProcedureVersion:
    """Keep a package as a draft, in place of the draft of that version that there is.

    Raises InvalidPackage for one that cannot be read, RuleBroken when that version is published.
    """
    procedure = load_procedure(files)
    row = _draft(act, procedure, files)
    act.about("procedure", row.id)
    act.note(key=row.key, number=row.number, sha256=row.sha256)
    return row


@operation("procedures.publish_draft")
def publish_draft(act: Act, *, version_id: UUID) -> None:
    """Publish a draft as it is: from now on it never changes. Raises InvalidPackage with every fault."""
    row = act.lock(ProcedureVersion, version_id)
    act.about("procedure", row.id)
    if row.state != VersionState.DRAFT.value:
        raise RuleBroken("Esta versión ya está publicada.")
    files = act.session.execute(
        select(ProcedureFile.path, ProcedureFile.data).where(ProcedureFile.version_id == row.id)
    )
    package = dict(files.all())
    _check(package)
    _publish(act, row, load_procedure(package))


@operation("procedures.discard_draft")
def discard_draft(act: Act, *, version_id: UUID) -> None:
    """Throw a draft away."""
    row = act.lock(ProcedureVersion, version_id)
    act.about("procedure", row.id)
    if row.state != VersionState.DRAFT.value:
        raise RuleBroken("Una versión publicada no se borra: se retira.")
    act.note(key=row.key, number=row.number)
    act.session.execute(delete(ProcedureFile).where(ProcedureFile.version_id == row.id))
    act.session.delete(row)


@operation("procedures.publish")
def publish(act: Act, *, files: Mapping[str, bytes]) -> ProcedureVersion:
    """Publish a package; publishing the same again gives the version that there is.

    Raises InvalidPackage with every fault, RuleBroken for other content under a published version.
    """
    _check(files)
    procedure = load_procedure(files)
    sha256 = fingerprint(files)
    known = _newest(act, procedure.key)
    if known is not None and known.number == procedure.version and known.sha256 == sha256:
        act.about("procedure", known.id)
        act.note(key=known.key, number=known.number, sha256=sha256, effect=False)
        return known
    row = _draft(act, procedure, files)
    _publish(act, row, procedure)
    act.about("procedure", row.id)
    return row


def _check(files: Mapping[str, bytes]) -> None:
    faults = tuple(item for item in check_package(files, SERVICES) if item.level == "error")
    if faults:
        raise InvalidPackage(faults)


def _newest(act: Act, key: str) -> ProcedureVersion | None:
    """The newest version of a procedure that is not a draft, locked."""
    return act.session.scalar(
        select(ProcedureVersion)
        .where(ProcedureVersion.key == key, ProcedureVersion.state != VersionState.DRAFT.value)
        .order_by(ProcedureVersion.number.desc())
        .limit(1)
        .with_for_update()
    )


def _draft(act: Act, procedure: Procedure, files: Mapping[str, bytes]) -> ProcedureVersion:
    """The draft of a package's version, with these files and no others."""
    known = _newest(act, procedure.key)
    if known is not None and procedure.version <= known.number:
        raise RuleBroken(
            f"De «{procedure.title}» ya está publicada la versión {known.number}: una versión "
            "publicada no cambia. Suba el número de versión de procedure.toml."
        )
    row = act.session.scalar(
        select(ProcedureVersion)
        .where(ProcedureVersion.key == procedure.key, ProcedureVersion.number == procedure.version)
        .with_for_update()
    )
    if row is None:
        row = ProcedureVersion(key=procedure.key, number=procedure.version)
        act.session.add(row)
    row.title, row.channel = procedure.title, procedure.channel
    row.sha256, row.saved_at = fingerprint(files), act.now
    act.session.flush()
    act.session.execute(delete(ProcedureFile).where(ProcedureFile.version_id == row.id))
    act.session.add_all(
        ProcedureFile(version_id=row.id, path=path, data=data) for path, data in files.items()
    )
    act.session.flush()
    return row


def _publish(act: Act, row: ProcedureVersion, procedure: Procedure) -> None:
    row.state, row.published_at = VersionState.PUBLISHED.value, act.now
    if concern_starts(act, row.key, load_definition(procedure.model, procedure.decisions)):
        register_starts(
            act.as_system(row.key),
            definition_key=row.key,
            definition_version=row.number,
            model=procedure.model,
            decisions=procedure.decisions,
        )
    act.note(key=row.key, number=row.number, sha256=row.sha256)


@operation("procedures.retire")
def retire(act: Act, *, version_id: UUID, reason: str) -> None:
    """Take a version out of the catalogue; what began with it goes on with it."""
    if not reason.strip():
        raise BadInput("Indique por qué se retira el procedimiento.")
    row = act.lock(ProcedureVersion, version_id)
    act.about("procedure", row.id)
    act.because(reason.strip())
    if row.state == VersionState.DRAFT.value:
        raise RuleBroken("Un borrador no se retira: se descarta.")
    if row.state == VersionState.PUBLISHED.value:
        row.state, row.retired_at = VersionState.RETIRED.value, act.now
        retire_starts(act.as_system(row.key), definition_key=row.key, definition_version=row.number)
