"""Tables of expedientes: the counter of each series, the expediente itself, its signed index."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers
from engine.documents.models import Document
from engine.expedientes.silence.models import SilenceEffect
from engine.expedientes.words import title_words, words_of


class ExpedienteState(StrEnum):
    """Whether it goes on."""

    OPEN = "open"
    CLOSED = "closed"


WITHDRAWING = "withdrawing"
"""The phase of what the person withdrew, until the resolution that accepts it is notified."""


class Outcome(StrEnum):
    """How an expediente ended."""

    GRANTED = "granted"
    DENIED = "denied"
    ANSWERED = "answered"
    NOT_OURS = "not_ours"
    WITHDRAWN = "withdrawn"
    DESISTED = "desisted"
    PAID = "paid"
    REJECTED = "rejected"
    ARCHIVED = "archived"
    EXPIRED = "expired"
    INADMITTED = "inadmitted"
    FINED = "fined"

    @property
    def label(self) -> str:
        """The outcome in Spanish, as people read it."""
        return _OUTCOME_LABELS[self]


_OUTCOME_LABELS = {
    Outcome.GRANTED: "Concedido",
    Outcome.DENIED: "Denegado",
    Outcome.ANSWERED: "Contestado",
    Outcome.NOT_OURS: "Remitido a quien es competente",
    Outcome.WITHDRAWN: "Terminado porque usted desistió o renunció",
    Outcome.DESISTED: "Terminado por no corregir la solicitud en plazo",
    Outcome.PAID: "Pagado",
    Outcome.REJECTED: "Rechazado",
    Outcome.ARCHIVED: "Archivado",
    Outcome.EXPIRED: "Caducado",
    Outcome.INADMITTED: "No admitido",
    Outcome.FINED: "Sancionado",
}


class ExpedienteCounter(EntityOwned, Base):
    """The last number of a series in a year; its row lock keeps the series without gaps."""

    __tablename__ = "expediente_counter"
    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Expediente(EntityRow, Base):
    """The ordered documents and acts of one matter.

    person_id: the interested person; representative_id: who acted for them when it was filed;
    entry_id: the registry entry that began it; deadline_id: the term to resolve and notify, None
    while the calendar of its year is not published; term_starts_at: the instant that term runs from;
    silence_effect: what its end without a notified resolution means, None when nothing, and
    silence_article why, when it is not its procedure that says it;
    silence_reference: the workflow signal that waits for that; communication_id: the document of
    art. 21.4, communicated_at when its person was told, and communication_deadline_id the days for
    that, where its process sends one;
    answers: what was filed, as the form stores it; search_text: folded words, for the search;
    closing_reference: the workflow signal that waits for the signed index; index_asked_at: when the job
    that makes the index was asked for, None while its documents are not ready.
    """

    __tablename__ = "expediente"
    number: Mapped[str]
    eni_id: Mapped[str]
    procedure_key: Mapped[str]
    procedure_version: Mapped[int]
    title: Mapped[str]
    person_id: Mapped[UUID | None]
    representative_id: Mapped[UUID | None]
    unit_id: Mapped[UUID]
    opened_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=ExpedienteState.OPEN.value)
    phase: Mapped[str]
    phase_at: Mapped[datetime]
    outcome: Mapped[str | None]
    entry_id: Mapped[UUID | None]
    deadline_id: Mapped[UUID | None]
    term_starts_at: Mapped[datetime]
    silence_effect: Mapped[str | None]
    silence_article: Mapped[str] = mapped_column(default="")
    silence_reference: Mapped[str | None]
    communication_id: Mapped[UUID | None]
    communicated_at: Mapped[datetime | None]
    communication_deadline_id: Mapped[UUID | None]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    search_text: Mapped[str]
    closed_at: Mapped[datetime | None]
    closing_reference: Mapped[str | None]
    index_asked_at: Mapped[datetime | None]
    index_document_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("entity_id", "number"),
        UniqueConstraint("entity_id", "eni_id"),
        Index(None, "entity_id", "person_id", "opened_at"),
        Index(None, "entity_id", "unit_id", "state", "opened_at"),
        Index(None, "entity_id", "state", "closed_at"),
        Index(None, "entity_id", "procedure_key", "state"),
        Index(
            "ix_expediente_communicating",
            "entity_id",
            "id",
            postgresql_where=text("communication_id IS NOT NULL AND communicated_at IS NULL"),
        ),
        Index(
            "ix_expediente_entity_id_withdrawing",
            "entity_id",
            "phase_at",
            postgresql_where=text("state = 'open' AND phase = 'withdrawing'"),
        ),
        refers("person_id", "person"),
        refers("representative_id", "person"),
        refers("unit_id", "unit"),
        refers("entry_id", "registry_entry"),
        refers("deadline_id", "deadline"),
        refers("index_document_id", "document"),
        refers("communication_id", "document"),
        refers("communication_deadline_id", "deadline"),
        one_of("state", ExpedienteState, "state"),
        one_of("silence_effect", SilenceEffect, "silence_effect"),
        one_of("outcome", Outcome, "outcome"),
    )


class ExpedienteFolio(EntityOwned, Base):
    """A document of a closed expediente in its signed index.

    sha256: of the document's bytes; eni_sha256: of its ENI file, which the index names and the
    storage keeps, since a seal made again would give other bytes.
    """

    __tablename__ = "expediente_folio"
    expediente_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document_id: Mapped[UUID]
    sha256: Mapped[str]
    eni_sha256: Mapped[str]

    __table_args__ = (
        refers("expediente_id", "expediente"),
        refers("document_id", "document"),
    )


# What the search looks at: the expediente's own words, and the titles of its documents.
Index("ix_expediente_words", words_of(Expediente.__table__.c.search_text), postgresql_using="gin")
Index("ix_document_title_words", title_words(Document.__table__.c.title), postgresql_using="gin")
