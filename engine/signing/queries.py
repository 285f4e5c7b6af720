"""Reads of signing: the portafirmas of an official, and the signatures asked for on a document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from engine.documents.models import Document
from engine.documents.queries import DocumentRow, document_row
from engine.errors import NotFound
from engine.people.models import Official
from engine.permissions import Actor, ActorKind
from engine.signing.models import RequestState, SignatureRequest
from engine.signing.signers import is_signer


@dataclass(frozen=True)
class RequestRow:
    """A signature request with its document, as the portafirmas shows it."""

    id: UUID
    document: DocumentRow
    circuit_id: UUID
    step: int
    purpose: str
    state: RequestState
    requested_at: datetime
    decided_by: UUID | None
    decided_by_name: str
    decided_at: datetime | None
    reason: str | None
    failure: str | None


def mine(session: Session, actor: Actor) -> tuple[RequestRow, ...]:
    """What the official can sign now, oldest first: addressed to them and of the step that is due."""
    if actor.kind is not ActorKind.OFFICIAL:
        return ()
    earlier = aliased(SignatureRequest)
    addressed = [SignatureRequest.official_id == actor.id]
    addressed += [
        and_(
            SignatureRequest.role == post.role,
            or_(SignatureRequest.unit_id.is_(None), SignatureRequest.unit_id == post.unit_id),
        )
        for post in actor.posts
    ]
    unsigned_before = exists().where(
        earlier.entity_id == SignatureRequest.entity_id,
        earlier.circuit_id == SignatureRequest.circuit_id,
        earlier.step < SignatureRequest.step,
        earlier.state != RequestState.SIGNED.value,
    )
    rows = session.execute(
        select(SignatureRequest, Document)
        .join(Document, Document.id == SignatureRequest.document_id)
        .where(
            SignatureRequest.state.in_([RequestState.PENDING.value, RequestState.SIGNING.value]),
            or_(*addressed),
            ~unsigned_before,
        )
        .order_by(SignatureRequest.requested_at, SignatureRequest.id)
    )
    return tuple(
        _row(request, document, "") for request, document in rows if is_signer(request, actor)
    )


def request(session: Session, request_id: UUID, actor: Actor) -> RequestRow:
    """One request addressed to the official, decided or not; raises NotFound for any other."""
    found = session.execute(
        select(SignatureRequest, Document)
        .join(Document, Document.id == SignatureRequest.document_id)
        .where(SignatureRequest.id == request_id)
    ).one_or_none()
    if found is None or not is_signer(found[0], actor):
        raise NotFound
    return _row(found[0], found[1], "")


def of_document(session: Session, document_id: UUID) -> tuple[RequestRow, ...]:
    """Every request on a document, in the order of its circuits and steps."""
    rows = session.execute(
        select(SignatureRequest, Document, Official.display_name)
        .join(Document, Document.id == SignatureRequest.document_id)
        .outerjoin(Official, Official.id == SignatureRequest.decided_by)
        .where(SignatureRequest.document_id == document_id)
        .order_by(SignatureRequest.requested_at, SignatureRequest.step, SignatureRequest.id)
    )
    return tuple(_row(row, document, name or "") for row, document, name in rows)


def decided_by(session: Session, official_id: UUID, limit: int = 100) -> tuple[RequestRow, ...]:
    """What an official signed or refused, newest first."""
    rows = session.execute(
        select(SignatureRequest, Document)
        .join(Document, Document.id == SignatureRequest.document_id)
        .where(
            SignatureRequest.decided_by == official_id,
            SignatureRequest.state.in_([RequestState.SIGNED.value, RequestState.REFUSED.value]),
        )
        .order_by(SignatureRequest.decided_at.desc(), SignatureRequest.id.desc())
        .limit(limit)
    )
    return tuple(_row(row, document, "") for row, document in rows)


def _row(row: SignatureRequest, document: Document, name: str) -> RequestRow:
    return RequestRow(
        id=row.id,
        document=document_row(document),
        circuit_id=row.circuit_id,
        step=row.step,
        purpose=row.purpose,
        state=RequestState(row.state),
        requested_at=row.requested_at,
        decided_by=row.decided_by,
        decided_by_name=name,
        decided_at=row.decided_at,
        reason=row.reason,
        failure=row.failure,
    )
