"""Tables of the invoice register (RCF): its counter, the invoices, the trail of their steps."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers


class InvoiceState(StrEnum):
    """The life of an invoice; data/lifecycle.toml has the words, the steps and FACe's codes."""

    PENDING = "pending_resolution"
    REGISTERED = "registered"
    LINKED = "linked"
    CONFORMED = "conformed"
    OBJECTED = "objected"
    CONTROLLED = "controlled"
    RECOGNISED = "recognised"
    ORDERED = "ordered"
    PAID = "paid"
    REJECTED = "rejected"


class Source(StrEnum):
    """How it came: uploaded by hand, or from the general entry point."""

    UPLOAD = "upload"
    FACE = "face"


class Verdict(StrEnum):
    """What the check of the file said."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


_LIVE = text("state <> 'rejected'")


class InvoiceCounter(EntityOwned, Base):
    """One series for each year; its row lock gives the order of the register."""

    __tablename__ = "invoice_counter"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
    last_received_at: Mapped[datetime]


class Invoice(EntityRow, Base):
    """An invoice of the accounting register (art. 8 of Ley 25/2013, art. 5 of Orden HAP/492/2014).

    code: `RCF-2026-000001`; document_id: the file as it came; position: its place in the file, from 1;
    number, series, issuer…: as the invoice writes them; total, base, vat, withheld: its amounts in
    its currency (base: before taxes), None where the file has none that is a number;
    accounting_office, managing_body, processing_unit: DIR3 codes, empty when it brings none;
    references: contract, order and expediente numbers that its lines name;
    findings: what the check said, as {rule, severity, message, path}.
    """

    __tablename__ = "invoice"
    year: Mapped[int]
    register_number: Mapped[int]
    code: Mapped[str]
    source: Mapped[str]
    received_at: Mapped[datetime]
    received_by: Mapped[UUID | None]
    document_id: Mapped[UUID]
    sha256: Mapped[str]
    position: Mapped[int]
    format: Mapped[str]
    format_version: Mapped[str]
    signed: Mapped[bool]
    issuer_nif: Mapped[str]
    issuer_country: Mapped[str]
    issuer_name: Mapped[str]
    person_id: Mapped[UUID | None]
    number: Mapped[str]
    series: Mapped[str]
    invoice_class: Mapped[str]
    issued_on: Mapped[date | None]
    currency: Mapped[str]
    base: Mapped[Decimal | None]
    vat: Mapped[Decimal | None]
    withheld: Mapped[Decimal | None]
    total: Mapped[Decimal | None]
    accounting_office: Mapped[str]
    managing_body: Mapped[str]
    processing_unit: Mapped[str]
    references: Mapped[list[str]] = mapped_column(default=list)
    verdict: Mapped[str]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str]
    rejection_code: Mapped[str | None]
    rejection_reason: Mapped[str | None]
    contract_id: Mapped[UUID | None]
    expediente_id: Mapped[UUID | None]
    conformity_deadline_id: Mapped[UUID | None]
    payment_deadline_id: Mapped[UUID | None]
    search_key: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("entity_id", "year", "register_number"),
        UniqueConstraint("entity_id", "code"),
        # Rule 3.b of Orden HAP/1650/2015: a rejected invoice does not count.
        Index(
            "uq_invoice_live_invoice",
            "entity_id",
            "issuer_country",
            "issuer_nif",
            "series",
            "number",
            "issued_on",
            unique=True,
            postgresql_where=_LIVE,
        ),
        Index(
            "uq_invoice_live_file",
            "entity_id",
            "sha256",
            "position",
            unique=True,
            postgresql_where=_LIVE,
        ),
        Index(None, "entity_id", "sha256"),
        Index(None, "entity_id", "received_at", "id"),
        Index(None, "entity_id", "state", "received_at"),
        Index(None, "entity_id", "person_id", "received_at"),
        Index(None, "entity_id", "contract_id"),
        Index(None, "entity_id", "expediente_id"),
        refers("document_id", "document"),
        refers("person_id", "person"),
        refers("received_by", "official"),
        refers("contract_id", "contract"),
        refers("conformity_deadline_id", "deadline"),
        refers("payment_deadline_id", "deadline"),
        one_of("source", Source, "source"),
        one_of("verdict", Verdict, "verdict"),
        one_of("state", InvoiceState, "state"),
    )


class InvoiceStep(EntityRow, Base):
    """A step of an invoice: who did it, as what, with which outcome, and what the state was before.

    official_id: None when the town hall acted by itself; capacity: the role that let them do it;
    contract_id: the contract that was chosen, in a step that links.
    """

    __tablename__ = "invoice_step"
    invoice_id: Mapped[UUID]
    position: Mapped[int]
    step: Mapped[str]
    outcome: Mapped[str]
    official_id: Mapped[UUID | None]
    capacity: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    previous_state: Mapped[str | None]
    state: Mapped[str]
    contract_id: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "invoice_id", "position"),
        refers("invoice_id", "invoice"),
        refers("official_id", "official"),
        refers("contract_id", "contract"),
        one_of("state", InvoiceState, "state"),
    )
