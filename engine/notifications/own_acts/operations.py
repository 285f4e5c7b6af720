"""An act of the engine's own is notified to the interested person."""

from __future__ import annotations

from uuid import UUID

from engine.expedientes.models import Expediente
from engine.expedientes.own_acts.models import OwnAct
from engine.notifications.models import Notification
from engine.notifications.operations import notify
from engine.notifications.own_acts.queries import was_told
from engine.operation import Act, operation


@operation("notifications.notify_own_act", basis="art. 40 de la Ley 39/2015")
def notify_own_act(act: Act, *, own_act_id: UUID) -> Notification | None:
    """Notify it once it is sealed; None when it was notified or is not needed any more."""
    own = act.lock(OwnAct, own_act_id)
    row = act.get(Expediente, own.expediente_id)
    act.about("expediente", row.id, row.id)
    if own.dropped_at is not None or row.person_id is None or was_told(act.session, own):
        act.note(effect=False)
        return None
    return notify(
        act,
        document_id=own.document_id,
        person_id=row.person_id,
        representative_id=row.representative_id,
        subject=own.subject,
        unit_id=row.unit_id,
        expediente_id=row.id,
        purpose=own.purpose,
    )
