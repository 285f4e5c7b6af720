"""What models ask of expedientes: `expedientes/close`, and `expedientes/phase` by the runtime itself."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.closing.operations import close as close_expediente
from engine.expedientes.models import Expediente, Outcome
from engine.expedientes.operations import change_phase, open_ex_officio
from engine.operation import Act
from engine.procedures.queries import current
from engine.services import InstanceView, Wait, service
from engine.workflow.events.operations import STARTER
from engine.workflow.queries import instance_of


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


@service(STARTER)
def start(act: Act, instance: InstanceView, *, definition_version: int) -> UUID:
    """Begin the procedure that a message or a signal starts, as an expediente that nobody asked for.

    Returns its process instance. Raises RuleBroken when another version is the current one by now.
    """
    found = current(act.session, instance.definition_key)
    if found.version != definition_version:
        raise RuleBroken("Ese procedimiento ya tiene otra versión: el mensaje espera a la nueva.")
    row = open_ex_officio(act, procedure_key=found.key, title=found.title, data={})
    return instance_of(act.session, row.id).id


def _expediente_of(instance: InstanceView) -> UUID:
    if instance.expediente_id is None:
        raise NotFound("El proceso no tiene expediente.")
    return instance.expediente_id
