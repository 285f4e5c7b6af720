"""What models ask of expedientes: `expedientes/close`, `expedientes/party`, and `expedientes/phase` by
the runtime itself."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.closing.operations import close as close_expediente
from engine.expedientes.models import Expediente, Outcome
from engine.expedientes.operations import change_phase, open_ex_officio
from engine.expedientes.parties import find_or_add
from engine.expedientes.withdrawal import drop_signatures
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


@service("expedientes/drop_signatures")
def drop_what_waits(act: Act, instance: InstanceView, *, reason: str) -> None:
    """Take back what waits to be signed in the expediente, since nothing of it will be decided."""
    row = act.get(Expediente, _expediente_of(instance))
    drop_signatures(act, row, reason)


@service("expedientes/phase")
def phase(act: Act, instance: InstanceView, *, phase: str) -> None:
    """Say in which phase the expediente stands, when it changed."""
    expediente_id = _expediente_of(instance)
    now = act.session.scalar(select(Expediente.phase).where(Expediente.id == expediente_id))
    if now is not None and now != phase:
        change_phase(act, expediente_id=expediente_id, phase=phase)


@service("expedientes/party")
def party(
    act: Act,
    _instance: InstanceView,
    *,
    document: str,
    name: str,
    surname1: str | None = "",
    surname2: str | None = "",
    street: str | None = "",
    postcode: str | None = "",
    town: str | None = "",
    province: str | None = "",
) -> Mapping[str, str]:
    """Find another person whom the expediente affects by their document, or add them.

    The value: `person_id`, to notify them. Raises BadInput when the document is not valid.
    """
    said = {
        "document": document,
        "name": name,
        "surname1": surname1,
        "surname2": surname2,
        "street": street,
        "postcode": postcode,
        "town": town,
        "province": province,
    }
    person = find_or_add(act, {key: value or "" for key, value in said.items()})
    return {"person_id": str(person.id)}


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
