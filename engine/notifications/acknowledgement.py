"""The sealed proof of how a notification ended (art. 42.3 of RD 203/2021; NOT-9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.deadlines.rules import term_rule
from engine.documents.codes import DocumentKind
from engine.documents.models import Document
from engine.documents.operations import render_document
from engine.notifications.adapters import EventKind
from engine.notifications.exchange.models import NotificationChannelEvent
from engine.notifications.models import (
    Notice,
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
AVAILABILITY = Path(__file__).parent / "templates" / "availability.html"
ACCESS_RULE = "notification_access"

_S = NotificationState
_HOW = {
    (_S.ACCEPTED, Via.SEDE): "Accedió al contenido en la sede electrónica",
    (_S.REJECTED, Via.SEDE): "Rechazó la notificación en la sede electrónica",
    (_S.ACCEPTED, Via.DEHU): "Accedió al contenido en la Dirección Electrónica Habilitada única",
    (_S.REJECTED, Via.DEHU): "Rechazó la notificación en la Dirección Electrónica Habilitada única",
    (_S.ACCEPTED, Via.CONDUCT): (
        "La persona actuó conociendo el acto: la notificación surte efecto desde entonces "
        "(art. 40.3 de la Ley 39/2015)"
    ),
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


_EVENTS = {
    EventKind.AVAILABLE: "A disposición en la DEHú",
    EventKind.ACCESSED: "Acceso en la DEHú",
    EventKind.REJECTED: "Rechazo en la DEHú",
    EventKind.EXPIRED: "Caducada en la DEHú",
    EventKind.REFUSED: "No admitida en la DEHú",
}


def issue_availability(act: Act, row: Notification, attempts: Sequence[PostalAttempt]) -> None:
    """What proves, before any end, that the town notified a resolution (arts. 40.4 and 43.3).

    Of the other acts the acknowledgement of the end says it all: there the law gives no effect to
    being at disposal by itself. Composed once; a job seals it.
    """
    if row.availability_id is not None:
        return
    entry = act.get(RegistryEntry, row.entry_id) if row.entry_id is not None else None
    code = "" if entry is None else entry.code
    proof = render_document(
        act,
        template="notifications/availability",
        source=AVAILABILITY.read_text(encoding="utf-8"),
        context=_context(act, row, code, "", attempts),
        title=f"Constancia de la puesta a disposición {code}",
        kind=DocumentKind.DILIGENCE,
        expediente_id=row.expediente_id,
        person_id=row.person_id,
        unit_name=row.unit_name,
        seal=True,
    )
    row.availability_id = proof.id


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
        "defect": row.defect,
        "notices": [{"at": at} for at in _notices(act, row)],
        "channels": _channels(act, row),
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


def _notices(act: Act, row: Notification) -> list[datetime]:
    """When the notices that told of it left; where they went stays out of the document."""
    return list(
        act.session.scalars(
            select(Notice.sent_at)
            .where(Notice.notification_id == row.id, Notice.sent_at.is_not(None))
            .order_by(Notice.sent_at)
        )
    )


def _channels(act: Act, row: Notification) -> list[dict[str, Any]]:
    """What other channels told of it, in the order in which it happened."""
    events = act.session.scalars(
        select(NotificationChannelEvent)
        .where(NotificationChannelEvent.notification_id == row.id)
        .order_by(NotificationChannelEvent.at, NotificationChannelEvent.id)
    )
    return [
        {
            "what": _EVENTS[EventKind(event.kind)],
            "at": event.at,
            "known_at": event.known_at,
            "reference": event.external_reference,
        }
        for event in events
    ]


def _person(act: Act, identifier: UUID | None) -> dict[str, str] | None:
    if identifier is None:
        return None
    person = act.get(Person, identifier)
    return {"name": person.display_name, "document": person.document_number}


def _official(act: Act, identifier: UUID | None) -> str:
    return "" if identifier is None else act.get(Official, identifier).display_name
