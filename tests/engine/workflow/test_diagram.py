"""The drawing of a process: whole, safe, and with its state told without colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from engine.procedures.binding import with_parts
from engine.workflow.definitions import load_definition
from engine.workflow.diagram import draw, steps
from engine.workflow.elements import Box, Elements, elements_of
from engine.workflow.lettering import width_of, wrap
from engine.workflow.sheets import open_sheets
from tests.engine.workflow.models import begun

PROCESSES = Path(__file__).parents[3] / "processes"
MODELS = sorted([*PROCESSES.glob("*/process.bpmn"), *PROCESSES.glob("shared/*/process.bpmn")])
NS = {"s": "http://www.w3.org/2000/svg"}


def elements(key: str) -> Elements:
    return read(PROCESSES / key / "process.bpmn")


def read(path: Path) -> Elements:
    """The elements of a model and of the shared parts that it calls."""
    rules = path.with_name("decisions.dmn")
    model = with_parts(path.read_bytes(), path.parent)
    return elements_of(load_definition(model, rules.read_bytes() if rules.is_file() else None))


def drawn(key: str, **states: str) -> etree._Element:
    return etree.fromstring(draw(elements(key), states).encode())


def group(svg: etree._Element, title: str) -> etree._Element:
    (found,) = (
        node
        for node in svg.iterfind(".//s:g", NS)
        if (node.findtext("s:title", namespaces=NS) or "").startswith(f"{title}:")
    )
    return found


def words(node: etree._Element) -> str:
    return " ".join(text.text or "" for text in node.iterfind(".//s:text", NS))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_every_element_and_every_flow_of_the_towns_models_is_drawn(path: Path) -> None:
    known = read(path).on("")
    assert all(node.box is not None for node in known.nodes.values())
    assert all(len(flow.points) > 1 for flow in known.flows)
    svg = etree.fromstring(draw(known, {}).encode())
    nodes = [node for node in svg.iterfind("s:g", NS) if "diagram-node" in node.get("class", "")]
    assert len(nodes) == len(known.nodes)
    lines = [node for node in svg.iterfind("s:path", NS) if node.get("class") == "diagram-flow"]
    assert len(lines) == len(known.flows)
    assert all(line.get("marker-end") for line in lines)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_no_name_of_the_towns_models_is_cut_and_no_step_lies_on_another(path: Path) -> None:
    known = read(path).on("")
    assert "…" not in words(etree.fromstring(draw(known, {}).encode()))
    boxes = [
        (node.id, node.box)
        for node in known.nodes.values()
        if node.box is not None and node.attached_to is None and node.kind != "subProcess"
    ]
    for number, (first, one) in enumerate(boxes):
        for second, other in boxes[number + 1 :]:
            assert not _overlap(one, other), f"{first} and {second}"


def _overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    down = one.y < other.y + other.height and other.y < one.y + one.height
    return across and down


def test_the_state_of_a_step_is_a_class_a_sign_and_a_word() -> None:
    svg = drawn("terrace-permit", admission="done", technical="current")
    assert group(svg, "Comprobar y corregir la solicitud").get("class") == "diagram-node is-done"
    assert group(svg, "Comprobar y corregir la solicitud").find("s:circle", NS) is not None
    current = group(svg, "Informe técnico")
    assert current.get("class") == "diagram-node is-current"
    assert "En curso" in words(current)
    pending = group(svg, "Resolver")
    assert pending.get("class") == "diagram-node is-pending"
    assert "En curso" not in words(pending)
    assert svg.get("role") == "img"
    named = svg.get("aria-labelledby", "").split()
    assert [svg.find(f".//*[@id='{name}']") is not None for name in named] == [True, True]
    assert "En curso: Informe técnico." in (svg.findtext("s:desc", namespaces=NS) or "")


def test_the_drawing_has_no_style_no_script_and_nothing_from_outside() -> None:
    svg = drawn("terrace-permit")
    for node in svg.iter():
        assert etree.QName(node).localname not in ("script", "style", "foreignObject", "image", "a")
        assert not any(key == "style" or key.startswith("on") for key in node.attrib)
        assert not any("http" in str(value) for value in node.attrib.values())


def test_a_name_with_markup_is_text() -> None:
    model = begun().node("userTask", "evil", 'name="&lt;script&gt;x&lt;/script&gt; &amp; más"')
    xml = model.flow("start", "evil", "end").xml().decode()
    shapes = "".join(
        f'<di:BPMNShape bpmnElement="{name}"><dc:Bounds x="{x}" y="0" width="120" height="80"/></di:BPMNShape>'
        for name, x in (("start", 0), ("evil", 200), ("end", 400))
    )
    drawing = (
        '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><di:BPMNPlane bpmnElement="p">'
        f"{shapes}</di:BPMNPlane></di:BPMNDiagram></bpmn:definitions>"
    )
    definition = load_definition(xml.replace("</bpmn:definitions>", drawing).encode())
    svg = draw(elements_of(definition), {})
    assert "<script>" not in svg
    assert "&lt;script&gt;" in svg


def test_a_model_without_a_drawing_is_only_told() -> None:
    known = elements_of(load_definition(begun().user("ask").flow("start", "ask", "end").xml()))
    assert draw(known, {}) == ""
    assert steps(known, {}) == (("ask", "pending"),)


def test_the_list_tells_what_is_done_and_what_may_still_come() -> None:
    known = elements("terrace-permit")
    waiting = {"registered": "done", "admission": "done", "admission_check": "done"}
    waiting |= {"technical": "current", "report_write": "current"}
    said = dict(steps(known, waiting))
    assert said["Comprobar la solicitud"] == "done"
    assert said["Informe"] == "current"
    assert said["Propuesta de resolución"] == "pending"
    ended = {"admission_check": "done", "report_write": "done", "close": "done", "finished": "done"}
    assert dict(steps(known, ended)) == {
        "Comprobar la solicitud": "done",
        "Informe": "done",
        "Cerrar el expediente": "done",
    }


def test_a_called_process_is_drawn_apart_while_something_in_it_is_open() -> None:
    known = elements("terrace-permit")
    assert set(known.sheets) > {"core-admission", "core-hearing"}
    assert not any(node.process == "core-admission" for node in known.on("").nodes.values())
    (sheet,) = open_sheets(
        known, {"admission": "current", "admission_check": "done", "admission_correct": "current"}
    )
    assert (sheet.key, sheet.inside) == ("core-admission", ("Comprobar y corregir la solicitud",))
    svg = etree.fromstring(sheet.svg.encode())
    assert "En curso" in words(group(svg, "Corregir la solicitud"))
    assert group(svg, "Comprobar la solicitud").get("class") == "diagram-node is-done"
    identifiers = {node.get("id") for node in svg.iter() if node.get("id")}
    assert not identifiers & {
        node.get("id") for node in drawn("terrace-permit").iter() if node.get("id")
    }
    assert open_sheets(known, {"close": "current"}) == ()


def test_text_is_broken_between_words_and_shortened_only_at_the_end() -> None:
    assert wrap("Preparar la resolución de desistimiento", 106, 12, 4) == (
        "Preparar la",
        "resolución de",
        "desistimiento",
    )
    assert wrap("", 100, 12, 2) == ()
    lines = wrap("una frase larga que no cabe en dos líneas", 60, 12, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    long = wrap("Hipopotomonstrosesquipedaliofobia", 60, 12, 9)
    assert "".join(long) == "Hipopotomonstrosesquipedaliofobia"
    assert all(width_of(line, 12) <= 60 for line in long)
