"""Part of notifying: the town met its maximum term, which keeps silence from falling (NOT-2, NOT-7)."""

from __future__ import annotations

from datetime import datetime

from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline
from engine.expedientes.models import Expediente
from engine.expedientes.silence.operations import annul
from engine.expedientes.silence.senses import fallen
from engine.operation import Act

_WHY = "La resolución se había notificado, o intentado notificar, dentro del plazo"


def meet_maximum_term(act: Act, row: Expediente, at: datetime) -> None:
    """The resolution was put at disposal, or its notification attempted, at this instant.

    When the engine learns of it after silence fell and it was in time, silence never was; whichever
    of the two is written first, the other sees it: both lock the row of the term.
    """
    if row.deadline_id is None:
        return
    end_deadline(act, deadline_id=row.deadline_id, state=DeadlineState.MET, at=at)
    silence = fallen(act.session, row.id)
    if silence is None or at >= silence.fell_at:
        return
    term = act.lock(Deadline, silence.deadline_id)
    term.state, term.ended_at = DeadlineState.MET.value, at
    annul(act, silence_id=silence.id, at=at, why=_WHY)
