"""A unit with its head, its people, one of another unit, and work that waits for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.clock import madrid_date
from engine.people import operations as people
from engine.people.absences import operations as absences
from engine.people.absences.models import Absence, AbsenceKind
from engine.people.models import Unit
from engine.people.queries import load_official_actor
from engine.permissions import Actor
from engine.townhall import Call, TownHall
from engine.workflow import operations
from engine.workflow.models import WorkItem
from engine.workflow.work_items import queries
from engine.workflow.work_items.queries import Inbox, WorkItemRow
from tests.engine.workflow.models import Model, begun

PROPERTIES = (
    "<bpmn:extensionElements><spiffworkflow:properties>{}</spiffworkflow:properties>"
    "</bpmn:extensionElements>"
)
_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def person(model: Model, identifier: str, **properties: str) -> Model:
    """A user task with its properties."""
    inside = "".join(
        f'<spiffworkflow:property name="{key}" value="{value}"/>'
        for key, value in properties.items()
    )
    return model.node("userTask", identifier, f'name="{identifier}"', PROPERTIES.format(inside))


def one_task(**properties: str) -> Model:
    """A model of one task, of a processor of Urbanismo unless it says otherwise."""
    wanted = {"role": "processor", "unit": "URB", **properties}
    return person(begun(), "ask", **wanted).flow("start", "ask", "end")


def two_tasks(excluded: str) -> Model:
    """The second of which some may not do."""
    model = person(begun(), "propose", role="processor", unit="URB")
    person(model, "decide", role="processor", unit="URB", excluded=excluded)
    return model.flow("start", "propose", "decide", "end")


@dataclass
class Office:
    """The people by their first name, and the short way to what the tests do."""

    hall: TownHall
    ids: dict[str, UUID]
    units: dict[str, UUID]

    def actor(self, name: str) -> Actor:
        today = madrid_date(self.hall.clock.now())
        with self.hall.database.reading() as session:
            return load_official_actor(session, self.ids[name], today)

    def call(self, name: str) -> Call:
        return self.hall.call(self.actor(name))

    def start(self, model: Model, **data: Any) -> UUID:
        """Start a process; its id."""
        return operations.start(
            self.hall.system("test"),
            definition_key="p",
            definition_version=1,
            model=model.xml(),
            data=data,
        ).id

    def inbox(self, name: str, which: Inbox = Inbox.ALL, **more: Any) -> tuple[WorkItemRow, ...]:
        with self.hall.database.reading() as session:
            return queries.inbox(session, self.actor(name), which, **more)

    def item(self, element: str = "ask") -> WorkItem:
        """The newest work item of an element, as it is now."""
        with self.hall.database.reading() as session:
            found = session.scalars(
                select(WorkItem)
                .where(WorkItem.element == element)
                .order_by(WorkItem.created_at.desc(), WorkItem.id.desc())
            ).first()
            assert found is not None
            return found

    def act(
        self, operation: Callable[..., Any], name: str, element: str = "ask", **more: Any
    ) -> Any:
        """Somebody does something with the newest item of an element, as they see it now."""
        found = self.item(element)
        return operation(self.call(name), work_item_id=found.id, version=found.version, **more)

    def complete(self, name: str, element: str = "ask", **data: Any) -> None:
        self.act(operations.complete, name, element, data=data)

    def away(
        self, name: str, substitute: str | None, first: date, last: date, by: str | None = None
    ) -> Absence:
        return absences.record_absence(
            self.call(by or name),
            official_id=self.ids[name],
            starts_on=first,
            ends_on=last,
            kind=AbsenceKind.HOLIDAY,
            substitute_id=self.ids[substitute] if substitute else None,
        )

    def event(self, kind: str) -> dict[str, Any]:
        """The newest event of a type."""
        with self.hall.database.reading() as session:
            body = session.scalars(
                select(AuditEvent.body)
                .where(AuditEvent.type == kind)
                .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
            ).first()
            assert body is not None, kind
            found: dict[str, Any] = json.loads(body)
            return found


_STAFF = {
    "nel": ("processor", "URB"),
    "llara": ("processor", "URB"),
    "iyan": ("processor", "URB"),
    "tecla": ("technician", "URB"),
    "xurde": ("processor", "REN"),
    "berta": ("head", "URB"),
    "rita": ("head", "REN"),
    "ada": ("administrator", "INF"),
    "aurelia": ("auditor", "INF"),
}


@pytest.fixture
def office(townhall: TownHall) -> Office:
    system = townhall.system("test")
    units: dict[str, Unit] = {
        code: people.create_unit(system, code=code, dir3=f"LA000000{number}", name=name)
        for number, (code, name) in enumerate(
            (("URB", "Urbanismo"), ("REN", "Rentas"), ("INF", "Informática"))
        )
    }
    ids: dict[str, UUID] = {}
    for number, (name, (role, unit)) in enumerate(_STAFF.items(), start=12345678):
        official = people.register_official(
            system,
            code=name,
            document_number=f"{number}{_LETTERS[number % 23]}",
            name=name.capitalize(),
            surname1="Prida",
            surname2="Cueto",
            title="Personal funcionario",
        )
        people.assign_post(
            system,
            official_id=official.id,
            unit_id=units[unit].id,
            role=role,
            valid_from=madrid_date(townhall.clock.now()),
        )
        ids[name] = official.id
    return Office(townhall, ids, {code: unit.id for code, unit in units.items()})
