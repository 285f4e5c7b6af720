"""A tiny procedure with a fee, a correction and an end, published; who files it and who works on it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from engine.assembly import import_rooms
from engine.expedientes import queries
from engine.expedientes.drafts import operations as drafts
from engine.expedientes.drafts import queries as draft_queries
from engine.expedientes.drafts.models import Draft
from engine.expedientes.drafts.queries import CheckSheet, Filed
from engine.payments import operations as payments
from engine.payments.gateway import Notice, Outcome, signed_notices
from engine.people import operations as people
from engine.people.models import Person, Unit
from engine.people.queries import load_citizen_actor, load_official_actor
from engine.permissions import Actor
from engine.procedures.operations import publish
from engine.townhall import Call, TownHall
from engine.workflow import operations as workflow
from engine.workflow.queries import Inbox, WorkItemRow, inbox
from tests.engine.workflow.models import Model, begun

import_rooms()

TODAY = date(2026, 11, 24)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
FORM = {
    "key": "kiosk",
    "version": 1,
    "title": "Puesto en el mercado",
    "pages": [
        {
            "id": "site",
            "title": "El puesto",
            "fields": [
                {"name": "street", "kind": "text", "label": "Calle"},
                {"name": "width", "kind": "number", "label": "Metros de frente"},
                {
                    "name": "phone",
                    "kind": "phone",
                    "label": "Teléfono",
                    "required": False,
                    "prefill": "person.phone",
                },
                {
                    "name": "holder",
                    "kind": "text",
                    "label": "Titular",
                    "prefill": "person.name",
                    "locked": True,
                },
            ],
        },
        {
            "id": "helpers",
            "title": "Ayudantes",
            "repeat": "helpers",
            "item_label": "Ayudante",
            "max_items": 3,
            "fields": [
                {"name": "name", "kind": "text", "label": "Nombre"},
                {"name": "hours", "kind": "number", "label": "Horas", "required": False},
            ],
        },
    ],
    "attachments": [{"key": "plan", "title": "Plano del puesto", "minimum": 1, "maximum": 2}],
    "declarations": [{"id": "true", "version": 3, "text": "Los datos son ciertos."}],
}
REVIEW = {
    "key": "review",
    "version": 1,
    "title": "Revisar",
    "pages": [
        {
            "id": "review",
            "title": "Revisar",
            "fields": [
                {
                    "name": "decision",
                    "kind": "radios",
                    "label": "Decisión",
                    "options": [
                        {"value": "correct", "label": "Pedir corrección"},
                        {"value": "grant", "label": "Conceder"},
                        {"value": "wait", "label": "Seguir"},
                    ],
                },
                {
                    "name": "amount",
                    "kind": "money",
                    "label": "Importe",
                    "when": {"eq": ["decision", "grant"]},
                },
            ],
        }
    ],
}
TOML = """
key = "kiosk"
version = 1
title = "Puesto en el mercado"
summary = "Pida un puesto en el mercado de los miércoles."
channel = "sede"
unit = "URB"
organ = "Alcaldía"
series = "KIO"
legal_basis = ["Ordenanza del mercado, artículo 4"]

[term]
text = "dos meses"
length = "2 months"

[silence]
effect = "negative"
text = "Si no contestamos en plazo, puede entender denegada la solicitud."
"""
FEE = """
[fee]
concept = "Tasa del mercado"
explanation = "Por puesto."
source = "Ordenanza fiscal 7"
amount = "12.50"
"""
FEE_BY_WIDTH = FEE.replace('amount = "12.50"', 'decision = "fee"')
"""Five euros a metre: 12.50 for the width that `write` gives, nothing for a width of zero."""

DECISIONS = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d"
 namespace="x"><decision id="fee" name="fee"><variable name="fee"/><literalExpression>
<text>width * 5</text></literalExpression></decision></definitions>"""
PROPERTIES = (
    "<bpmn:extensionElements><spiffworkflow:properties>{}</spiffworkflow:properties>"
    "</bpmn:extensionElements>"
)


def user(model: Model, identifier: str, title: str, **properties: str) -> Model:
    inside = "".join(
        f'<spiffworkflow:property name="{key}" value="{value}"/>'
        for key, value in properties.items()
    )
    return model.node("userTask", identifier, f'name="{title}"', PROPERTIES.format(inside))


def process() -> bytes:
    """Review; ask for a correction as often as needed; grant and close."""
    model = begun()
    user(model, "review", "Revisar", role="processor", unit="URB", phase="instruction")
    user(model, "amend", "Corregir la solicitud", kind="correction", phase="correction")
    model.node("exclusiveGateway", "which", 'default="which_review"')
    model.service("close", "expedientes/close", result="closed", outcome="&quot;granted&quot;")
    model.flow("start", "review", "which", "review")
    model.when("which", "amend", 'review.decision = "correct"')
    model.when("which", "close", 'review.decision = "grant"')
    return model.flow("amend", "review").flow("close", "end").xml()


def package(*, fee: str = "", model: bytes | None = None, **changes: Any) -> dict[str, bytes]:
    toml = TOML
    for key, value in changes.items():
        toml = "\n".join(
            f"{key} = {json.dumps(value)}" if line.startswith(f"{key} = ") else line
            for line in toml.splitlines()
        )
    decisions = {"decisions.dmn": DECISIONS} if fee == FEE_BY_WIDTH else {}
    return {
        **decisions,
        "procedure.toml": (toml + fee).encode(),
        "process.bpmn": model or process(),
        "form.json": json.dumps(FORM).encode(),
        "staff/review.json": json.dumps(REVIEW).encode(),
        "documents/notice.html": b"<p>{{ expediente.numero }} {{ interesado.nombre }} "
        b"{{ registro.codigo }} {{ unidad }} {{ procedimiento.termino }}</p>",
    }


@dataclass
class Town:
    """The town hall with its people, and the short way to each step of a filing."""

    hall: TownHall
    citizen: Person
    company: Person
    unit: Unit
    processor: Actor

    def publish(self, **changes: Any) -> None:
        publish(self.hall.system("test"), files=package(**changes))

    def actor(self, person: Person | None = None, behalf: Person | None = None) -> Actor:
        with self.hall.database.reading() as session:
            return load_citizen_actor(
                session,
                (person or self.citizen).id,
                TODAY,
                behalf.id if behalf is not None else None,
            )

    def call(self, person: Person | None = None, behalf: Person | None = None) -> Call:
        return self.hall.call(self.actor(person, behalf))

    def begin(self, call: Call | None = None) -> Draft:
        return drafts.begin(call or self.call(), procedure_key="kiosk")

    def write(self, call: Call, draft_id: UUID, **typed: str) -> drafts.SavedPage:
        data: Mapping[str, Sequence[str]] = {
            key: [value]
            for key, value in {"street": "Calle Nueva", "width": "2,5", **typed}.items()
        }
        revision = self.sheet(call, draft_id).view.revision
        return drafts.save_page(
            call, draft_id=draft_id, page_id="site", data=data, revision=revision
        )

    def attach(self, call: Call, draft_id: UUID, name: str = "plano.pdf", data: bytes = PDF) -> int:
        return drafts.attach(
            call,
            draft_id=draft_id,
            key="plan",
            name=name,
            stream=io.BytesIO(data),
            revision=self.sheet(call, draft_id).view.revision,
        )

    def complete(self, call: Call | None = None) -> UUID:
        """A draft that has all that it needs."""
        call = call or self.call()
        draft_id = self.begin(call).id
        self.write(call, draft_id)
        self.attach(call, draft_id)
        return draft_id

    def sheet(self, call: Call, draft_id: UUID) -> CheckSheet:
        with self.hall.database.reading() as session:
            return draft_queries.check_sheet(session, draft_id, call.actor)

    def file(self, call: Call, draft_id: UUID, **changes: Any) -> Filed:
        sheet = self.sheet(call, draft_id)
        values: dict[str, Any] = {
            "revision": sheet.view.revision,
            "shown_sha256": sheet.sha256,
            "declarations": ["true"],
            "consent": True,
            "method": "demo",
            "level": "substantial",
            "request_id": "request-1",
        }
        return drafts.file(call, draft_id=draft_id, **{**values, **changes})

    def filed(self, call: Call | None = None) -> Filed:
        call = call or self.call()
        return self.file(call, self.complete(call))

    def pay(self, call: Call, draft_id: UUID) -> None:
        attempt = drafts.pay(call, draft_id=draft_id)
        notice = Notice(attempt.reference, Outcome.ACCEPTED, attempt.amount, "A-77")
        payments.take_notice(
            self.hall.system("payments.callback"), notice=signed_notices(self.hall).sign(notice)
        )

    def task(self) -> WorkItemRow:
        """The processor's next task, claimed."""
        with self.hall.database.reading() as session:
            (item,) = inbox(session, self.processor, Inbox.ALL)
        if item.assignee_id is None:
            workflow.claim(self.staff(), work_item_id=item.id, version=item.version)
        with self.hall.database.reading() as session:
            return inbox(session, self.processor, Inbox.MINE)[0]

    def staff(self) -> Call:
        return self.hall.call(self.processor)

    def view(self, expediente_id: UUID, actor: Actor | None = None) -> queries.ExpedienteView:
        with self.hall.database.reading() as session:
            return queries.expediente(session, expediente_id, actor or self.actor())


@pytest.fixture
def town(hall: TownHall, citizen: Person, company: Person, unit: Unit) -> Town:
    system = hall.system("test")
    official = people.register_official(
        system,
        code="l.prida",
        document_number="00000001R",
        name="Llara",
        surname1="Prida",
        surname2="Cueto",
        title="Administrativa",
    )
    people.assign_post(
        system, official_id=official.id, unit_id=unit.id, role="processor", valid_from=TODAY
    )
    with hall.database.reading() as session:
        processor = load_official_actor(session, official.id, TODAY)
    return Town(hall, citizen, company, unit, processor)


@pytest.fixture
def head(town: Town) -> Call:
    """The head of the unit, who decides how its terms run."""
    official = people.register_official(
        town.hall.system("test"),
        code="b.riva",
        document_number="00000002W",
        name="Berta",
        surname1="Riva",
        surname2="Soto",
        title="Jefa de servicio",
    )
    people.assign_post(
        town.hall.system("test"),
        official_id=official.id,
        unit_id=town.unit.id,
        role="head",
        valid_from=TODAY,
    )
    with town.hall.database.reading() as session:
        return town.hall.call(load_official_actor(session, official.id, TODAY))


Run = Callable[[], int]
