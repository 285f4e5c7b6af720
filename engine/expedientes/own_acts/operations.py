"""The notification of an act of the engine's own ended: what it begins, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engine.expedientes.own_acts.making import EFFECTS
from engine.expedientes.own_acts.models import OwnAct, OwnActKind
from engine.operation import Act, operation


@operation("expedientes.own_act_notified", basis="arts. 39.2 y 40 de la Ley 39/2015")
def own_act_notified(act: Act, *, own_act_id: UUID, at: datetime) -> bool:
    """Begin what an act begins from its notification at `at`; false when it was begun or dropped."""
    row = act.lock(OwnAct, own_act_id)
    act.about("expediente", row.expediente_id, row.expediente_id)
    act.note(kind=row.kind, document=row.document_id)
    if row.notified_at is not None or row.dropped_at is not None:
        act.note(effect=False)
        return False
    row.notified_at = at
    EFFECTS[OwnActKind(row.kind)](act, row, at)
    return True
