"""The catalogue: versions that never change, and a new procedure that needs no line of Python."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.operations import complete_task, open_ex_officio
from engine.procedures.operations import publish, retire
from engine.procedures.package import InvalidPackage, read_folder
from engine.procedures.queries import catalogue, current, procedure, search
from engine.townhall import TownHall
from engine.workflow import operations as workflow
from engine.workflow.models import InstanceState
from engine.workflow.queries import data_of, element_states, instance_of
from tests.engine.procedures.conftest import Town, files_of


def published(hall: TownHall, files: Mapping[str, bytes]) -> None:
    publish(hall.system("test"), files=files)


def titles(hall: TownHall) -> list[str]:
    with hall.database.reading() as session:
        return [item.title for item in catalogue(session)]


def test_the_catalogue_lists_what_is_filed_at_the_sede_by_title(townhall: TownHall) -> None:
    for key in ("terrace-permit", "general-request"):
        published(townhall, files_of(key))
    assert titles(townhall) == ["Autorización de terraza", "Instancia general"]
    with townhall.database.reading() as session:
        assert [item.key for item in search(session, "SILLAS mesas")] == ["terrace-permit"]
        terrace = current(session, "terrace-permit")
    assert terrace.silence == "negative"
    assert terrace.phase_words("hearing") == "Esperamos sus alegaciones"


def test_a_published_version_never_changes(townhall: TownHall) -> None:
    files = files_of("general-request")
    published(townhall, files)
    published(townhall, files)
    other = {**files, "documents/answer.html": b"<p>{{ answer.reply }}</p>"}
    with pytest.raises(RuleBroken, match="una versión publicada no cambia"):
        published(townhall, other)
    text = files["procedure.toml"].decode()
    published(
        townhall, {**other, "procedure.toml": text.replace("version = 2", "version = 3").encode()}
    )
    with townhall.database.reading() as session:
        assert current(session, "general-request").version == 3
        assert "answer.reply" in procedure(session, "general-request", 3).templates["answer"]
        assert "Respuesta" in procedure(session, "general-request", 2).templates["answer"]


def test_a_model_that_calls_what_the_town_hall_lacks_is_not_published(townhall: TownHall) -> None:
    files = files_of("general-request")
    model = files["process.bpmn"].replace(b"signing/request", b"signing/requested")
    with pytest.raises(InvalidPackage, match="no existe el servicio «signing/requested»"):
        published(townhall, {**files, "process.bpmn": model})
    assert titles(townhall) == []


def test_a_retired_version_leaves_the_catalogue_and_stays_for_what_began_with_it(
    townhall: TownHall,
) -> None:
    row = publish(townhall.system("test"), files=files_of("general-request"))
    with pytest.raises(BadInput):
        retire(townhall.system("test"), version_id=row.id, reason=" ")
    retire(townhall.system("test"), version_id=row.id, reason="La sustituye otra.")
    assert titles(townhall) == []
    with townhall.database.reading() as session:
        with pytest.raises(NotFound):
            current(session, "general-request")
        assert procedure(session, "general-request", 2).title == "Instancia general"


PROCEDURE = """
key = "dog-licence"
version = 1
title = "Licencia de perro peligroso"
summary = "Pida la licencia para tener un perro potencialmente peligroso."
channel = "sede"
unit = "ESP"
series = "PPP"
legal_basis = ["Ley 50/1999, de 23 de diciembre"]
[term]
text = "3 meses"
[silence]
effect = "positive"
text = "Puede entender que se concede."
[phases]
looking = "Lo estamos mirando"
"""
MODEL = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="x">
  <bpmn:process id="dog" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="look" name="Mirar la solicitud">
      <bpmn:extensionElements><spiffworkflow:properties>
        <spiffworkflow:property name="role" value="processor"/>
        <spiffworkflow:property name="unit" value="ESP"/>
        <spiffworkflow:property name="phase" value="looking"/>
      </spiffworkflow:properties></bpmn:extensionElements>
      <bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:userTask>
    <bpmn:scriptTask id="count" scriptFormat="feel">
      <bpmn:incoming>b</bpmn:incoming><bpmn:outgoing>c</bpmn:outgoing>
      <bpmn:script>{ total: look.dogs * 2 }</bpmn:script></bpmn:scriptTask>
    <bpmn:endEvent id="end"><bpmn:incoming>c</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="look"/>
    <bpmn:sequenceFlow id="b" sourceRef="look" targetRef="count"/>
    <bpmn:sequenceFlow id="c" sourceRef="count" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>"""
FIELDS = [{"name": "dogs", "kind": "integer", "label": "¿Cuántos perros?", "minimum": "1"}]


def form(key: str) -> str:
    pages = [{"id": "page", "title": "Perros", "fields": FIELDS}]
    return json.dumps({"key": key, "version": 1, "title": "Perros", "pages": pages})


def test_a_new_procedure_is_a_folder_and_not_a_line_of_code(town: Town, tmp_path: Path) -> None:
    """Written, published, offered, started, worked on and ended: only with files."""
    (tmp_path / "staff").mkdir()
    for name, text in (
        ("procedure.toml", PROCEDURE),
        ("process.bpmn", MODEL),
        ("form.json", form("dog-licence")),
        ("staff/look.json", form("look")),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    published(town.hall, read_folder(tmp_path))
    assert titles(town.hall) == ["Licencia de perro peligroso"]
    opened = open_ex_officio(
        town.hall.system("test"),
        procedure_key="dog-licence",
        title="Licencia para Sultán",
        data={},
        person_id=town.citizen.id,
    )
    assert (opened.number, opened.phase) == ("2026/PPP/000001", "looking")
    item = town.only(town.commerce)
    workflow.claim(town.hall.call(town.commerce), work_item_id=item.id, version=item.version)
    with pytest.raises(BadInput) as caught:
        complete_task(
            town.hall.call(town.commerce), work_item_id=item.id, version=2, data={"dogs": ["0"]}
        )
    assert [name for name, _message in caught.value.errors] == ["dogs"]
    complete_task(
        town.hall.call(town.commerce), work_item_id=item.id, version=2, data={"dogs": ["3"]}
    )
    with town.hall.database.reading() as session:
        instance = instance_of(session, opened.id)
        assert instance.state == InstanceState.COMPLETED.value
        assert data_of(session, instance)["total"] == 6
        assert set(element_states(session, instance).values()) == {"done"}
