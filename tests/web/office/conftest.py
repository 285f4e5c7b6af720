"""A procedure with two tasks of one unit, the second for another person, and its expedientes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from factories.procedures import package
from sqlalchemy import event

from engine.documents.codes import DocumentKind, Origin
from engine.documents.operations import add_document
from engine.expedientes.operations import open_expediente
from engine.people.models import Official, Person
from engine.people.queries import load_official_actor
from engine.permissions import Actor
from engine.procedures.operations import publish
from engine.procedures.queries import current
from engine.registry.models import Book, RegistryEntry
from engine.registry.operations import enter
from engine.townhall import TownHall
from engine.workflow import queries as workflow
from engine.workflow.queries import Inbox, WorkItemRow

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
_TASK = """
    <bpmn:userTask id="{id}" name="{name}"><bpmn:extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="role" value="processor"/>
      <spiffworkflow:property name="unit" value="ESP"/>
      <spiffworkflow:property name="form" value="review"/>
      <spiffworkflow:property name="phase" value="instruction"/>{more}
    </spiffworkflow:properties></bpmn:extensionElements>
      <bpmn:incoming>{inflow}</bpmn:incoming><bpmn:outgoing>{outflow}</bpmn:outgoing></bpmn:userTask>"""
_FOUR_EYES = '<spiffworkflow:property name="excluded" value="=[review.by]"/>'
_MODEL = (
    """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="x">
  <bpmn:process id="street-light" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>"""
    + _TASK.format(id="review", name="Revisar la solicitud", more="", inflow="a", outflow="b")
    + _TASK.format(id="second", name="Dar el visto bueno", more=_FOUR_EYES, inflow="b", outflow="c")
    + """
    <bpmn:serviceTask id="close" name="Cerrar el expediente"><bpmn:extensionElements>
      <spiffworkflow:serviceTaskOperator id="expedientes/close"><spiffworkflow:parameters>
        <spiffworkflow:parameter id="outcome" type="str" value="&quot;granted&quot;"/>
      </spiffworkflow:parameters></spiffworkflow:serviceTaskOperator></bpmn:extensionElements>
      <bpmn:incoming>c</bpmn:incoming><bpmn:outgoing>d1</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:endEvent id="end"><bpmn:incoming>d1</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="review"/>
    <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="second"/>
    <bpmn:sequenceFlow id="c" sourceRef="second" targetRef="close"/>
    <bpmn:sequenceFlow id="d1" sourceRef="close" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>"""
)
_FORM = {
    "key": "review",
    "version": 1,
    "title": "Revisar",
    "pages": [
        {
            "id": "review",
            "title": "Revisión",
            "fields": [
                {"name": "opinion", "kind": "textarea", "label": "Qué opina", "max_length": 200},
                {
                    "name": "agrees",
                    "kind": "radios",
                    "label": "¿Está conforme?",
                    "options": [
                        {"value": "agree", "label": "Conforme"},
                        {"value": "object", "label": "No conforme"},
                    ],
                },
            ],
        }
    ],
}


@dataclass
class Desk:
    """The town hall with the procedure published, and the short way to what the pages show."""

    hall: TownHall
    person: Person
    unit_id: UUID
    entries: list[RegistryEntry] = field(default_factory=list)

    def open(self, street: str = "Calle Mayor, 3") -> UUID:
        """An expediente that waits for its first task; with its entry in the registry."""
        call = self.hall.system("street-light")
        with self.hall.database.reading() as session:
            procedure = current(session, "street-light")
        entry = enter(
            call,
            book=Book.ENTRY,
            subject=f"Farola apagada en {street}",
            unit_id=self.unit_id,
            person_id=self.person.id,
        )
        row = open_expediente(
            call,
            procedure=procedure,
            title=f"Farola en {street}",
            person_id=self.person.id,
            representative_id=None,
            answers={"street": street},
            entry=entry,
            documents=(),
        )
        self.entries.append(entry)
        return row.id

    def document(self, expediente_id: UUID | None, title: str = "Plano") -> UUID:
        return add_document(
            self.hall.system("street-light"),
            title=title,
            kind=DocumentKind.REPORT,
            origin=Origin.ADMINISTRATION,
            media_type="application/pdf",
            name="plano.pdf",
            data=PDF,
            expediente_id=expediente_id,
        ).id

    def actor(self, official: Official) -> Actor:
        with self.hall.database.reading() as session:
            return load_official_actor(session, official.id, self.hall.clock.now().date())

    def tasks(self, official: Official, which: Inbox = Inbox.ALL) -> tuple[WorkItemRow, ...]:
        with self.hall.database.reading() as session:
            return workflow.inbox(session, self.actor(official), which)

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The SQL statements that are run meanwhile."""
        statements: list[str] = []

        def count(_c: object, _k: object, statement: str, *_rest: object) -> None:
            statements.append(statement)

        event.listen(self.hall.database.engine, "before_cursor_execute", count)
        try:
            yield statements
        finally:
            event.remove(self.hall.database.engine, "before_cursor_execute", count)


@pytest.fixture
def desk(hall: TownHall, citizen: Person, town_units: dict[str, UUID]) -> Desk:
    files = package()
    files["process.bpmn"] = _MODEL.encode()
    files["staff/review.json"] = json.dumps(_FORM).encode()
    publish(hall.system("test"), files=files)
    return Desk(hall, citizen, town_units["ESP"])


@pytest.fixture
def ana(official_of: Callable[[str, str], Official]) -> Official:
    """Processes expedientes in the unit of the procedure."""
    return official_of("processor", "ESP")


@pytest.fixture
def stranger(official_of: Callable[[str, str], Official]) -> Official:
    """Of another unit."""
    return official_of("processor", "URB")
