"""Two versions of a permit: a renamed task, an added boundary timer and a removed branch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.townhall import TownHall
from engine.workflow import operations
from engine.workflow.models import ProcessInstance, WorkItem, WorkState
from tests.engine.workflow.conftest import Staff
from tests.engine.workflow.models import Model

KEY = "permit"
_PROPERTIES = (
    "<bpmn:extensionElements><spiffworkflow:properties>{}"
    "</spiffworkflow:properties></bpmn:extensionElements>"
)


def task(model: Model, identifier: str, name: str, **properties: str) -> Model:
    """A person's task of the town planners."""
    said = {"unit": "URB", "role": "processor", **properties}
    inside = "".join(
        f'<spiffworkflow:property name="{key}" value="{value}"/>' for key, value in said.items()
    )
    return model.node("userTask", identifier, f'name="{name}"', _PROPERTIES.format(inside))


def first_version() -> bytes:
    """Review, then three branches at once, then the decision."""
    model = Model().node("startEvent", "start").node("endEvent", "end")
    task(model, "review", "Revisar la solicitud")
    model.node("parallelGateway", "both").node("parallelGateway", "together")
    task(model, "report", "Informar")
    task(model, "visit", "Visitar el local")
    task(model, "neighbours", "Oír a los vecinos")
    task(model, "decide", "Resolver")
    model.flow("start", "review", "both").flow("together", "decide", "end")
    for branch in ("report", "visit", "neighbours"):
        model.flow("both", branch, "together")
    return model.xml()


def second_version(term: str = "deadline:correction from examine.at") -> bytes:
    """The review is called otherwise, the report has a term, nobody asks the neighbours."""
    model = Model().node("startEvent", "start").node("endEvent", "end").node("endEvent", "late")
    task(model, "examine", "Revisar la solicitud")
    model.node("parallelGateway", "both").node("parallelGateway", "together")
    task(model, "report", "Informar")
    model.timer("report_term", term, attached="report")
    task(model, "visit", "Visitar el local", phase="report")
    task(model, "decide", "Resolver", role="head")
    model.flow("start", "examine", "both").flow("together", "decide", "end")
    model.flow("report_term", "late")
    for branch in ("report", "visit"):
        model.flow("both", branch, "together")
    return model.xml()


def started(hall: TownHall, model: bytes, version: int = 1, **data: Any) -> UUID:
    """A running instance of a version."""
    instance: ProcessInstance = operations.start(
        hall.system("test"),
        definition_key=KEY,
        definition_version=version,
        model=model,
        data={"applicant": "Xuan", **data},
    )
    return instance.id


def done(hall: TownHall, staff: Staff, instance_id: UUID, *elements: str) -> None:
    """Somebody claims and completes the work of these elements, in order."""
    call = hall.call(staff.first)
    for element in elements:
        item = open_work(hall, instance_id)[element]
        operations.claim(call, work_item_id=item.id, version=item.version)
        operations.complete(
            call, work_item_id=item.id, data={"said": element}, version=item.version + 1
        )


def open_work(hall: TownHall, instance_id: UUID) -> dict[str, WorkItem]:
    """The open work of an instance by element."""
    with hall.database.reading() as session:
        rows = session.query(WorkItem).filter(
            WorkItem.instance_id == instance_id,
            WorkItem.state.in_([WorkState.OPEN.value, WorkState.CLAIMED.value]),
        )
        return {row.element: row for row in rows}
