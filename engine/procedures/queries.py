"""Reads of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.procedures.models import ProcedureFile, ProcedureVersion, VersionState
from engine.procedures.package import Package, StartedBy, package_of


@dataclass(frozen=True)
class CatalogueEntry:
    """A procedure as the catalogue lists it."""

    key: str
    version: int
    title: str
    summary: str
    topic: str


def catalogue(session: Session) -> tuple[CatalogueEntry, ...]:
    """The procedures that a citizen can begin now, by topic and title."""
    rows = session.scalars(
        select(ProcedureVersion)
        .where(ProcedureVersion.state == VersionState.PUBLISHED.value)
        .order_by(ProcedureVersion.title)
    )
    packages = [package(session, row.key, row.version) for row in rows]
    entries = [
        CatalogueEntry(
            found.procedure.key,
            found.procedure.version,
            found.procedure.title,
            found.procedure.summary,
            found.procedure.topic,
        )
        for found in packages
        if found.procedure.started_by is StartedBy.APPLICATION
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.topic, entry.title)))


def current(session: Session, key: str) -> Package:
    """The published version of a procedure; raises NotFound."""
    version = session.scalar(
        select(ProcedureVersion.version).where(
            ProcedureVersion.key == key, ProcedureVersion.state == VersionState.PUBLISHED.value
        )
    )
    if version is None:
        raise NotFound("Ese trámite no está en el catálogo.")
    return package(session, key, version)


def package(session: Session, key: str, version: int) -> Package:
    """Any version of a procedure, whole; raises NotFound. Parsed once per content."""
    sha256 = session.scalar(
        select(ProcedureVersion.sha256).where(
            ProcedureVersion.key == key, ProcedureVersion.version == version
        )
    )
    if sha256 is None:
        raise NotFound("Esa versión del trámite no existe.")
    cached = _CACHE.get(sha256)
    if cached is None:
        files = {
            name: content
            for name, content in session.execute(
                select(ProcedureFile.name, ProcedureFile.content).where(
                    ProcedureFile.key == key, ProcedureFile.version == version
                )
            )
        }
        cached = _CACHE[sha256] = package_of(files, key)
    return cached


_CACHE: dict[str, Package] = {}
