"""Tables of documents: the versions of their bytes, their signatures, their secure code."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, EntityOwned, EntityRow, one_of, refers
from engine.documents.codes import DocumentKind, ElaborationState, Origin, SignatureKind


class DocumentState(StrEnum):
    """The life of a document.

    draft: composed, its PDF is being made; not part of any expediente (art. 70.4 of Ley 39/2015);
    final: its bytes are fixed; sealed: it carries the organ's seal;
    quarantined: malware was found, its bytes are not served; withdrawn: it has no effect any more.
    """

    DRAFT = "draft"
    FINAL = "final"
    SEALED = "sealed"
    QUARANTINED = "quarantined"
    WITHDRAWN = "withdrawn"


class Visibility(StrEnum):
    """Who may read it besides the officials with access to its expediente."""

    PUBLIC = "public"
    PARTIES = "parties"
    INTERNAL = "internal"


class VersionReason(StrEnum):
    """Why a document has these bytes."""

    CAPTURED = "captured"
    COMPOSED = "composed"
    RENDERED = "rendered"
    SEALED = "sealed"
    SIGNED = "signed"
    UPGRADED = "upgraded"


class SecureCodeState(StrEnum):
    """Whether a secure code still answers."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


class Document(EntityRow, Base):
    """A document and the minimum metadata of the NTI (BOE-A-2011-13169).

    sha256, size, media_type: of the current bytes; the earlier ones stay in document_version;
    person_id: whose document it is before any expediente exists (an attachment of a draft);
    reference: the signal that waits for the seal, or for the PDF when no seal was asked for;
    missing: the fields that the template named and nobody gave.
    """

    __tablename__ = "document"
    expediente_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    eni_id: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str]
    origin: Mapped[str]
    elaboration_state: Mapped[str]
    source_eni_id: Mapped[str | None]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    captured_at: Mapped[datetime]
    state: Mapped[str]
    organ: Mapped[str]
    visibility: Mapped[str]
    template: Mapped[str | None]
    missing: Mapped[list[str]] = mapped_column(default=list)
    seal_requested: Mapped[bool] = mapped_column(default=False)
    reference: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("entity_id", "eni_id"),
        Index(None, "entity_id", "expediente_id"),
        Index(None, "entity_id", "person_id"),
        Index(None, "entity_id", "sha256"),
        refers("person_id", "person"),
        one_of("kind", DocumentKind, "kind"),
        one_of("origin", Origin, "origin"),
        one_of("elaboration_state", ElaborationState, "elaboration_state"),
        one_of("state", DocumentState, "state"),
        one_of("visibility", Visibility, "visibility"),
    )


class DocumentVersion(EntityOwned, Base):
    """The bytes that a document had: never changed, never removed while the document is kept."""

    __tablename__ = "document_version"
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        Index(None, "entity_id", "sha256"),
        refers("document_id", "document"),
        one_of("reason", VersionReason, "reason"),
    )


class DocumentSignature(EntityRow, Base):
    """A signature or seal that a version of a document carries.

    number: the version that holds it; level: B, T, LT or LTA of ETSI EN 319 142-1;
    upgrade_pending: the time-stamp authority did not answer, the level is to be raised;
    certificate: SHA-256 of the signer's certificate in hexadecimal.
    """

    __tablename__ = "document_signature"
    document_id: Mapped[UUID]
    number: Mapped[int]
    kind: Mapped[str]
    level: Mapped[str]
    signer_name: Mapped[str]
    official_id: Mapped[UUID | None]
    certificate: Mapped[str]
    signed_at: Mapped[datetime]
    upgrade_pending: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index(None, "entity_id", "document_id"),
        Index(
            "ix_document_signature_entity_id_upgrade",
            "entity_id",
            "signed_at",
            postgresql_where=text("upgrade_pending"),
        ),
        ForeignKeyConstraint(
            ["entity_id", "document_id", "number"],
            [
                "document_version.entity_id",
                "document_version.document_id",
                "document_version.number",
            ],
        ),
        refers("official_id", "official"),
        one_of("kind", SignatureKind, "kind"),
    )


class SecureCode(EntityOwned, Base):
    """A document's secure verification code: found by its hash, reprinted from its encrypted form.

    Art. 21 of RD 203/2021: one for each document; it does not say anything of its content.
    """

    __tablename__ = "secure_code"
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    encrypted: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "code_hash"),
        refers("document_id", "document"),
        one_of("state", SecureCodeState, "state"),
    )


class DocumentAttachment(EntityRow, Base):
    """A file to be embedded in a composed document's PDF when it is made (PDF/A-3)."""

    __tablename__ = "document_attachment"
    document_id: Mapped[UUID]
    name: Mapped[str]
    description: Mapped[str]
    media_type: Mapped[str]
    relationship: Mapped[str]
    sha256: Mapped[str]

    __table_args__ = (
        UniqueConstraint("entity_id", "document_id", "name"),
        refers("document_id", "document"),
    )


class DocumentHold(EntityOwned, Base):
    """That a person may not read a document until its notification ends; released, they may for good."""

    __tablename__ = "document_hold"
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    held_at: Mapped[datetime]
    released_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "entity_id", "person_id"),
        refers("document_id", "document"),
        refers("person_id", "person"),
    )


def snapshot(document: Document) -> dict[str, Any]:
    """What the record keeps of a document: identifiers and hashes, no personal data."""
    return {
        "eni_id": document.eni_id,
        "kind": document.kind,
        "sha256": document.sha256,
        "size": document.size,
        "media_type": document.media_type,
        "version": document.version,
    }
