"""What models ask of publications: `notifications/publish`."""

from __future__ import annotations

from uuid import UUID

from engine.errors import BadInput, RuleBroken
from engine.notifications.parties import expediente_of
from engine.notifications.publications.models import PublicationReason
from engine.notifications.publications.operations import publish
from engine.operation import Act
from engine.services import InstanceView, Wait, service


@service("notifications/publish")
def publish_document(
    act: Act,
    instance: InstanceView,
    *,
    subject: str,
    text: str,
    reason: str,
    place: str = "board",
    document_id: str | None = None,
    brief: bool = False,
    fixes_place: str | None = None,
    purpose: str = "publication",
) -> Wait:
    """Publish an act of the expediente in place of notifying it, and wait until it is published.

    reason: `indeterminate`, `several`, `selective` or `public_interest`; place: a key of
    data/places.toml; brief: only an indication of what it is. The signal's result: `published`
    (true), `publication_id`, `at` (ISO 8601), `place` and `announcement`.
    """
    expediente = expediente_of(act, instance.expediente_id)
    if expediente is None:
        raise RuleBroken("Solo se publica un acto de un expediente.")
    try:
        why = PublicationReason(reason)
    except ValueError:
        raise BadInput(f"No existe el motivo de publicación «{reason}».") from None
    publish(
        act,
        subject=subject,
        text=text,
        unit_id=expediente.unit_id,
        reason=why,
        place_key=place,
        document_id=None if document_id is None else UUID(document_id),
        expediente_id=expediente.id,
        brief=brief,
        fixes_place=fixes_place,
        purpose=purpose,
        reference=instance.reference,
    )
    return Wait(instance.reference)
