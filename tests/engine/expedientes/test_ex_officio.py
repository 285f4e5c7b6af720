"""Beginning a procedure that nobody asked for, with the form of who begins it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.expedientes import operations as expedientes
from engine.expedientes import queries
from engine.expedientes.ex_officio.operations import begin_ex_officio
from engine.expedientes.ex_officio.queries import openings
from engine.people.models import PersonKind
from engine.people.queries import person, person_by_document
from engine.procedures.operations import publish as publish_package
from engine.procedures.package import InvalidPackage, check_package
from engine.workflow.queries import data_of, instance_of
from tests.engine.expedientes.conftest import Town, package

FORM = {
    "key": "kiosk",
    "version": 1,
    "title": "Denuncia",
    "pages": [
        {
            "id": "facts",
            "title": "Hechos",
            "fields": [
                {"name": "street", "kind": "text", "label": "Calle"},
                {"name": "amount", "kind": "money", "label": "Importe"},
                {"name": "document", "kind": "nif", "label": "Documento"},
                {"name": "name", "kind": "text", "label": "Nombre"},
                {"name": "surname", "kind": "text", "label": "Apellido", "required": False},
            ],
        }
    ],
}
OPENING = """
[opening]
role = "processor"
initiative = "complaint"
[opening.person]
document = "document"
name = "name"
surname1 = "surname"
street = "street"
"""
TYPED = {
    "street": ["Calle Nueva, 3"],
    "amount": ["12,50"],
    "document": ["98233418G"],
    "name": ["Xosefa"],
    "surname": ["Argüelles"],
}


def files(opening: str = OPENING, form: dict[str, Any] = FORM, **changes: Any) -> dict[str, bytes]:
    made = package(channel="internal", subject="street", **changes)
    made["procedure.toml"] += opening.encode()
    made["form.json"] = json.dumps(form).encode()
    return made


def publish(town: Town, **changes: Any) -> None:
    publish_package(town.hall.system("test"), files=files(**changes))


def test_an_official_begins_a_procedure_and_whom_it_is_about_is_added(town: Town) -> None:
    """INI-1: ex officio, with the class of initiative that the procedure says."""
    publish(town)
    row = begin_ex_officio(town.staff(), procedure_key="kiosk", data=TYPED)
    with town.hall.database.reading() as session:
        known = person_by_document(session, "98233418G")
        assert known is not None
        added = person(session, known.id)
        assert (row.person_id, added.kind) == (known.id, PersonKind.INDIVIDUAL.value)
        assert added.display_name == "Xosefa Argüelles"
        assert added.address == {"street": "Calle Nueva, 3"}
        data = data_of(session, instance_of(session, row.id))
        view = queries.expediente(session, row.id, town.processor)
    assert data["opened"]["by"] == str(town.processor.id)
    assert data["opened"]["initiative"] == "complaint"
    assert str(data["request"]["amount"]) == "12.50"
    assert row.entry_id is None
    assert view.answers[0].title == "Hechos"
    assert view.due is not None, "its term runs from the beginning"


def test_what_is_known_of_a_person_is_not_changed_by_what_an_official_types(town: Town) -> None:
    publish(town)
    number = town.citizen.document_number
    typed = {**TYPED, "document": [number], "name": ["Otro nombre"]}
    row = begin_ex_officio(town.staff(), procedure_key="kiosk", data=typed)
    with town.hall.database.reading() as session:
        known = person(session, town.citizen.id)
    assert row.person_id == town.citizen.id
    assert known.display_name == town.citizen.display_name


def test_a_company_is_added_as_one_and_is_obliged(town: Town) -> None:
    publish(town)
    typed = {**TYPED, "document": ["B33996950"], "name": ["Áridos Pravia, S. L."]}
    row = begin_ex_officio(town.staff(), procedure_key="kiosk", data=typed)
    assert row.person_id is not None
    with town.hall.database.reading() as session:
        added = person(session, row.person_id)
    assert added.kind == PersonKind.COMPANY.value
    assert added.obliged


def test_every_field_at_fault_is_said_and_nothing_is_opened(town: Town) -> None:
    publish(town)
    with pytest.raises(BadInput) as caught:
        begin_ex_officio(town.staff(), procedure_key="kiosk", data={"document": ["1"]})
    assert {field for field, _ in caught.value.errors} == {"street", "amount", "document", "name"}
    with town.hall.database.reading() as session:
        assert queries.search(session, town.processor, "").total == 0


def test_only_the_role_that_the_procedure_names_begins_it(town: Town) -> None:
    publish(town, opening=OPENING.replace('"processor"', '"technician"'))
    with town.hall.database.reading() as session:
        assert openings(session, town.processor) == ()
    with pytest.raises(NotFound):
        begin_ex_officio(town.staff(), procedure_key="kiosk", data=TYPED)
    with pytest.raises(Refused):
        begin_ex_officio(town.call(), procedure_key="kiosk", data=TYPED)


def test_a_procedure_of_the_sede_is_not_begun_by_an_official(town: Town) -> None:
    town.publish()
    with town.hall.database.reading() as session:
        assert openings(session, town.processor) == ()
    with pytest.raises(NotFound):
        begin_ex_officio(town.staff(), procedure_key="kiosk", data=TYPED)


@pytest.mark.parametrize(
    ("opening", "fault"),
    [
        (OPENING.replace('"processor"', '"nobody"'), "no existe el papel «nobody»"),
        (OPENING.replace('"surname"', '"missing"'), "no tiene el campo «missing»"),
        (OPENING.replace('"complaint"', '"rumour"'), "«opening.initiative»"),
    ],
)
def test_an_opening_that_cannot_work_is_not_published(opening: str, fault: str) -> None:
    found = [item.message for item in check_package(files(opening))]
    assert any(fault in message for message in found), found


def test_a_procedure_of_the_sede_has_no_opening(town: Town) -> None:
    made = files()
    made["procedure.toml"] = made["procedure.toml"].replace(b'"internal"', b'"sede"')
    with pytest.raises(InvalidPackage, match="solo se inicia de oficio"):
        publish_package(town.hall.system("test"), files=made)


def test_nobody_withdraws_what_they_did_not_ask_for(town: Town) -> None:
    """INS-9: withdrawal is of an application; here there is none."""
    publish(town)
    typed = {**TYPED, "document": [town.citizen.document_number]}
    row = begin_ex_officio(town.staff(), procedure_key="kiosk", data=typed)
    with pytest.raises(RuleBroken, match="lo inició el ayuntamiento"):
        expedientes.withdraw(town.call(), expediente_id=row.id, reason="", consent=True)
