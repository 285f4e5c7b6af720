"""Tables of people: who files, who works in the town hall, in which unit, with which role."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityRow, one_of, refers


class PersonKind(StrEnum):
    """Natural or legal person."""

    INDIVIDUAL = "individual"
    COMPANY = "company"


class Channel(StrEnum):
    """How a person wants to be notified (art. 41.1 of Ley 39/2015)."""

    ELECTRONIC = "electronic"
    PAPER = "paper"


class Person(EntityRow, Base):
    """A citizen or a company.

    sort_key: the name without accents, upper case, Ñ after N, since the server has no Spanish collation;
    obliged: must relate electronically (art. 14.2): legal persons always.
    """

    __tablename__ = "person"
    kind: Mapped[str]
    document_kind: Mapped[str]
    document_number: Mapped[str]
    name: Mapped[str]
    surname1: Mapped[str] = mapped_column(default="")
    surname2: Mapped[str] = mapped_column(default="")
    display_name: Mapped[str]
    sort_key: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    address: Mapped[dict[str, Any]] = mapped_column(default=dict)
    channel: Mapped[str] = mapped_column(default=Channel.PAPER.value)
    obliged: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("entity_id", "document_number"),
        Index(None, "entity_id", "sort_key"),
        one_of("kind", PersonKind, "kind"),
        one_of("channel", Channel, "channel"),
    )


class Unit(EntityRow, Base):
    """A unit of the town hall."""

    __tablename__ = "unit"
    code: Mapped[str]
    dir3: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "code"),
        refers("parent_id", "unit"),
    )


class Official(EntityRow, Base):
    """A public employee or an elected official; disabled, never deleted (ENS op.acc.1)."""

    __tablename__ = "official"
    code: Mapped[str]
    document_number: Mapped[str]
    display_name: Mapped[str]
    sort_key: Mapped[str]
    title: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("entity_id", "code"),
        UniqueConstraint("entity_id", "document_number"),
    )


class PostAssignment(EntityRow, Base):
    """A role that an official holds in a unit between two dates (the last day included)."""

    __tablename__ = "post_assignment"
    official_id: Mapped[UUID]
    unit_id: Mapped[UUID]
    role: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "official_id", "unit_id", "role", "valid_from"),
        refers("official_id", "official"),
        refers("unit_id", "unit"),
    )


class Power(EntityRow, Base):
    """A power of representation (art. 6 of Ley 39/2015): at most five years, revocable.

    scope: `any` administration, `town` this one, or `procedures` with their keys in `procedures`.
    """

    __tablename__ = "power"
    grantor_id: Mapped[UUID]
    attorney_id: Mapped[UUID]
    scope: Mapped[str]
    procedures: Mapped[list[str]] = mapped_column(default=list)
    source: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "entity_id", "attorney_id"),
        refers("grantor_id", "person"),
        refers("attorney_id", "person"),
    )


class WebSession(EntityRow, Base):
    """A session of the web face. The browser holds a random token; here lies only its hash.

    expires_at is in real time, never the demonstration's.
    """

    __tablename__ = "web_session"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    on_behalf_of: Mapped[UUID | None]
    method: Mapped[str] = mapped_column(default="")
    level: Mapped[str] = mapped_column(default="")
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "token_hash"),
        Index(None, "entity_id", "actor_id"),
    )
