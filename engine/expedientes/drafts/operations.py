"""Every change of a draft: begun, its pages saved, files attached, paid, filed, thrown away."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from engine.documents.operations import discard as discard_document
from engine.errors import BadInput, ConfigurationError, NotFound, RuleBroken, Stale
from engine.expedientes.access import require_power
from engine.expedientes.choices import choices_for
from engine.expedientes.consent import Identification
from engine.expedientes.drafts.content import Content, page_of, put_page, take_item
from engine.expedientes.drafts.filing import Signature, file_draft
from engine.expedientes.drafts.identity import identity, prefilled
from engine.expedientes.drafts.models import Draft, DraftFile, DraftState
from engine.expedientes.drafts.queries import (
    SUBJECT,
    DraftView,
    Filed,
    filed_of,
    sheet_of,
    view_of,
)
from engine.expedientes.uploads import checked, keep_file
from engine.ids import new_id
from engine.operation import Act, operation
from engine.payments.models import OrderState, PaymentAttempt
from engine.payments.operations import (
    begin_attempt,
    cancel_order,
    release_order,
    request_payment,
)
from engine.payments.queries import order_for
from engine.people.models import Person
from engine.procedures.package import Procedure
from engine.procedures.queries import current, procedure
from forms.conditions import holds
from forms.definition import Attachment, FormDefinition
from forms.validation import FieldError

_MAX_CONCEPT = 125


class StaleDraft(Stale):
    """The draft changed in another window; `current` holds what is saved now."""

    def __init__(self, current_view: DraftView) -> None:
        super().__init__(
            "Ha cambiado esta solicitud en otra ventana. Compruebe los datos guardados y vuelva a "
            "hacer el cambio si hace falta."
        )
        self.current = current_view


@dataclass(frozen=True)
class SavedPage:
    """A saved page: the draft's new revision, what is wrong in the page, the item's place."""

    revision: int
    errors: tuple[FieldError, ...]
    item: int | None = None


@operation("expedientes.begin_draft", basis="art. 66 de la Ley 39/2015")
def begin(act: Act, *, procedure_key: str) -> Draft:
    """Begin an application; an open draft of the same person and procedure is returned again.

    Raises NotFound for what is not offered at the sede, Refused without a power for the procedure.
    """
    known = current(act.session, procedure_key)
    person_id = act.actor.interested_id
    if known.channel != "sede" or known.form is None or person_id is None:
        raise NotFound("Ese trámite no se puede presentar en la sede.")
    require_power(act, procedure_key)
    person = act.get(Person, person_id)
    act.session.execute(
        insert(Draft)
        .values(
            entity_id=act.entity_id,
            id=new_id(),
            procedure_key=known.key,
            procedure_version=known.version,
            person_id=person_id,
            answers=prefilled(known.form, person),
            typed={},
            revision=1,
            state=DraftState.OPEN.value,
            created_at=act.now,
            updated_at=act.now,
        )
        .on_conflict_do_nothing()
    )
    row = act.session.scalars(
        select(Draft).where(
            Draft.person_id == person_id,
            Draft.procedure_key == procedure_key,
            Draft.state == DraftState.OPEN.value,
        )
    ).one()
    act.about("draft", row.id)
    act.note(procedure=row.procedure_key, procedure_version=row.procedure_version)
    return row


@operation("expedientes.save_page", basis="art. 66 de la Ley 39/2015")
def save_page(
    act: Act,
    *,
    draft_id: UUID,
    page_id: str,
    data: Mapping[str, Sequence[str]],
    revision: int,
    item: int | None = None,
) -> SavedPage:
    """Keep a page as it was typed, right or wrong, and say what is wrong in it.

    data: what the browser sent; item: the place in a repeating page, None for a new one.
    Raises NotFound for a page that the answers do not lead to, StaleDraft.
    """
    row, form = _changing(act, draft_id, revision)
    page = page_of(form, page_id, row.answers)
    put = put_page(
        page,
        Content(row.answers, row.typed),
        data,
        item,
        choices=choices_for(act.session, form, act.actor),
        locked=identity(act.get(Person, row.person_id)),
    )
    _keep(act, row, put.content)
    act.note(page=page.id, errors=len(put.errors))
    return SavedPage(row.revision, put.errors, put.item)


@operation("expedientes.remove_item", basis="art. 66 de la Ley 39/2015")
def remove_item(act: Act, *, draft_id: UUID, page_id: str, item: int, revision: int) -> int:
    """Take an item out of a repeating page; the draft's new revision."""
    row, form = _changing(act, draft_id, revision)
    page = page_of(form, page_id, row.answers)
    _keep(act, row, take_item(page, Content(row.answers, row.typed), item))
    act.note(page=page.id)
    return row.revision


@operation("expedientes.attach", basis="art. 66 de la Ley 39/2015")
def attach(
    act: Act, *, draft_id: UUID, key: str, name: str, stream: BinaryIO, revision: int
) -> int:
    """Attach a file; the draft's new revision. Raises BadInput with the field `file-<key>`."""
    row, form = _changing(act, draft_id, revision)
    rule = _rule(form, row, key)
    already = act.session.scalars(
        select(DraftFile.id).where(DraftFile.draft_id == row.id, DraftFile.key == key)
    ).all()
    if len(already) >= rule.maximum:
        message = f"De «{rule.title}» puede adjuntar {rule.maximum} como mucho: quite alguno antes."
        raise BadInput(message, ((f"file-{key}", message),))
    file = checked(stream, name, rule)
    document = keep_file(act, file, stream, title=rule.title)
    act.session.add(
        DraftFile(
            draft_id=row.id,
            key=key,
            document_id=document.id,
            name=document.name,
            media_type=document.media_type,
            size=document.size,
            sha256=document.sha256,
            added_at=act.now,
        )
    )
    _touch(act, row)
    act.note(key=key, document=document.id, sha256=document.sha256)
    return row.revision


def _rule(form: FormDefinition, row: Draft, key: str) -> Attachment:
    found = next((item for item in form.attachments if item.key == key), None)
    if found is None or not holds(found.when, row.answers):
        raise NotFound("Ese documento no se pide en su solicitud.")
    return found


@operation("expedientes.remove_file", basis="art. 66 de la Ley 39/2015")
def remove_file(act: Act, *, draft_id: UUID, file_id: UUID, revision: int) -> int:
    """Take away an attached file; the draft's new revision."""
    row, _form = _changing(act, draft_id, revision)
    file = act.get(DraftFile, file_id)
    if file.draft_id != row.id:
        raise NotFound
    _remove(act, file)
    _touch(act, row)
    act.note(key=file.key, document=file.document_id)
    return row.revision


def _remove(act: Act, file: DraftFile) -> None:
    act.session.delete(file)
    act.session.flush()
    discard_document(act, document_id=file.document_id)


@operation("expedientes.discard_draft", basis="art. 66 de la Ley 39/2015")
def discard(act: Act, *, draft_id: UUID) -> Decimal | None:
    """Throw a draft away with its files; how much was paid for it, to be given back, in euros."""
    row = _own(act, draft_id)
    if row.state != DraftState.OPEN.value:
        raise RuleBroken("Esta solicitud ya está presentada: no se puede borrar.")
    order = order_for(act.session, SUBJECT, row.id)
    returned = None
    if order is not None and order.state is OrderState.PAID:
        returned = order.amount
        release_order(act.as_system(row.procedure_key), order_id=order.id, amount=None)
        act.note(order=order.id, returned=returned)
    if order is not None and order.state is OrderState.PENDING:
        cancel_order(act, order_id=order.id)
    for file in act.session.scalars(select(DraftFile).where(DraftFile.draft_id == row.id)).all():
        _remove(act, file)
    row.state, row.answers, row.typed = DraftState.DISCARDED.value, {}, {}
    _touch(act, row)
    return returned


@operation("expedientes.pay_draft", basis="art. 26 de la Ley 58/2003")
def pay(act: Act, *, draft_id: UUID) -> PaymentAttempt:
    """Ask for the fee as it is now and send the person to the gateway.

    Raises BadInput while the application has errors, RuleBroken when there is nothing to pay, or
    what was paid before has to be given back first.
    """
    row = _open(act, draft_id)
    sheet = sheet_of(view_of(act.session, row, act.actor))
    if sheet.errors:
        raise BadInput(
            "Complete la solicitud antes de pagar la tasa.",
            tuple((error.field_id, error.message) for error in sheet.errors),
        )
    if sheet.to_return is not None:
        raise RuleBroken("Antes de pagar la tasa de ahora pida que se le devuelva lo que pagó.")
    fee = sheet.view.procedure.fee
    if sheet.fee is None or fee is None:
        raise RuleBroken("Esta solicitud no tiene que pagar ninguna tasa.")
    if sheet.paid:
        raise RuleBroken("La tasa ya está pagada: puede presentar la solicitud.")
    order = request_payment(
        act.as_system(row.procedure_key),
        subject_kind=SUBJECT,
        subject_id=row.id,
        person_id=row.person_id,
        concept=fee.concept[:_MAX_CONCEPT],
        amount=sheet.fee,
    )
    act.note(order=order.id, amount=sheet.fee)
    return begin_attempt(act, order_id=order.id)


@operation("expedientes.release_fee", basis="art. 221 de la Ley 58/2003")
def release_fee(act: Act, *, draft_id: UUID) -> Decimal:
    """Ask for what was paid back, since the answers of now owe another fee; how much it was, in euros.

    The draft stays open, with the fee of now to be paid when there is one. Raises RuleBroken when
    what was paid is the fee, or the fee cannot be known while the application has errors.
    """
    row = _open(act, draft_id)
    sheet = sheet_of(view_of(act.session, row, act.actor))
    if sheet.errors:
        raise RuleBroken("Complete la solicitud para saber cuál es ahora su tasa.")
    order, returned = sheet.view.order, sheet.to_return
    if order is None or returned is None:
        raise RuleBroken("No hay nada que devolver: lo que pagó es la tasa de esta solicitud.")
    release_order(act.as_system(row.procedure_key), order_id=order.id, amount=sheet.fee)
    act.note(order=order.id, returned=returned, fee=sheet.fee)
    return returned


@operation("expedientes.file", basis="arts. 16, 66 y 68 de la Ley 39/2015")
def file(
    act: Act,
    *,
    draft_id: UUID,
    revision: int,
    shown_sha256: str,
    declarations: Collection[str],
    consent: bool,
    method: str,
    level: str,
    request_id: str,
) -> Filed:
    """File an application: registered, signed by consent, its expediente opened. Twice gives one.

    shown_sha256: of the canonical bytes that the check page showed; declarations: the ids of those
    that were accepted; method, level: how the person had identified; request_id: of the page sent.
    Raises StaleDraft or Stale when it changed since it was checked, BadInput with every error,
    RuleBroken while the fee is not paid, Refused without a power.
    """
    row = _own(act, draft_id)
    done = filed_of(act.session, row)
    if done is not None:
        act.note(effect=False)
        return done
    view = view_of(act.session, row, act.actor)
    if row.revision != revision:
        raise StaleDraft(view)
    signature = Signature(
        shown_sha256, frozenset(declarations), consent, Identification(method, level, request_id)
    )
    return file_draft(act, row, sheet_of(view), signature)


def _own(act: Act, draft_id: UUID) -> Draft:
    """The draft of the interested person, locked; raises NotFound, Refused without a power for it."""
    row = act.lock(Draft, draft_id)
    if row.person_id != act.actor.interested_id or row.state == DraftState.DISCARDED.value:
        raise NotFound
    act.about("draft", row.id, row.expediente_id)
    require_power(act, row.procedure_key)
    return row


def _open(act: Act, draft_id: UUID) -> Draft:
    row = _own(act, draft_id)
    if row.state != DraftState.OPEN.value:
        raise RuleBroken("Esta solicitud ya está presentada: no se puede cambiar.")
    return row


def _changing(act: Act, draft_id: UUID, revision: int) -> tuple[Draft, FormDefinition]:
    """The draft to be changed, with its form; raises StaleDraft when it changed meanwhile."""
    row = _open(act, draft_id)
    if row.revision != revision:
        raise StaleDraft(view_of(act.session, row, act.actor))
    return row, _form(procedure(act.session, row.procedure_key, row.procedure_version))


def _form(known: Procedure) -> FormDefinition:
    if known.form is None:
        raise ConfigurationError(f"El trámite «{known.title}» no tiene formulario.")
    return known.form


def _keep(act: Act, row: Draft, content: Content) -> None:
    row.answers, row.typed = content.answers, content.typed
    _touch(act, row)


def _touch(act: Act, row: Draft) -> None:
    row.revision += 1
    row.updated_at = act.now
    act.session.flush()
