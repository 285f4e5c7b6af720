"""Reads of drafts: a person's, one whole, and its check sheet: what will be signed, to the byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from engine.audit.events import canonical_instant
from engine.clock import madrid_date
from engine.decisions.errors import DecisionError
from engine.errors import ConfigurationError, NotFound
from engine.expedientes.access import covered
from engine.expedientes.choices import choices_for
from engine.expedientes.consent import ConsentText, consent_text
from engine.expedientes.drafts.content import Content, retyped, unreadable
from engine.expedientes.drafts.identity import signed_identity
from engine.expedientes.drafts.models import Draft, DraftFile, DraftState
from engine.expedientes.models import Expediente
from engine.payments.models import DRAFT, OrderState
from engine.payments.queries import OrderRow, order_for
from engine.people.models import Person
from engine.permissions import Actor, ActorKind
from engine.procedures.package import Procedure
from engine.procedures.queries import procedure as procedure_of
from engine.registry.models import RegistryEntry
from forms.canonical import AttachedFile, Filing, canonical_bytes, fingerprint
from forms.definition import Declaration, FormDefinition, Option
from forms.summary import SummarySection, summarise
from forms.validation import FieldError, validate

SUBJECT = DRAFT
"""What a draft's payment order says that it is for."""


@dataclass(frozen=True)
class DraftRow:
    """A draft as lists show it."""

    id: UUID
    procedure_key: str
    procedure_title: str
    person_id: UUID
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class DraftFileRow:
    """A file attached to a draft; size in bytes."""

    id: UUID
    key: str
    document_id: UUID
    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Filed:
    """What a filing gave: the registry entry and its number, the expediente and its number."""

    entry_id: UUID
    code: str
    expediente_id: UUID
    number: str


@dataclass(frozen=True)
class DraftView:
    """A draft whole.

    typed: by page (`page`, or `page/0` for an item of a repeating one), what was typed in each field;
    representative: who acts now for the person, None when they act for themselves;
    fee: what it would cost with the answers so far, in euros; filed: once it was filed.
    """

    id: UUID
    procedure: Procedure
    form: FormDefinition
    answers: Mapping[str, Any]
    typed: Mapping[str, Mapping[str, Any]]
    files: tuple[DraftFileRow, ...]
    revision: int
    state: DraftState
    created_at: datetime
    updated_at: datetime
    person: Person
    representative: Person | None
    fee: Decimal | None
    order: OrderRow | None
    choices: Mapping[str, tuple[Option, ...]]
    filed: Filed | None

    def attached(self) -> dict[str, int]:
        """How many files each attachment has."""
        counts: dict[str, int] = {}
        for file in self.files:
            counts[file.key] = counts.get(file.key, 0) + 1
        return counts


@dataclass(frozen=True)
class CheckSheet:
    """What the person checks and signs.

    sections: the answers in words; errors: what has to be put right first; paid: nothing is owed,
    on either side;
    canonical, sha256: the bytes that are signed and their hash; answers: those that are filed;
    declarations, consent: the words that the person accepts.
    """

    view: DraftView
    sections: tuple[SummarySection, ...]
    errors: tuple[FieldError, ...]
    fee: Decimal | None
    paid: bool
    answers: Mapping[str, Any]
    declarations: tuple[Declaration, ...]
    consent: ConsentText
    canonical: bytes
    sha256: str

    @property
    def to_return(self) -> Decimal | None:
        """What was paid for another fee than the one that is due now, in euros; None when nothing was."""
        order = self.view.order
        if self.errors or self.paid or order is None or order.state is not OrderState.PAID:
            return None
        return order.amount


def drafts_of(session: Session, actor: Actor) -> tuple[DraftRow, ...]:
    """The open drafts of the interested person, those changed last first."""
    if actor.kind is not ActorKind.CITIZEN:
        return ()
    rows = session.scalars(
        select(Draft)
        .where(_theirs(actor), Draft.state == DraftState.OPEN.value)
        .order_by(Draft.updated_at.desc(), Draft.id)
    )
    return tuple(
        DraftRow(
            id=row.id,
            procedure_key=row.procedure_key,
            procedure_title=procedure_of(session, row.procedure_key, row.procedure_version).title,
            person_id=row.person_id,
            revision=row.revision,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    )


def draft(session: Session, draft_id: UUID, actor: Actor) -> DraftView:
    """A draft of the interested person, open or filed; raises NotFound."""
    row = session.scalar(
        select(Draft).where(
            Draft.id == draft_id, _theirs(actor), Draft.state != DraftState.DISCARDED.value
        )
    )
    if row is None or actor.kind is not ActorKind.CITIZEN:
        raise NotFound
    return view_of(session, row, actor)


def _theirs(actor: Actor) -> ColumnElement[bool]:
    return and_(Draft.person_id == actor.interested_id, covered(actor, Draft.procedure_key))


def may_read_file(session: Session, document_id: UUID, actor: Actor) -> bool:
    """Whether no power that the actor uses leaves out the application to which a document is attached."""
    left_out = select(DraftFile.id).where(
        DraftFile.document_id == document_id,
        DraftFile.draft_id.in_(select(Draft.id).where(~covered(actor, Draft.procedure_key))),
    )
    return session.scalar(left_out.limit(1)) is None


def view_of(session: Session, row: Draft, actor: Actor) -> DraftView:
    """The view of a draft that the caller has shown to be the actor's."""
    known = procedure_of(session, row.procedure_key, row.procedure_version)
    if known.form is None:
        raise ConfigurationError(f"El trámite «{known.title}» no tiene formulario.")
    identifiers = {row.person_id} | ({actor.id} if actor.on_behalf_of else set())
    people = {
        person.id: person
        for person in session.scalars(select(Person).where(Person.id.in_(identifiers)))
    }
    return DraftView(
        id=row.id,
        procedure=known,
        form=known.form,
        answers=row.answers,
        typed=retyped(row.typed),
        files=_files(session, row.id),
        revision=row.revision,
        state=DraftState(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        person=people[row.person_id],
        representative=people.get(actor.id) if actor.on_behalf_of and actor.id else None,
        fee=_fee_so_far(known, row.answers),
        order=order_for(session, SUBJECT, row.id) if known.fee is not None else None,
        choices=choices_for(session, known.form, actor),
        filed=filed_of(session, row),
    )


def _files(session: Session, draft_id: UUID) -> tuple[DraftFileRow, ...]:
    rows = session.scalars(
        select(DraftFile)
        .where(DraftFile.draft_id == draft_id)
        .order_by(DraftFile.added_at, DraftFile.id)
    )
    return tuple(
        DraftFileRow(
            row.id, row.key, row.document_id, row.name, row.media_type, row.size, row.sha256
        )
        for row in rows
    )


def _fee_so_far(known: Procedure, answers: Mapping[str, Any]) -> Decimal | None:
    try:
        return known.fee_for(answers)
    except DecisionError:
        return None


def filed_of(session: Session, row: Draft) -> Filed | None:
    """What the filing of a draft gave, None while it is open."""
    if row.state != DraftState.FILED.value:
        return None
    found = session.execute(
        select(RegistryEntry.id, RegistryEntry.code, Expediente.id, Expediente.number)
        .join(Expediente, Expediente.entry_id == RegistryEntry.id)
        .where(RegistryEntry.id == row.entry_id, Expediente.id == row.expediente_id)
    ).one()
    return Filed(*found)


def check_sheet(session: Session, draft_id: UUID, actor: Actor) -> CheckSheet:
    """What the person checks before signing; raises NotFound."""
    return sheet_of(draft(session, draft_id, actor))


def sheet_of(view: DraftView) -> CheckSheet:
    """The check sheet of a draft: the same draft gives the same bytes when shown and when signed."""
    answers, found = validate(view.form, view.answers, view.attached())
    content = Content(dict(view.answers), dict(view.typed))
    errors = (*found, *unreadable(view.form, content, view.choices))
    fee, wrong = _fee(view.procedure, answers, certain=not errors)
    canonical = canonical_bytes(_filing(view, answers, fee))
    return CheckSheet(
        view=view,
        sections=summarise(view.form, answers, view.choices),
        errors=(*errors, *wrong),
        fee=fee,
        paid=_is_paid(view.order, fee),
        answers=answers,
        declarations=view.form.declarations,
        consent=consent_text(madrid_date(view.updated_at)),
        canonical=canonical,
        sha256=fingerprint(canonical),
    )


def _fee(
    known: Procedure, answers: Mapping[str, Any], *, certain: bool
) -> tuple[Decimal | None, tuple[FieldError, ...]]:
    """The fee, and why it cannot be known; certain: nothing else is wrong with the answers."""
    try:
        return known.fee_for(answers), ()
    except DecisionError:
        message = "La tasa no se puede calcular con estos datos: revise sus respuestas."
        return None, ((FieldError("fee", message),) if certain else ())


def _is_paid(order: OrderRow | None, fee: Decimal | None) -> bool:
    """Whether what was paid is the fee, to the cent: nothing when there is none."""
    return fee == (order.amount if order is not None and order.state is OrderState.PAID else None)


def _filing(view: DraftView, answers: Mapping[str, Any], fee: Decimal | None) -> Filing:
    concept = view.procedure.fee.concept if view.procedure.fee is not None else ""
    representative = view.representative
    return Filing(
        procedure=view.procedure.key,
        procedure_version=view.procedure.version,
        form_version=view.form.version,
        form_sha256=view.form.content_hash,
        answers=answers,
        attachments=[
            AttachedFile(file.key, file.name, file.media_type, file.size, file.sha256)
            for file in view.files
        ],
        fee={} if fee is None else {"concept": concept, "amount": f"{fee:.2f}"},
        declarations=[
            {"id": item.id, "version": item.version, "text": item.text, "required": item.required}
            for item in view.form.declarations
        ],
        person=signed_identity(view.person),
        representative=None if representative is None else signed_identity(representative),
        at=canonical_instant(view.updated_at),
    )
