"""Every change by a defect: the person acted knowing the act, so it took effect then."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engine.errors import BadInput
from engine.notifications.closing import Closing, end
from engine.notifications.models import Notification, NotificationState, Via
from engine.operation import Act, operation

_MAX_DEFECT = 500


@operation("notifications.record_knowledge", basis="art. 40.3 de la Ley 39/2015")
def record_knowledge(act: Act, *, notification_id: UUID, at: datetime, defect: str) -> Notification:
    """The person did at `at` what shows that they know the act and its reach, or appealed against it.

    defect: what was wrong with the notification, or why it had not ended; it replaces any end that
    was known, since a defective notification had none. Raises BadInput.
    """
    row = act.lock(Notification, notification_id)
    act.about("notification", row.id, row.expediente_id)
    wording = " ".join(defect.split())
    errors = []
    if not wording or len(wording) > _MAX_DEFECT:
        errors.append(("defect", f"Escriba qué falló, entre 1 y {_MAX_DEFECT} caracteres."))
    if (
        at.tzinfo is None
        or at > act.now
        or (row.available_at is not None and at < row.available_at)
    ):
        errors.append(("at", "Escriba un día y una hora entre la puesta a disposición y ahora."))
    if errors:
        raise BadInput("Indique qué falló y cuándo actuó la persona.", tuple(errors))
    act.because(wording)
    row.defect = wording
    end(act, row, Closing(NotificationState.ACCEPTED, at, Via.CONDUCT))
    return row
