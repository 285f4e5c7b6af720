"""The units, the officials and the services that the town's own procedures ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.assembly import import_rooms
from engine.operation import Act
from engine.people import operations as people
from engine.people.models import PersonKind
from engine.people.queries import load_citizen_actor, load_official_actor
from engine.permissions import Actor
from engine.procedures.package import read_folder
from engine.services import SERVICES, InstanceView
from engine.townhall import TownHall
from engine.workflow import operations as workflow
from engine.workflow.queries import Inbox, WorkItemRow, inbox

import_rooms()

PROCESSES = Path(__file__).parents[3] / "processes"
TODAY = date(2026, 11, 24)


def files_of(key: str) -> dict[str, bytes]:
    """The files of one of the town's own packages."""
    return read_folder(PROCESSES / key)


@dataclass(frozen=True)
class Town:
    """Who acts in the town's procedures."""

    hall: TownHall
    commerce: Actor
    planning: Actor
    mayor: Actor
    citizen: Actor
    units: Mapping[str, UUID]

    def work(self, actor: Actor, **data: Any) -> str:
        """Take the only work of an official and complete it; the element's id."""
        item = self.only(actor)
        workflow.claim(self.hall.call(actor), work_item_id=item.id, version=item.version)
        workflow.complete(
            self.hall.call(actor), work_item_id=item.id, version=item.version + 1, data=data
        )
        return item.element

    def only(self, actor: Actor) -> WorkItemRow:
        """The only open work of an official."""
        (item,) = self.inbox(actor)
        return item

    def inbox(self, actor: Actor) -> tuple[WorkItemRow, ...]:
        with self.hall.database.reading() as session:
            return inbox(session, actor, Inbox.ALL)


@pytest.fixture
def town(townhall: TownHall) -> Town:
    system = townhall.system("test")
    units = {
        code: people.create_unit(system, code=code, dir3=f"LA000000{number}", name=name).id
        for number, (code, name) in enumerate(
            (
                ("ESP", "Espacio Público y Comercio"),
                ("URB", "Urbanismo y Obras"),
                ("ALC", "Alcaldía"),
            )
        )
    }
    officials = []
    for number, (code, role, document) in enumerate(
        (
            ("ESP", "processor", "12345678Z"),
            ("URB", "technician", "87654321X"),
            ("ALC", "mayor", "00000001R"),
        )
    ):
        official = people.register_official(
            system,
            code=f"official.{number}",
            document_number=document,
            name=("Nel", "Llara", "Covadonga")[number],
            surname1="Prida",
            surname2="Cueto",
            title="Empleo público",
        )
        people.assign_post(
            system, official_id=official.id, unit_id=units[code], role=role, valid_from=TODAY
        )
        officials.append(official.id)
    person = people.register_person(
        system,
        kind=PersonKind.INDIVIDUAL,
        document_number="11111111H",
        name="Xuan",
        surname1="Suárez",
    )
    with townhall.database.reading() as session:
        commerce, planning, mayor = (
            load_official_actor(session, each, TODAY) for each in officials
        )
        citizen = load_citizen_actor(session, person.id, TODAY)
    return Town(townhall, commerce, planning, mayor, citizen, units)


@dataclass
class Served:
    """The services as the tests of models see them: what was asked, and what they answer."""

    calls: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def asked(self, element: str) -> Mapping[str, Any]:
        """The parameters of the last call of an element."""
        return [given for _name, at, given in self.calls if at == element][-1]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """The rooms' services replaced by ones that answer at once."""
    told = Served(
        answers={
            "documents/render": {"document_id": "01990000-0000-7000-8000-000000000001"},
            "signing/request": {"signed": True},
            "notifications/notify": {"notified": True, "at": "2026-11-24T09:00:00+00:00"},
            "notifications/advise": {"notices": []},
            "expedientes/communicate": {"document_id": "01990000-0000-7000-8000-000000000003"},
            "expedientes/decide": {"allowed": True, "reason": "", "silence": None},
            "expedientes/close": {"index_document_id": "01990000-0000-7000-8000-000000000002"},
        }
    )

    def stand_in(name: str) -> Any:
        def called(_act: Act, view: InstanceView, **parameters: Any) -> Any:
            told.calls.append((name, view.element_id, parameters))
            return told.answers[name]

        return called

    for name in told.answers:
        monkeypatch.setitem(SERVICES, name, stand_in(name))
    return told
