"""What models ask of expedientes: `expedientes/close`, and `expedientes/phase` by the runtime itself."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from engine.errors import BadInput, NotFound
from engine.expedientes.closing.operations import close as close_expediente
from engine.expedientes.models import Expediente, Outcome
from engine.expedientes.operations import change_phase
from engine.operation import Act
from engine.services import InstanceView, Wait, service


@service("expedientes/close")
def close(act: Act, instance: InstanceView, *, outcome: str) -> Wait:
    """Close the expediente of the process, and wait for its signed index.

    The signal's result: `index_document_id`.
    """
    try:
        known = Outcome(outcome)
    except ValueError:
        raise BadInput(f"«{outcome}» no es un resultado de un expediente.") from None
    close_expediente(
        act, expediente_id=_expediente_of(instance), outcome=known, reference=instance.reference
    )
    return Wait(instance.reference)


@service("expedientes/phase")
def phase(act: Act, instance: InstanceView, *, phase: str) -> None:
    """Say in which phase the expediente stands, when it changed."""
    expediente_id = _expediente_of(instance)
    now = act.session.scalar(select(Expediente.phase).where(Expediente.id == expediente_id))
    if now is not None and now != phase:
        change_phase(act, expediente_id=expediente_id, phase=phase)


def _expediente_of(instance: InstanceView) -> UUID:
    if instance.expediente_id is None:
        raise NotFound("El proceso no tiene expediente.")
    return instance.expediente_id
