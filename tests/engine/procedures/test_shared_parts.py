"""Shared parts: written once, called by their key, stored with the version that calls them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from engine.clock import FixedClock
from engine.procedures.binding import bound_model, with_parts
from engine.procedures.operations import publish
from engine.procedures.package import check_package, fingerprint, load_procedure, read_folder
from engine.procedures.parts import InvalidPart, calls, read_part
from engine.procedures.queries import current
from engine.procedures.scenarios import run_tests
from engine.townhall import TownHall
from engine.workflow.definitions import load_definition
from engine.workflow.elements import elements_of
from engine.workflow.simulate import Simulation, simulate
from tests.engine.procedures.conftest import PROCESSES, files_of

PART = b"""
key = "core-sum"
title = "Sumar"
summary = "Suma."
legal_basis = ["Ley 1"]
[parameters.first]
text = "uno"
[parameters.second]
text = "otro"
default = "first"
[parameters.third]
text = "el de quien llama"
default = "base"
[results.total]
text = "la suma"
value = "subtotal * 10"
"""
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="x">'
)


def process(key: str, steps: str, *order: str, prefix: str = "") -> bytes:
    """A model whose steps follow one another, between a start and an end."""
    names = [f"{prefix}begin", *order, f"{prefix}over"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'
        for source, target in pairwise(names)
    )
    return (
        f'{HEAD}<bpmn:process id="{key}" isExecutable="true"><bpmn:startEvent id="{names[0]}"/>'
        f'{steps}<bpmn:endEvent id="{names[-1]}"/>{flows}</bpmn:process></bpmn:definitions>'
    ).encode()


def script(name: str, text: str) -> str:
    return (
        f'<bpmn:scriptTask id="{name}" scriptFormat="feel"><bpmn:script>{text}</bpmn:script>'
        "</bpmn:scriptTask>"
    )


def call(name: str, called: str = "core-sum", **given: str) -> str:
    said = "".join(
        f'<spiffworkflow:property name="{key}" value="{value}"/>' for key, value in given.items()
    )
    return (
        f'<bpmn:callActivity id="{name}" calledElement="{called}"><bpmn:extensionElements>'
        f"<spiffworkflow:properties>{said}</spiffworkflow:properties></bpmn:extensionElements>"
        "</bpmn:callActivity>"
    )


def sums(*steps: str, order: tuple[str, ...]) -> dict[str, bytes]:
    """A package that calls the part that adds."""
    added = script("sum_add", "{ subtotal: first + second + third }")
    return {
        "process.bpmn": process("caller", "".join(steps), *order),
        "shared/core-sum/part.toml": PART,
        "shared/core-sum/process.bpmn": process("core-sum", added, "sum_add", prefix="sum_"),
    }


def played(files: dict[str, bytes], clock: FixedClock, **data: int) -> Simulation:
    result = simulate(bound_model(files), data, clock.now())
    assert [item for item in result.findings if item.level == "error"] == []
    return result


def test_a_part_gets_what_the_call_says_and_leaves_only_its_results(clock: FixedClock) -> None:
    files = sums(call("one", first="=base + 1", second="=base"), order=("one",))
    found = played(files, clock, base=2)
    assert found.completed
    assert found.data["one"] == {"total": 70}
    assert not {"subtotal", "first", "second", "third"} & found.data.keys()


def test_a_default_is_feel_of_the_caller_or_another_parameter(clock: FixedClock) -> None:
    files = sums(call("one", first="=5"), order=("one",))
    assert played(files, clock, base=2).data["one"] == {"total": 120}


def test_two_calls_of_one_part_at_once_do_not_mix(clock: FixedClock) -> None:
    steps = (
        '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'
        f"{call('one', first='=1')}{call('two', first='=2')}"
    )
    model = process("caller", steps, "fork", "one", "join").decode()
    more = "".join(
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'
        for source, target in (("fork", "two"), ("two", "join"))
    )
    files = sums(order=())
    files["process.bpmn"] = model.replace("</bpmn:process>", f"{more}</bpmn:process>").encode()
    found = played(files, clock, base=0)
    assert (found.data["one"], found.data["two"]) == ({"total": 20}, {"total": 40})


def test_a_result_may_have_another_name(clock: FixedClock) -> None:
    files = sums(call("one", first="=1", resultVariable="other"), order=("one",))
    assert played(files, clock, base=0).data["other"] == {"total": 20}


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (call("one"), "a «core-sum» le falta el parámetro «first»: uno"),
        (call("one", first="1", fourth="2"), "«core-sum» no recibe el parámetro «fourth»"),
        (call("one", first="1", results="x"), "lo que deja «core-sum» lo dice su part.toml"),
        (
            call("one", called="core-other"),
            "llama al proceso «core-other», que no está en el fichero",
        ),
    ],
)
def test_a_call_that_does_not_fit_is_told_with_its_element(step: str, message: str) -> None:
    found = check_package(sums(step, order=("one",)))
    assert (message, "one") in {(item.message, item.element) for item in found}


def test_a_part_may_call_another_and_both_come_with_the_package(tmp_path: Path) -> None:
    shelf = tmp_path / "shared"
    files = sums(call("one", first="=1"), order=("one",))
    for key in ("core-sum", "core-twice"):
        (shelf / key).mkdir(parents=True)
        (shelf / key / "part.toml").write_bytes(PART.replace(b"core-sum", key.encode()))
    (shelf / "core-sum" / "process.bpmn").write_bytes(files["shared/core-sum/process.bpmn"])
    inner = call("twice_sum", first="=first")
    (shelf / "core-twice" / "process.bpmn").write_bytes(
        process("core-twice", inner, "twice_sum", prefix="twice_")
    )
    package = tmp_path / "package"
    package.mkdir()
    (package / "process.bpmn").write_bytes(
        process("caller", call("one", called="core-twice", first="=1"), "one")
    )
    found = read_folder(package)
    assert {name for name in found if name.startswith("shared/")} == {
        f"shared/{key}/{name}"
        for key in ("core-sum", "core-twice")
        for name in ("part.toml", "process.bpmn")
    }
    nodes = elements_of(load_definition(bound_model(found))).nodes
    assert {nodes["twice_sum"].process, nodes["sum_add"].process} == {"core-twice", "core-sum"}


def test_a_published_version_keeps_its_parts_and_a_part_that_changes_changes_the_fingerprint(
    townhall: TownHall,
) -> None:
    files = files_of("terrace-permit")
    publish(townhall.system("test"), files=files)
    with townhall.database.reading() as session:
        stored = current(session, "terrace-permit")
    assert stored.model == load_procedure(files).model
    assert b"admission_check" in stored.model
    assert "admission_requirement" in stored.templates
    assert {"admission_check", "resolution_review"} <= stored.staff_forms.keys()
    name = "shared/core-hearing/part.toml"
    assert fingerprint({**files, name: files[name] + b"\n"}) != fingerprint(files)


def test_a_packages_own_form_and_document_stand_in_place_of_the_parts() -> None:
    found = load_procedure(files_of("terrace-permit"))
    assert found.staff_forms["admission_check"].key == "terrace-permit-check"
    assert "terraza" in found.templates["admission_requirement"]


def test_a_model_without_calls_is_left_byte_by_byte_as_it_is() -> None:
    files = files_of("invoice")
    assert calls(files["process.bpmn"]) == ()
    assert bound_model(files) is files["process.bpmn"]


@pytest.fixture
def part(tmp_path: Path) -> Path:
    folder = tmp_path / "shared" / "core-hearing"
    shutil.copytree(PROCESSES / "shared" / "core-hearing", folder)
    return folder


Change = Callable[[str], str]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "process.bpmn",
            lambda text: text.replace("hearing_draft", "draft"),
            "los nombres de «core-hearing» empiezan por «hearing_»",
        ),
        (
            "process.bpmn",
            lambda text: text.replace('process id="core-hearing"', 'process id="hearing"'),
            "el proceso de la parte se llama «core-hearing»",
        ),
        (
            "part.toml",
            lambda text: text.replace("summary", "sumary"),
            "falta summary, sobra sumary",
        ),
        (
            "part.toml",
            lambda text: text.replace("[parameters.rule]", "[parameters.phase]"),
            "un parámetro no se llama «phase»",
        ),
        (
            "part.toml",
            lambda text: text.replace("hearing_allege != null", "hearing_allege !"),
            "«results.alleged» no es FEEL",
        ),
        (
            "part.toml",
            lambda text: text.replace("[parameters.template]", "[parameters.document]"),
            "ningún paso da «template»",
        ),
    ],
)
def test_a_part_is_checked_by_itself(part: Path, name: str, change: Change, message: str) -> None:
    path = part / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert any(message in item.message for item in check_package(read_folder(part)))


def test_a_part_says_what_each_thing_is() -> None:
    with pytest.raises(InvalidPart, match="no es la clave de una parte"):
        read_part(PART.replace(b"core-sum", b"sum"))
    with pytest.raises(InvalidPart, match="no es TOML"):
        read_part(b"key =")
    assert read_part(PART).prefix == "sum_"


def test_a_packages_coverage_counts_its_own_elements_and_not_its_parts(clock: FixedClock) -> None:
    report = run_tests(PROCESSES / "terrace-permit", clock.now())
    assert report.coverage.missed == ()
    model = with_parts(
        (PROCESSES / "terrace-permit" / "process.bpmn").read_bytes(), PROCESSES / "terrace-permit"
    )
    rules = (PROCESSES / "terrace-permit" / "decisions.dmn").read_bytes()
    nodes = elements_of(load_definition(model, rules)).nodes
    walked = set().union(*(each.trace.nodes for each in report.scenarios))
    assert "resolution_review" in nodes.keys() - walked


def test_what_follows_the_last_step_of_a_part_is_what_follows_its_call() -> None:
    procedure = load_procedure(files_of("terrace-permit"))
    known = elements_of(load_definition(procedure.model, procedure.decisions))
    ways = {(flow.source, flow.target) for flow in known.ways}
    assert ("admission", "admission_received") in ways
    assert ("admission_accepted", "admitted") in ways
    order = [node.id for node in known.in_order()]
    assert order.index("admission") < order.index("admission_check") < order.index("technical")
