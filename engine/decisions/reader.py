"""Reading a DMN file whole: its elements, and the graph of what requires what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from engine.decisions.boxed import BoxedReader
from engine.decisions.errors import DecisionError
from engine.decisions.findings import Finding
from engine.decisions.model import (
    Decision,
    DecisionModel,
    DecisionService,
    Element,
    InputData,
    Knowledge,
)
from engine.decisions.reading import MODEL_NAMESPACES, Reading
from engine.feel.functions import FUNCTIONS
from engine.feel.nodes import constant
from signatures.safe_xml import UnsafeXml, parse_xml

MAX_BYTES = 2_000_000
_UNDERSTOOD = frozenset(
    (
        "itemDefinition", "decision", "businessKnowledgeModel", "inputData", "decisionService",
        "knowledgeSource", "textAnnotation", "association", "elementCollection", "group",
        "performanceIndicator", "organizationUnit", "extensionElements", "description", "import",
    )
)  # fmt: skip


def read_model(xml: bytes) -> DecisionModel:
    """The model of a file; raises DecisionError at its first fault."""
    return ModelReader(Reading(read_root(xml))).model()


def read_root(xml: bytes) -> etree._Element:
    """The root of a DMN file; raises DecisionError."""
    try:
        root = parse_xml(xml, max_bytes=MAX_BYTES, max_depth=60, max_nodes=200_000)
    except UnsafeXml as error:
        raise DecisionError(str(error)) from None
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in MODEL_NAMESPACES:
        raise DecisionError("el fichero no es DMN 1.1 a 1.5")
    return root


class ModelReader:
    """Builds the model of one file."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._boxed = BoxedReader(reading)
        self._ids: set[str] = set()
        self._locals = reading.local_names()
        self._warnings: dict[str, list[Finding]] = {}
        self.used: dict[str, frozenset[str]] = {}

    def model(self) -> DecisionModel:
        """The whole file."""
        reading = self._reading
        reading.check_language(reading.root, reading.place(reading.root))
        for node in reading.root:
            self._check_element(node)
        inputs = {item.id: item for item in map(self._input, self._all("inputData"))}
        knowledge = {
            item.id: item for item in map(self._knowledge, self._all("businessKnowledgeModel"))
        }
        decisions = {item.id: item for item in map(self._decision, self._all("decision"))}
        services = {item.id: item for item in map(self._service, self._all("decisionService"))}
        model = DecisionModel(decisions, inputs, knowledge, services, self._warnings)
        self._check_links(model)
        self._check_cycles(model)
        self._check_names(model)
        return model

    def _all(self, name: str) -> list[etree._Element]:
        return self._reading.children(self._reading.root, name)

    def _check_element(self, node: etree._Element) -> None:
        kind = self._reading.local(node)
        if kind == "import":
            name = node.get("name") or node.get("namespace") or ""
            self._reading.fault(
                f"el fichero importa «{name}» y aquí cada fichero se basta: ponga dentro lo que importa",
                name,
                "import",
            )
        elif kind and kind not in _UNDERSTOOD:
            self._reading.warn(f"«{kind}» no se usa", self._reading.place(node), "unused")

    def _id(self, node: etree._Element) -> str:
        place = self._reading.place(node)
        if place in self._ids:
            self._reading.fault(f"el identificador «{place}» está dos veces", place, "duplicate-id")
        self._ids.add(place)
        return place

    def _input(self, node: etree._Element) -> InputData:
        place = self._id(node)
        return InputData(place, self._reading.name(node), self._reading.variable_type(node, place))

    def _links(self, node: etree._Element, *kinds: str) -> tuple[str, ...]:
        """The ids of what an element requires; those of other files are a fault."""
        found = []
        place = self._reading.place(node)
        for link in node.iter():
            if self._reading.local(link) not in kinds:
                continue
            file, hash_sign, target = str(link.get("href", "")).rpartition("#")
            own = self._reading.root.get("namespace")
            if file and file != own:
                self._reading.fault(f"«{link.get('href')}» está en otro fichero", place, "import")
            elif hash_sign or target:
                found.append(target)
        return tuple(found)

    def _decision(self, node: etree._Element) -> Decision:
        reading, place = self._reading, self._id(node)
        reading.used.clear()
        logic = self._boxed.element(node)
        if logic is None:
            reading.fault("la decisión no tiene una tabla, una expresión ni un contexto", place)
        code = constant(None) if logic is None else self._boxed.expression(logic, place, place)
        self.used[place] = frozenset(reading.used)
        return Decision(
            place,
            reading.name(node),
            self._links(node, "requiredDecision", "requiredInput"),
            self._links(node, "requiredKnowledge"),
            reading.variable_type(node, place),
            code,
        )

    def _knowledge(self, node: etree._Element) -> Knowledge:
        reading, place = self._reading, self._id(node)
        reading.used.clear()
        logic = reading.child(node, "encapsulatedLogic")
        make: Any = constant(None)
        if logic is None:
            reading.fault("el conocimiento de negocio es una función FEEL", place)
        else:
            kind = reading.result_type(node, place)
            make = self._boxed.function(logic, place, place, kind)
        self.used[place] = frozenset(reading.used)
        return Knowledge(place, reading.name(node), self._links(node, "requiredKnowledge"), make)

    def _service(self, node: etree._Element) -> DecisionService:
        place = self._id(node)
        service = DecisionService(
            place,
            self._reading.name(node),
            self._links(node, "outputDecision"),
            self._links(node, "inputDecision"),
            self._links(node, "inputData"),
            self._reading.result_type(node, place),
        )
        if not service.outputs:
            self._reading.fault("el servicio no da ninguna decisión", place)
        return service

    # ---- the graph

    def _check_links(self, model: DecisionModel) -> None:
        """Everything that is required is in the file and of the kind that is said."""
        known = {**model.decisions, **model.inputs}
        invocable = {**model.knowledge, **model.services}
        for item in model.decisions.values():
            self._known(item.id, item.requires, known)
            self._known(item.id, item.knows, invocable)
        for knowledge in model.knowledge.values():
            self._known(knowledge.id, knowledge.knows, invocable)
        for service in model.services.values():
            decided = (*service.outputs, *service.input_decisions)
            self._known(service.id, decided, model.decisions)
            self._known(service.id, service.input_data, model.inputs)

    def _known(self, place: str, links: Iterable[str], known: Mapping[str, Any]) -> None:
        for link in links:
            if link not in known:
                self._reading.fault(f"requiere «{link}», que no existe", place, "missing-element")

    def _check_cycles(self, model: DecisionModel) -> None:
        """Nothing requires itself, through however many others."""
        graph: dict[str, tuple[str, ...]] = {
            **{item.id: (*item.requires, *item.knows) for item in model.decisions.values()},
            **{item.id: item.knows for item in model.knowledge.values()},
            **{item.id: item.outputs for item in model.services.values()},
        }
        done: set[str] = set()
        for start in graph:
            cycle = _cycle(graph, start, done)
            if cycle:
                path = " → ".join(cycle)
                message = f"la decisión se requiere a sí misma ({path})"
                self._reading.fault(message, cycle[0], "cycle")

    def _check_names(self, model: DecisionModel) -> None:
        """What expressions name and what their decision does not require, which will be null."""
        names: dict[str, str] = {}
        elements: list[Element] = [*model.inputs.values(), *model.decisions.values()]
        elements += (*model.knowledge.values(), *model.services.values())
        for item in elements:
            if item.name in names:
                message = f"«{item.name}» nombra también a «{names[item.name]}»"
                self._reading.fault(message, item.id, "duplicate-name")
            names[item.name] = item.id
        required = {item.id: {*item.requires, *item.knows} for item in model.decisions.values()}
        required |= {item.id: set(item.knows) for item in model.knowledge.values()}
        for user, links in required.items():
            for name in sorted(self.used.get(user, ())):
                self._check_name(user, name, names, links)

    def _check_name(
        self, place: str, name: str, names: Mapping[str, str], required: set[str]
    ) -> None:
        if name in names and names[name] not in required and name not in self._locals:
            message = f"usa «{name}» y no lo requiere: será nulo"
            self._reading.warn(message, place, "not-required")
            found = Finding("warning", "not-required", place, message)
            self._warnings.setdefault(place, []).append(found)
        elif name not in names and name not in FUNCTIONS and name not in self._locals:
            self._reading.warn(f"usa «{name}», que el fichero no declara", place, "unknown-name")


def _cycle(graph: Mapping[str, tuple[str, ...]], start: str, done: set[str]) -> list[str]:
    """A path from an element to itself; empty when there is none. Each element is walked once."""
    if start in done:
        return []
    path, pending = [start], [iter(graph[start])]
    while pending:
        following = next(pending[-1], None)
        if following is None:
            pending.pop()
            done.add(path.pop())
        elif following in path:
            done.update(path)
            return [*path[path.index(following) :], following]
        elif following in graph and following not in done:
            path.append(following)
            pending.append(iter(graph[following]))
    return []
