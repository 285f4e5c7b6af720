"""The sealed proof of how a notification ended (art. 42.3 of RD 203/2021; NOT-9)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from engine.deadlines.rules import term_rule
from engine.documents.codes import DocumentKind
from engine.documents.models import Document
from engine.documents.operations import render_document
from engine.notifications.models import (
    Notification,
    NotificationState,
    PostalAttempt,
    PostalResult,
    Via,
)
from engine.operation import Act
from engine.people.models import Channel, Official, Person
from engine.registry.models import RegistryEntry

TEMPLATE = Path(__file__).parent / "templates" / "acknowledgement.html"
ACCESS_RULE = "notification_access"

_S = NotificationState
_HOW = {
    (_S.ACCEPTED, Via.SEDE): "Accedió al contenido en la sede electrónica",
    (_S.REJECTED, Via.SEDE): "Rechazó la notificación en la sede electrónica",
    (_S.REJECTED, Via.POST): "Rechazó la notificación en papel",
    (_S.DELIVERED, Via.POST): "Se entregó en papel en su domicilio",
    (_S.DELIVERED, Via.OFFICE): "Se entregó en la oficina de asistencia, a la que acudió",
    (_S.PUBLISHED, Via.GAZETTE): "Se publicó el anuncio en el Boletín Oficial del Estado",
}
_RESULTS = {
    PostalResult.DELIVERED: "Entregada",
    PostalResult.REJECTED: "Rechazada",
    PostalResult.ABSENT: "Nadie se hizo cargo",
    PostalResult.UNKNOWN: "Persona o dirección desconocida",
}


def issue_acknowledgement(
    act: Act, row: Notification, received_by: str, attempts: Sequence[PostalAttempt]
) -> None:
    """Compose it in the expediente; a job seals it. A corrected end gets one of its own.

    act: of the system; received_by: who received or rejected it, as the page names them.
    """
    entry = act.get(RegistryEntry, row.entry_id) if row.entry_id is not None else None
    code = "" if entry is None else entry.code
    acknowledgement = render_document(
        act,
        template="notifications/acknowledgement",
        source=TEMPLATE.read_text(encoding="utf-8"),
        context=_context(act, row, code, received_by, attempts),
        title=f"Acuse de recibo de la notificación {code}",
        kind=DocumentKind.ACKNOWLEDGEMENT,
        expediente_id=row.expediente_id,
        person_id=row.person_id,
        unit_name=row.unit_name,
        seal=True,
    )
    row.acknowledgement_id = acknowledgement.id


def how_it_ended(state: NotificationState, via: Via | None) -> str:
    """The end in a sentence, as people read it."""
    if state is NotificationState.EXPIRED:
        term = term_rule(ACCESS_RULE)
        return (
            f"Pasaron {term.term.spanish} sin que accediera al contenido: se entiende rechazada "
            f"({term.article})"
        )
    return "" if via is None else _HOW[(state, via)]


def _context(
    act: Act, row: Notification, code: str, received_by: str, attempts: Sequence[PostalAttempt]
) -> dict[str, Any]:
    document = act.get(Document, row.document_id)
    return {
        "ayuntamiento": act.settings.town.name,
        "code": code,
        "subject": row.subject,
        "unit_name": row.unit_name,
        "document": {
            "title": document.title,
            "eni_id": document.eni_id,
            "sha256": document.sha256,
        },
        "person": _person(act, row.person_id),
        "representative": _person(act, row.representative_id),
        "electronic": row.channel == Channel.ELECTRONIC.value,
        "available_at": row.available_at,
        "end": how_it_ended(
            NotificationState(row.state), Via(row.closed_via) if row.closed_via else None
        ),
        "at": row.closed_at,
        "received_by": received_by,
        "announcement": row.announcement,
        "attempts": [
            {
                "number": attempt.number,
                "at": attempt.at,
                "result": _RESULTS[PostalResult(attempt.result)],
                "why_void": attempt.why_void,
                "official": _official(act, attempt.official_id),
            }
            for attempt in attempts
        ],
    }


def _person(act: Act, identifier: UUID | None) -> dict[str, str] | None:
    if identifier is None:
        return None
    person = act.get(Person, identifier)
    return {"name": person.display_name, "document": person.document_number}


def _official(act: Act, identifier: UUID | None) -> str:
    return "" if identifier is None else act.get(Official, identifier).display_name
