"""Reads of the versions of the catalogue: each procedure's, and how many instances run on each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.procedures.models import ProcedureVersion, VersionState
from engine.workflow.models import InstanceState, ProcessInstance


@dataclass(frozen=True)
class VersionRow:
    """A version and its instances by state; `current` is the one that new cases take.

    running: those that go on, also the ones that an incident stopped or that are on hold; stopped:
    how many of these are stopped.
    """

    id: UUID
    key: str
    number: int
    title: str
    channel: str
    sha256: str
    state: VersionState
    saved_at: datetime
    published_at: datetime | None
    retired_at: datetime | None
    current: bool
    running: int
    stopped: int
    ended: int


def versions(session: Session) -> tuple[VersionRow, ...]:
    """Every version, by key and newest first, with its instances."""
    stopped_states = (InstanceState.INCIDENT.value, InstanceState.SUSPENDED.value)
    ended = (InstanceState.COMPLETED.value, InstanceState.CANCELLED.value)
    counts = {
        (key, number): (running, stopped, over)
        for key, number, running, stopped, over in session.execute(
            select(
                ProcessInstance.definition_key,
                ProcessInstance.definition_version,
                func.count().filter(ProcessInstance.state.not_in(ended)),
                func.count().filter(ProcessInstance.state.in_(stopped_states)),
                func.count().filter(ProcessInstance.state.in_(ended)),
            ).group_by(ProcessInstance.definition_key, ProcessInstance.definition_version)
        )
    }
    rows = session.scalars(
        select(ProcedureVersion).order_by(ProcedureVersion.key, ProcedureVersion.number.desc())
    ).all()
    published = VersionState.PUBLISHED.value
    newest = {row.key: row.number for row in reversed(rows) if row.state == published}
    return tuple(
        VersionRow(
            row.id,
            row.key,
            row.number,
            row.title,
            row.channel,
            row.sha256,
            VersionState(row.state),
            row.saved_at,
            row.published_at,
            row.retired_at,
            newest.get(row.key) == row.number,
            *counts.get((row.key, row.number), (0, 0, 0)),
        )
        for row in rows
    )


def titles(session: Session) -> dict[str, str]:
    """The title of each procedure, as its newest version has it."""
    rows = session.execute(
        select(ProcedureVersion.key, ProcedureVersion.title).order_by(ProcedureVersion.number)
    )
    return {key: title for key, title in rows}  # noqa: C416 - a Row is not a pair for the types
