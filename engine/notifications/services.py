"""What models ask of notifications: `notifications/notify` and `notifications/advise`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.errors import RuleBroken
from engine.expedientes.models import Expediente
from engine.notifications.operations import advise, notify
from engine.notifications.parties import expediente_of
from engine.operation import Act
from engine.services import InstanceView, Wait, service


@service("notifications/notify")
def notify_document(
    act: Act,
    instance: InstanceView,
    *,
    document_id: str,
    subject: str,
    purpose: str = "notification",
    convertible: bool = True,
) -> Wait:
    """Notify a document to the expediente's interested person, and wait until it ends.

    purpose: `resolution` for the act that ends the maximum term. The signal's result: `notified`
    (true), `notification_id`, `state`, `at` (ISO 8601) and `accessed`: whether its content came to
    the person, in the sede or on paper.
    """
    expediente, person_id = _interested(act, instance)
    notify(
        act,
        document_id=UUID(document_id),
        person_id=person_id,
        representative_id=expediente.representative_id,
        subject=subject,
        unit_id=expediente.unit_id,
        expediente_id=expediente.id,
        purpose=purpose,
        reference=instance.reference,
        convertible=convertible,
    )
    return Wait(instance.reference)


@service("notifications/advise")
def advise_person(
    act: Act, instance: InstanceView, *, subject: str, text: str
) -> Mapping[str, Any]:
    """Tell the expediente's interested person something that begins no term; goes on at once.

    The value: `notices`, the ids of what was left in the folders.
    """
    expediente, person_id = _interested(act, instance)
    notices = advise(
        act,
        person_id=person_id,
        representative_id=expediente.representative_id,
        subject=subject,
        text=text,
        expediente_id=expediente.id,
    )
    return {"notices": [str(notice.id) for notice in notices]}


def _interested(act: Act, instance: InstanceView) -> tuple[Expediente, UUID]:
    expediente = expediente_of(act, instance.expediente_id)
    if expediente is None or expediente.person_id is None:
        raise RuleBroken("El expediente no tiene ninguna persona interesada a quien avisar.")
    return expediente, expediente.person_id
