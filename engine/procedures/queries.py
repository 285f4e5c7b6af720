"""Reads of the catalogue."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.people.names import sort_key
from engine.procedures.models import ProcedureFile, ProcedureVersion, VersionState
from engine.procedures.package import Procedure, load_procedure

_cache: dict[str, Procedure] = {}


def catalogue(session: Session) -> tuple[Procedure, ...]:
    """The procedures that may be filed at the sede now, by title."""
    found = [_load(session, row) for row in _current(session) if row.channel == "sede"]
    return tuple(sorted(found, key=lambda item: sort_key(item.title)))


def in_force(session: Session) -> tuple[Procedure, ...]:
    """The version in force of every procedure, of the sede or internal."""
    return tuple(_load(session, row) for row in _current(session))


def search(session: Session, words: str) -> tuple[Procedure, ...]:
    """Those of the catalogue whose title, summary or topic has every word."""
    wanted = sort_key(words[:200]).split()
    return tuple(
        item
        for item in catalogue(session)
        if all(word in sort_key(f"{item.title} {item.summary} {item.topic}") for word in wanted)
    )


def current(session: Session, key: str) -> Procedure:
    """The version in force of a procedure; raises NotFound."""
    row = next((item for item in _current(session) if item.key == key), None)
    if row is None:
        raise NotFound("Ese trámite no existe o ya no se ofrece.")
    return _load(session, row)


def procedure(session: Session, key: str, version: int) -> Procedure:
    """A published version, in force or not; raises NotFound."""
    row = session.scalar(
        select(ProcedureVersion).where(
            ProcedureVersion.key == key,
            ProcedureVersion.number == version,
            ProcedureVersion.state != VersionState.DRAFT.value,
        )
    )
    if row is None:
        raise NotFound("Esa versión del trámite no existe.")
    return _load(session, row)


def fingerprint_of(session: Session, key: str, version: int) -> str | None:
    """The fingerprint of a published version's files, None when it is not published."""
    return session.scalar(
        select(ProcedureVersion.sha256).where(
            ProcedureVersion.key == key,
            ProcedureVersion.number == version,
            ProcedureVersion.state != VersionState.DRAFT.value,
        )
    )


def _current(session: Session) -> list[ProcedureVersion]:
    """The newest published version of each procedure."""
    newest = (
        select(ProcedureVersion.key, func.max(ProcedureVersion.number).label("number"))
        .where(ProcedureVersion.state == VersionState.PUBLISHED.value)
        .group_by(ProcedureVersion.key)
        .subquery()
    )
    return list(
        session.scalars(
            select(ProcedureVersion).join(
                newest,
                (newest.c.key == ProcedureVersion.key)
                & (newest.c.number == ProcedureVersion.number),
            )
        )
    )


def _load(session: Session, row: ProcedureVersion) -> Procedure:
    """The parsed package; its files are read once for each content."""
    found = _cache.get(row.sha256)
    if found is None:
        files = session.execute(
            select(ProcedureFile.path, ProcedureFile.data).where(ProcedureFile.version_id == row.id)
        )
        found = _cache[row.sha256] = load_procedure(dict(files.all()))
    return found
