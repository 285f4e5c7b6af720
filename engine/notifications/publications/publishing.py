"""What a publication must be, and what follows when it is made. Parts of operations."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from engine.documents.codes import DocumentKind
from engine.documents.models import Document
from engine.documents.operations import render_document
from engine.errors import BadInput, RuleBroken
from engine.expedientes.silence.meeting import meet_maximum_term
from engine.notifications.availability import check_ready
from engine.notifications.closing import RESOLUTION, SYSTEM
from engine.notifications.parties import expediente_of
from engine.notifications.pending.meeting import meet_term_to_send
from engine.notifications.publications.models import (
    Publication,
    PublicationReason,
    PublicationState,
)
from engine.notifications.publications.places import place
from engine.operation import Act

MAX_TEXT = 5_000
MAX_BRIEF = 600
"""Characters of a brief indication: what is more is no longer brief."""
_PROOF = Path(__file__).parents[1] / "templates" / "publication.html"


def check_content(act: Act, text: str, *, brief: bool, document_id: UUID | None) -> str:
    """The text that is published, in order; raises BadInput, or RuleBroken for an unready document."""
    wording = text.strip()
    if not wording or len(wording) > MAX_TEXT:
        raise BadInput(
            "Escriba el texto que se publica.",
            (("text", f"Escriba entre 1 y {MAX_TEXT} caracteres."),),
        )
    if brief and len(wording) > MAX_BRIEF:
        raise BadInput(
            "Una somera indicación es breve.",
            (("text", f"Escriba {MAX_BRIEF} caracteres como mucho: qué es y dónde conocerlo."),),
        )
    if document_id is not None:
        check_ready(act.get(Document, document_id))
    elif not brief:
        raise BadInput("Una publicación entera necesita el documento del acto.")
    return wording


def check_place(
    act: Act, reason: PublicationReason, key: str, expediente_id: UUID | None, fixes: str | None
) -> None:
    """It goes where the call of its procedure said: elsewhere it would be void (art. 45.1.b)."""
    place(key)
    if fixes is not None:
        place(fixes)
    if reason is not PublicationReason.SELECTIVE:
        return
    fixed = None if expediente_id is None else _fixed_place(act, expediente_id)
    if fixed is None and fixes is None:
        raise RuleBroken(
            "La convocatoria debe decir dónde se publicarán los actos siguientes (art. 45.1.b de la "
            "Ley 39/2015)."
        )
    if fixed is not None and fixed != key:
        raise RuleBroken(
            f"La convocatoria fijó que se publique en «{place(fixed).name}»: en otro lugar no vale "
            "(art. 45.1.b de la Ley 39/2015)."
        )
    if fixed is not None and fixes not in (None, fixed):
        raise RuleBroken("El lugar de las publicaciones ya lo fijó la convocatoria.")


def _fixed_place(act: Act, expediente_id: UUID) -> str | None:
    return act.session.scalar(
        select(Publication.fixes_place)
        .where(Publication.expediente_id == expediente_id, Publication.fixes_place.is_not(None))
        .order_by(Publication.requested_at, Publication.id)
        .limit(1)
    )


def make_public(act: Act, row: Publication, at: datetime, announcement: str | None) -> None:
    """It is published: its proof is sealed, the term to notify is met, the process goes on."""
    row.state = PublicationState.PUBLISHED.value
    row.published_at, row.announcement = at, announcement
    act.session.flush()
    _prove(act, row, at)
    _meet_term(act, row, at)
    if row.document_id is not None:
        meet_term_to_send(act, row.document_id, at)
    if row.reference is None:
        return
    result = {
        "published": True,
        "publication_id": str(row.id),
        "at": at.isoformat(),
        "place": row.place,
        "announcement": announcement,
    }
    act.defer("workflow.signal", reference=row.reference, result=result)
    row.reference = None


def _prove(act: Act, row: Publication, at: datetime) -> None:
    """The certificate that goes into the expediente; a job seals it."""
    where = place(row.place)
    document = None if row.document_id is None else act.get(Document, row.document_id)
    proof = render_document(
        act.as_system(SYSTEM),
        template="notifications/publication",
        source=_PROOF.read_text(encoding="utf-8"),
        context={
            "subject": row.subject,
            "text": row.text,
            "brief": row.brief,
            "place": where.name,
            "at": at,
            "announcement": row.announcement,
            "act": None if document is None else {"title": document.title, "eni": document.eni_id},
        },
        title=f"Diligencia de publicación: {row.subject}",
        kind=DocumentKind.DILIGENCE,
        expediente_id=row.expediente_id,
        unit_name=row.unit_name,
        seal=True,
    )
    row.proof_id = proof.id


def _meet_term(act: Act, row: Publication, at: datetime) -> None:
    """What is published in place of a notification meets the term to resolve and notify."""
    if row.purpose != RESOLUTION or row.reason == PublicationReason.BOARD:
        return
    expediente = expediente_of(act, row.expediente_id)
    if expediente is not None:
        meet_maximum_term(act.as_system(SYSTEM), expediente, at)
