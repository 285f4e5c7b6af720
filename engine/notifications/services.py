"""What models ask of notifications: `notifications/notify` and `notifications/advise`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from engine.errors import NotFound, RuleBroken
from engine.expedientes.models import Expediente
from engine.expedientes.silence.senses import check_sense
from engine.notifications.closing import RESOLUTION
from engine.notifications.operations import advise, notify
from engine.notifications.parties import expediente_of
from engine.operation import Act
from engine.people.models import Person
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
    person_id: str | None = None,
    outcome: str | None = None,
) -> Wait:
    """Notify a document to the expediente's interested person, and wait until it ends.

    purpose: `resolution` for the act that ends the maximum term; person_id: another party, such as
    whoever reported or the other interested people; outcome: what a resolution decides, which a
    silence that granted may forbid (art. 24.3, SIL-2). The signal's result: `notified` (true),
    `notification_id`, `state`, `at` (ISO 8601) and `accessed`: whether its content came to the
    person, in the sede, in another channel or on paper.
    """
    expediente, interested_id = _interested(act, instance, person_id)
    if purpose == RESOLUTION and outcome is not None:
        check_sense(act.session, expediente.id, outcome)
    own = interested_id == expediente.person_id
    notify(
        act,
        document_id=UUID(document_id),
        person_id=interested_id,
        representative_id=expediente.representative_id if own else None,
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
    act: Act, instance: InstanceView, *, subject: str, text: str, person_id: str | None = None
) -> Mapping[str, Any]:
    """Tell the expediente's interested person something that begins no term; goes on at once.

    person_id: another party instead. The value: `notices`, the ids of what was left in the folders.
    """
    expediente, interested_id = _interested(act, instance, person_id)
    own = interested_id == expediente.person_id
    notices = advise(
        act,
        person_id=interested_id,
        representative_id=expediente.representative_id if own else None,
        subject=subject,
        text=text,
        expediente_id=expediente.id,
    )
    return {"notices": [str(notice.id) for notice in notices]}


def _interested(act: Act, instance: InstanceView, person_id: str | None) -> tuple[Expediente, UUID]:
    expediente = expediente_of(act, instance.expediente_id)
    if expediente is None or (expediente.person_id is None and person_id is None):
        raise RuleBroken("El expediente no tiene ninguna persona interesada a quien avisar.")
    if person_id is None:
        return expediente, cast("UUID", expediente.person_id)
    try:
        return expediente, act.get(Person, UUID(person_id)).id
    except (ValueError, NotFound):
        raise RuleBroken("No consta la persona a quien el modelo quiere notificar.") from None
