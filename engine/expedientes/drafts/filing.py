"""Part of the operation that files a draft: checked again, signed by consent, registered, opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document
from engine.documents.operations import add_document, render_document
from engine.documents.pdf import EmbeddedFile
from engine.documents.services import standard_context
from engine.documents.templates import money
from engine.errors import BadInput, RuleBroken, Stale
from engine.expedientes.access import representative_of
from engine.expedientes.consent import EVIDENCE_TYPE, Identification, seal_consent
from engine.expedientes.drafts.models import Draft, DraftState
from engine.expedientes.drafts.queries import CheckSheet, Filed
from engine.expedientes.models import Expediente
from engine.expedientes.operations import open_expediente
from engine.expedientes.templates import context_of
from engine.ids import new_id
from engine.operation import Act
from engine.payments.models import OrderState
from engine.payments.operations import cancel_order
from engine.people.models import Channel
from engine.people.queries import unit_by_code
from engine.procedures.package import Procedure
from engine.registry.models import AttachmentKind, Book, RegistryEntry
from engine.registry.operations import Attached, enter
from engine.registry.receipt import Section

TEMPLATE = Path(__file__).resolve().parent.parent / "documents" / "application.html"
JSON_NAME, EVIDENCE_NAME = "solicitud.json", "consentimiento.jws"
_JSON = "application/json"
_CHANNELS = {
    Channel.ELECTRONIC.value: "Electrónico, en esta sede",
    Channel.PAPER.value: "En papel, en su domicilio",
}


@dataclass(frozen=True)
class Signature:
    """What the person sent when they signed: the hash that they saw, and what they accepted."""

    shown_sha256: str
    declarations: frozenset[str]
    consent: bool
    identification: Identification


@dataclass(frozen=True)
class _Signed:
    """The signed documents and their bytes."""

    application: Document
    evidence: Document
    evidence_data: bytes


def file_draft(act: Act, row: Draft, sheet: CheckSheet, signature: Signature) -> Filed:
    """File an open, locked draft of the actor. Raises BadInput, Stale or RuleBroken."""
    _check(sheet, signature)
    known = sheet.view.procedure
    expediente_id = new_id()
    signed = _sign(act, row, sheet, signature, expediente_id)
    entry = _register(act, sheet, signed, expediente_id)
    system = act.as_system(known.key)
    _forget_debt(system, sheet)
    expediente = open_expediente(
        system,
        procedure=known,
        title=known.title_for(sheet.answers),
        person_id=row.person_id,
        representative_id=representative_of(act.actor),
        answers=sheet.answers,
        entry=entry,
        documents=[file.document_id for file in sheet.view.files],
        expediente_id=expediente_id,
    )
    _render(system, expediente, sheet, signed, entry)
    row.state, row.filed_at = DraftState.FILED.value, act.now
    row.entry_id, row.expediente_id = entry.id, expediente.id
    row.answers, row.typed = {}, {}
    act.about("draft", row.id, expediente.id)
    act.note(
        entry=entry.code,
        number=expediente.number,
        sha256=sheet.sha256,
        method=signature.identification.method,
        level=signature.identification.level,
        fee=sheet.fee,
    )
    return Filed(entry.id, entry.code, expediente.id, expediente.number)


def _check(sheet: CheckSheet, signature: Signature) -> None:
    """Everything again, whatever the page showed."""
    errors = [(error.field_id, error.message) for error in sheet.errors]
    if errors:
        raise BadInput("Revise la solicitud antes de presentarla.", tuple(errors))
    if signature.shown_sha256 != sheet.sha256:
        raise Stale("La solicitud ha cambiado desde que la revisó. Revísela de nuevo y preséntela.")
    errors = list(_unaccepted(sheet, signature))
    if errors:
        raise BadInput("Falta su conformidad.", tuple(errors))
    _check_fee(sheet)


def _unaccepted(sheet: CheckSheet, signature: Signature) -> Iterator[tuple[str, str]]:
    for item in sheet.declarations:
        if item.required and item.id not in signature.declarations:
            yield f"declaration-{item.id}", "Para presentar la solicitud tiene que declararlo."
    if not signature.consent:
        yield "consent", "Para firmar la solicitud tiene que marcar la casilla de consentimiento."


def _check_fee(sheet: CheckSheet) -> None:
    """The fee, computed now, is paid to the cent."""
    fee = sheet.fee
    if sheet.paid:
        return
    if sheet.to_return is not None:
        raise RuleBroken(
            f"La tasa ha cambiado: con los datos de ahora es de {_euros(fee)} y usted pagó "
            f"{_euros(sheet.to_return)}. Revise los datos o pida en esta página que se le devuelva "
            "lo que pagó."
        )
    raise RuleBroken(f"Antes de presentar la solicitud tiene que pagar la tasa: {_euros(fee)}.")


def _forget_debt(act: Act, sheet: CheckSheet) -> None:
    """A fee that was asked for and that the last answers do not owe is owed no more."""
    order = sheet.view.order
    if order is not None and order.state is OrderState.PENDING:
        cancel_order(act, order_id=order.id)


def _euros(amount: Decimal | None) -> str:
    return money(amount or Decimal(0))


def _sign(
    act: Act, row: Draft, sheet: CheckSheet, signature: Signature, expediente_id: UUID
) -> _Signed:
    """The canonical bytes and the sealed evidence of the consent over them, as final documents."""
    known = sheet.view.procedure
    evidence_data = seal_consent(
        act,
        purpose="application",
        subject_id=row.id,
        sha256=sheet.sha256,
        identification=signature.identification,
        consent=sheet.consent,
        declarations=[
            {"id": item.id, "version": item.version}
            for item in sheet.declarations
            if item.id in signature.declarations
        ],
    )
    application = add_document(
        act,
        title=f"Solicitud: {known.title}",
        kind=DocumentKind.APPLICATION,
        origin=Origin.CITIZEN,
        media_type=_JSON,
        name=JSON_NAME,
        data=sheet.canonical,
        expediente_id=expediente_id,
    )
    evidence = add_document(
        act.as_system(known.key),
        title="Prueba de la firma de la solicitud",
        kind=DocumentKind.OTHER,
        origin=Origin.ADMINISTRATION,
        media_type=EVIDENCE_TYPE,
        name=EVIDENCE_NAME,
        data=evidence_data,
        expediente_id=expediente_id,
        person_id=row.person_id,
    )
    return _Signed(application, evidence, evidence_data)


def _register(act: Act, sheet: CheckSheet, signed: _Signed, expediente_id: UUID) -> RegistryEntry:
    """The registry entry. Its counter is locked from here to the commit: little comes after."""
    view, known = sheet.view, sheet.view.procedure
    unit = unit_by_code(act.session, known.unit)
    return enter(
        act,
        book=Book.ENTRY,
        subject=known.title_for(sheet.answers),
        unit_id=unit.id,
        person_id=view.person.id,
        representative_id=representative_of(act.actor),
        documents=[
            Attached(signed.application.id, AttachmentKind.FORM),
            *(Attached(file.document_id) for file in view.files),
            Attached(signed.evidence.id, AttachmentKind.INTERNAL),
        ],
        sia=known.sia,
        expediente_id=expediente_id,
        contents=contents(sheet),
        notes=notes(known, unit.name),
    )


def contents(sheet: CheckSheet) -> Sequence[Section]:
    """The filing section by section, as the receipt copies it (FIL-1)."""
    person = sheet.view.person
    sections = [
        Section(section.title, tuple((item.label, item.answer) for item in section.rows))
        for section in sheet.sections
        if section.rows
    ]
    if sheet.declarations:
        declared = tuple(("Declara", item.text) for item in sheet.declarations if item.required)
        sections.append(Section("Declaraciones", declared))
    sections.append(
        Section(
            "Notificaciones y avisos",
            (
                ("Medio de notificación", _CHANNELS[person.channel]),
                ("Correo electrónico para avisos", person.email or "No consta"),
                ("Teléfono para avisos", person.phone or "No consta"),
            ),
        )
    )
    order = sheet.view.order
    if sheet.fee is not None and order is not None:
        sections.append(
            Section(
                "Tasa",
                (
                    ("Concepto", order.concept),
                    ("Importe pagado", money(order.amount)),
                    ("Referencia del pago", order.reference),
                    ("Justificante de la pasarela", order.gateway_code or "No consta"),
                ),
            )
        )
    signed = f"Identificación en la sede y consentimiento expreso (texto {sheet.consent.version})"
    sections.append(
        Section("Firma", (("Firma", signed), ("Huella SHA-256 de lo firmado", sheet.sha256)))
    )
    return sections


_COMMUNICATES = "Este justificante es la comunicación que pide el artículo 21.4 de la Ley 39/2015."
_COMMUNICATED = (
    "En diez días hábiles le enviaremos además la comunicación que pide el artículo 21.4 de la "
    "Ley 39/2015."
)


def notes(known: Procedure, unit_name: str) -> tuple[str, ...]:
    """What art. 21.4 of Ley 39/2015 asks to be told to the filer (PLZ-10, PLZ-12)."""
    return (
        f"Plazo máximo para resolver y notificar: {known.term}",
        f"Efecto del silencio administrativo: {known.silence_text}",
        (
            f"La solicitud la recibe en la fecha de su presentación {unit_name}, unidad competente "
            f"para tramitarla. {_COMMUNICATED if known.communicates else _COMMUNICATES}"
        ),
    )


def _render(
    act: Act, expediente: Expediente, sheet: CheckSheet, signed: _Signed, entry: RegistryEntry
) -> None:
    """The application as people read it, with the signed bytes inside; sealed by job."""
    known = sheet.view.procedure
    render_document(
        act,
        template="expedientes/application",
        source=TEMPLATE.read_text(encoding="utf-8"),
        context={
            **standard_context(act),
            **context_of(act.session, expediente, known, entry.unit_name),
            "apartados": [section.to_json() for section in contents(sheet)],
            "adjuntos": [{"nombre": file.name, "huella": file.sha256} for file in sheet.view.files],
        },
        title=f"Solicitud {entry.code}: {known.title}",
        kind=DocumentKind.APPLICATION,
        expediente_id=expediente.id,
        person_id=expediente.person_id,
        unit_name=entry.unit_name,
        references=(("Expediente", expediente.number), ("Registro", entry.code)),
        attachments=(
            EmbeddedFile(
                JSON_NAME, "Lo que se firmó, al pie de la letra", _JSON, sheet.canonical, "Source"
            ),
            EmbeddedFile(
                EVIDENCE_NAME, "Prueba sellada de la firma", EVIDENCE_TYPE, signed.evidence_data
            ),
        ),
        seal=True,
    )
