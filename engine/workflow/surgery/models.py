"""Tables of surgery: what was ordered on instances, how each went, and what waits while they are held."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class InterventionKind(StrEnum):
    """What is done to an instance."""

    RETRY = "retry"
    SKIP = "skip"
    MOVE = "move"
    RESTART = "restart"
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"


class InterventionState(StrEnum):
    """Proposed to a second person, ordered and under way, done, or rejected by the second person."""

    PROPOSED = "proposed"
    RUNNING = "running"
    DONE = "done"
    REJECTED = "rejected"


class StepState(StrEnum):
    """How it went with one of the instances: `failed` left it as it was."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Intervention(EntityRow, Base):
    """What a person ordered on one or many instances, with its reason.

    arguments: what its kind needs (`element`, `target`, `task`, `corrections`), as JSON.
    """

    __tablename__ = "process_intervention"
    kind: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    reason: Mapped[str]
    state: Mapped[str]
    ordered_by: Mapped[UUID]
    ordered_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index(None, "entity_id", "state", "ordered_at"),
        refers("ordered_by", "official"),
        refers("decided_by", "official"),
        one_of("kind", InterventionKind, "kind"),
        one_of("state", InterventionState, "state"),
    )


class InterventionStep(EntityRow, Base):
    """One of the instances of an intervention.

    incident_id: what is mended, if it is an incident; version: the instance's transition that the
    person saw, None when any will do; message: why it failed, for people.
    """

    __tablename__ = "process_intervention_step"
    intervention_id: Mapped[UUID]
    position: Mapped[int]
    instance_id: Mapped[UUID]
    incident_id: Mapped[UUID | None]
    version: Mapped[int | None]
    state: Mapped[str] = mapped_column(default=StepState.WAITING.value)
    message: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "intervention_id", "position"),
        Index(None, "entity_id", "instance_id"),
        refers("intervention_id", "process_intervention"),
        refers("instance_id", "process_instance"),
        refers("incident_id", "process_incident"),
        one_of("state", StepState, "state"),
    )


class HeldCause(EntityRow, Base):
    """What came for an instance while it was suspended, to be given to it when it goes on.

    cause: as in an incident (`signal`, `timer`…).
    """

    __tablename__ = "process_held_cause"
    instance_id: Mapped[UUID]
    cause: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    given_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "entity_id", "instance_id", "given_at"),
        refers("instance_id", "process_instance"),
    )
