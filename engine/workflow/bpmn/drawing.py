"""A model while it is being normalised: its tree, what was said of it, and the ways to change it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from engine.workflow.bpmn.findings import Finding
from engine.workflow.bpmn.names import BPMN, FLOW_NODES, SCOPES, SPIFF, id_of, kind_of

_BEFORE = frozenset(["documentation", "extensionElements", "auditing", "monitoring"])
etree.register_namespace("spiffworkflow", SPIFF[1:-1])


@dataclass
class Scope:
    """A process or a sub-process: its own nodes and flows, in the model's order."""

    element: etree._Element
    nodes: dict[str, etree._Element] = field(default_factory=dict)
    outgoing: dict[str, list[etree._Element]] = field(default_factory=dict)
    incoming: dict[str, list[etree._Element]] = field(default_factory=dict)

    @classmethod
    def of(cls, element: etree._Element) -> Scope:
        """Read the nodes and flows that stand directly in an element."""
        scope = cls(element)
        for child in element:
            kind = kind_of(child)
            if kind in FLOW_NODES:
                scope.nodes[id_of(child)] = child
            elif kind == "sequenceFlow":
                scope.outgoing.setdefault(str(child.get("sourceRef")), []).append(child)
                scope.incoming.setdefault(str(child.get("targetRef")), []).append(child)
        return scope

    def after(self, identifier: str) -> list[str]:
        """The ids of what follows a node."""
        return [str(flow.get("targetRef")) for flow in self.outgoing.get(identifier, ())]


class Draft:
    """The tree of a model, which the steps of the normalisation change."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self._before = etree.tostring(root)
        self._ids = {id_of(node) for node in root.iter(etree.Element) if node.get("id")}

    def note(self, *findings: Finding) -> None:
        """Say something of the model."""
        self.findings.extend(findings)

    def processes(self) -> list[etree._Element]:
        """The processes of the file."""
        return self.root.findall(f"{BPMN}process")

    def scopes(self) -> Iterator[Scope]:
        """The processes and their sub-processes, the outer ones first."""
        for process in self.processes():
            for node in list(process.iter(etree.Element)):
                if kind_of(node) in SCOPES:
                    yield Scope.of(node)

    def nodes(self, *kinds: str) -> list[etree._Element]:
        """The elements of these kinds in every process."""
        return [
            node
            for process in self.processes()
            for node in process.iter(*(f"{BPMN}{kind}" for kind in kinds))
        ]

    def fresh_id(self, wanted: str) -> str:
        """An id that no element has, derived from what it is for."""
        identifier, number = wanted, 2
        while identifier in self._ids:
            identifier, number = f"{wanted}_{number}", number + 1
        self._ids.add(identifier)
        return identifier

    def add(
        self, scope: etree._Element, kind: str, identifier: str, **names: str
    ) -> etree._Element:
        """A new element in a process or a sub-process."""
        described = {"id": self.fresh_id(identifier), **names}
        return etree.SubElement(scope, f"{BPMN}{kind}", described)

    def flow(self, scope: etree._Element, source: str, target: str, identifier: str) -> None:
        """A new flow between two nodes."""
        self.add(scope, "sequenceFlow", identifier, sourceRef=source, targetRef=target)

    def remove(self, node: etree._Element) -> None:
        """Take an element out of the model."""
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)

    def extensions(self, node: etree._Element) -> etree._Element:
        """The extension elements of a node, made if it had none."""
        found = node.find(f"{BPMN}extensionElements")
        if found is None:
            found = etree.Element(f"{BPMN}extensionElements")
            documented = node.findall(f"{BPMN}documentation")
            node.insert(len(documented), found)
        return found

    def put_property(self, node: etree._Element, name: str, value: str) -> bool:
        """Give an element one of our properties, unless it already has it; whether it was given."""
        place = self.extensions(node)
        properties = place.find(f"{SPIFF}properties")
        if properties is None:
            properties = etree.SubElement(place, f"{SPIFF}properties")
        if any(item.get("name") == name for item in properties):
            return False
        etree.SubElement(properties, f"{SPIFF}property", name=name, value=value)
        return True

    def put_script(self, node: etree._Element, when: str, entries: list[tuple[str, str]]) -> None:
        """Add entries, a name and its FEEL, to the script before (`preScript`) or after an element."""
        if not entries:
            return
        place = self.extensions(node)
        script = place.find(f"{SPIFF}{when}")
        if script is None:
            script = etree.SubElement(place, f"{SPIFF}{when}")
        added = ", ".join(f"{key}: {value}" for key, value in entries)
        known = (script.text or "").strip()
        if known.startswith("{") and known.endswith("}") and known[1:-1].strip():
            script.text = f"{{ {known[1:-1].strip()}, {added} }}"
        elif known.strip("{} "):
            script.text = f"context merge([{known}, {{ {added} }}])"
        else:
            script.text = f"{{ {added} }}"

    def insert_after(self, scope: Scope, identifier: str, wanted: str) -> etree._Element:
        """A new script, empty, through which everything that leaves a node goes."""
        task = self.add(scope.element, "scriptTask", wanted, scriptFormat="feel")
        etree.SubElement(task, f"{BPMN}script").text = "{}"
        for leaving in scope.outgoing.get(identifier, ()):
            leaving.set("sourceRef", id_of(task))
        self.flow(scope.element, identifier, id_of(task), f"{wanted}_flow")
        return task

    def copy_into(self, node: etree._Element, source: etree._Element) -> etree._Element:
        """A copy of an element inside another one, with an id of its own."""
        copy = deepcopy(source)
        copy.tail = None
        if copy.get("id"):
            copy.set("id", self.fresh_id(f"{id_of(node)}.{id_of(source)}"))
        node.append(copy)
        return copy

    def changed(self) -> bool:
        """Whether anything was rewritten."""
        return etree.tostring(self.root) != self._before

    def to_bytes(self) -> bytes:
        """The model as XML, its nodes naming the flows that they now have."""
        for scope in self.scopes():
            for identifier, node in scope.nodes.items():
                _name_flows(
                    node, scope.incoming.get(identifier, []), scope.outgoing.get(identifier, [])
                )
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")


def _name_flows(
    node: etree._Element, incoming: list[etree._Element], outgoing: list[etree._Element]
) -> None:
    """Write the `incoming` and `outgoing` of a node anew, where BPMN's schema wants them."""
    for old in [*node.findall(f"{BPMN}incoming"), *node.findall(f"{BPMN}outgoing")]:
        node.remove(old)
    place = 0
    for at, child in enumerate(node):
        if kind_of(child) in _BEFORE:
            place = at + 1
    for word, flows in (("incoming", incoming), ("outgoing", outgoing)):
        for flow in flows:
            reference = etree.Element(f"{BPMN}{word}")
            reference.text = id_of(flow)
            node.insert(place, reference)
            place += 1
