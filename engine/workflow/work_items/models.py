"""Table of the work that was done in somebody's place."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from engine.db import Base, EntityRow, refers
from engine.workflow.models import WorkItem


class SubstitutedWork(EntityRow, Base):
    """A work item that somebody did in an absent official's place, by the absence that let them.

    instance_id: that of the item, since four eyes look at everything that was done in it.
    """

    __tablename__ = "substituted_work"
    work_item_id: Mapped[UUID]
    instance_id: Mapped[UUID]
    official_id: Mapped[UUID]
    absent_id: Mapped[UUID]
    absence_id: Mapped[UUID]
    at: Mapped[datetime]

    __table_args__ = (
        Index(None, "entity_id", "instance_id"),
        Index(None, "entity_id", "work_item_id"),
        refers("work_item_id", "work_item"),
        refers("instance_id", "process_instance"),
        refers("official_id", "official"),
        refers("absent_id", "official"),
        refers("absence_id", "absence"),
    )


# What the inbox looks for beside the unit and the assignee; what is over is in neither.
Index(
    "ix_work_item_open_owner",
    WorkItem.entity_id,
    WorkItem.owner_id,
    postgresql_where=text("state IN ('open', 'claimed') AND owner_id IS NOT NULL"),
)
Index(
    "ix_work_item_open_due",
    WorkItem.entity_id,
    WorkItem.due_at.asc().nulls_last(),
    WorkItem.priority.desc(),
    WorkItem.created_at,
    WorkItem.id,
    postgresql_where=text("state IN ('open', 'claimed')"),
)
