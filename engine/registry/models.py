"""Tables of the registry (art. 16 of Ley 39/2015): counters, entries, what was attached to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers


class Book(StrEnum):
    """The two books."""

    ENTRY = "entry"
    EXIT = "exit"


class EntryState(StrEnum):
    """Whether an entry stands; an annulled one keeps its number (no number is used twice)."""

    REGISTERED = "registered"
    ANNULLED = "annulled"


class Channel(StrEnum):
    """How it came or went: the sede, the assistance office, another registry, or an act by itself."""

    SEDE = "sede"
    OFFICE = "office"
    SIR = "sir"
    SYSTEM = "system"


class AttachmentKind(StrEnum):
    """Tipo_Anexo of SICRES."""

    FORM = "01"
    ATTACHED = "02"
    INTERNAL = "03"


class PhysicalDocuments(StrEnum):
    """Documentacion_Fisica of SICRES: what accompanies the entry on paper."""

    REQUIRED = "1"
    COMPLEMENTARY = "2"
    NONE = "3"


class RegistryCounter(EntityOwned, Base):
    """One series for each book, office and year; its row lock gives the order of the entries."""

    __tablename__ = "registry_counter"
    book: Mapped[str] = mapped_column(primary_key=True)
    office: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
    last_presented_at: Mapped[datetime]

    __table_args__ = (one_of("book", Book, "book"),)


class RegistryEntry(EntityRow, Base):
    """An entry or an exit.

    code: the number as people read it, at most 20 characters (SICRES);
    presented_at: the official instant, taken under the counter's lock, never before the last one's;
    effective_at: when the law takes it as presented (PLZ-9); None until the sede's calendar of that
    year is published (PLZ-18: it is not guessed, and nobody is kept from filing meanwhile);
    unit_name, unit_dir3: the addressee as it was then;
    subject_key: the subject in capitals and without accents, for the search;
    contents, notes: what the receipt copies of the filing, and what it tells the filer;
    summary_sha256: of the canonical summary that the audit event binds.
    """

    __tablename__ = "registry_entry"
    book: Mapped[str]
    office: Mapped[str]
    office_name: Mapped[str]
    year: Mapped[int]
    number: Mapped[int]
    code: Mapped[str]
    presented_at: Mapped[datetime]
    effective_at: Mapped[datetime | None]
    closed_because: Mapped[str | None]
    channel: Mapped[str]
    subject: Mapped[str]
    subject_key: Mapped[str]
    person_id: Mapped[UUID | None]
    representative_id: Mapped[UUID | None]
    unit_id: Mapped[UUID]
    unit_name: Mapped[str]
    unit_dir3: Mapped[str]
    sia: Mapped[str | None]
    expediente_id: Mapped[UUID | None]
    external_reference: Mapped[str | None]
    physical_documents: Mapped[str]
    official_id: Mapped[UUID | None]
    contents: Mapped[list[Any]] = mapped_column(default=list)
    notes: Mapped[list[str]] = mapped_column(default=list)
    summary_sha256: Mapped[str]
    state: Mapped[str]
    annulled_at: Mapped[datetime | None]
    annulled_by: Mapped[UUID | None]
    annulled_because: Mapped[str | None]
    receipt_id: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "book", "office", "year", "number"),
        UniqueConstraint("entity_id", "code"),
        Index(None, "entity_id", "person_id", "presented_at"),
        Index(None, "entity_id", "representative_id", "presented_at"),
        Index(None, "entity_id", "presented_at"),
        Index(None, "entity_id", "unit_id", "presented_at"),
        Index(None, "entity_id", "expediente_id"),
        refers("person_id", "person"),
        refers("representative_id", "person"),
        refers("unit_id", "unit"),
        refers("official_id", "official"),
        refers("annulled_by", "official"),
        refers("receipt_id", "document"),
        one_of("book", Book, "book"),
        one_of("state", EntryState, "state"),
        one_of("channel", Channel, "channel"),
        one_of("physical_documents", PhysicalDocuments, "physical_documents"),
    )


class RegistryAttachment(EntityRow, Base):
    """A document of an entry with the bytes that it had when it was registered."""

    __tablename__ = "registry_attachment"
    entry_id: Mapped[UUID]
    document_id: Mapped[UUID]
    position: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]

    __table_args__ = (
        UniqueConstraint("entity_id", "entry_id", "position"),
        Index(None, "entity_id", "document_id"),
        refers("entry_id", "registry_entry"),
        refers("document_id", "document"),
        one_of("kind", AttachmentKind, "kind"),
    )
