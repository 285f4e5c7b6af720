"""A procedure that begins with a message is started by it from its publication to its retirement."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from engine.expedientes.models import Expediente
from engine.people import operations as people
from engine.procedures.operations import publish, retire
from engine.procedures.package import read_folder
from engine.settings import ROOT
from engine.townhall import TownHall
from engine.workflow.events import operations as events
from engine.workflow.events.models import EventState
from engine.workflow.models import ProcessInstance

PACKAGE = ROOT / "processes" / "general-request"


def begun_by_a_message(folder: Path) -> dict[str, bytes]:
    """A package of the town whose process begins with a message."""
    files = read_folder(folder)
    model = files["process.bpmn"].decode()
    start = model[model.index("<bpmn:startEvent") : model.index("</bpmn:startEvent>")]
    model = model.replace(start, f'{start}<bpmn:messageEventDefinition messageRef="asked"/>')
    message = '<bpmn:message id="asked" name="asked"/>'
    model = model.replace("<bpmn:process", f"{message}<bpmn:process", 1)
    return {**files, "process.bpmn": model.encode()}


def test_publishing_and_retiring_a_procedure_changes_what_a_message_starts(
    townhall: TownHall,
) -> None:
    call = townhall.system("test")
    people.create_unit(call, code="OAR", dir3="LA0000001", name="Oficina de Registro")
    assert events.send_message(call, name="asked").state is EventState.WAITING
    version = publish(call, files=begun_by_a_message(PACKAGE))
    delivery = events.send_message(call, name="asked")
    assert delivery.state is EventState.DELIVERED
    with townhall.database.reading() as session:
        found = session.get(ProcessInstance, (townhall.settings.entity_id, delivery.instance_id))
        assert found is not None
        assert (found.definition_key, found.definition_version) == (version.key, version.number)
        case = session.scalars(select(Expediente)).one()
        assert (case.id, case.entry_id) == (found.expediente_id, None)
    retire(call, version_id=version.id, reason="Ya no se ofrece.")
    assert events.send_message(call, name="asked").state is EventState.WAITING
