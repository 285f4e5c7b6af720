"""Small BPMN models, written by what matters in them."""

from __future__ import annotations

import itertools
from typing import Self

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="x">'
    '<bpmn:process id="p" isExecutable="true">'
)
TAIL = "</bpmn:process></bpmn:definitions>"


class Model:
    """Elements and flows; incoming and outgoing are filled in."""

    def __init__(self) -> None:
        self.nodes: list[tuple[str, str, str, str]] = []
        self.flows: list[tuple[str, str, str]] = []

    def node(self, kind: str, identifier: str, attributes: str = "", inside: str = "") -> Self:
        self.nodes.append((kind, identifier, attributes, inside))
        return self

    def user(self, identifier: str) -> Self:
        return self.node("userTask", identifier, f'name="{identifier}"')

    def script(self, identifier: str, text: str) -> Self:
        return self.node(
            "scriptTask", identifier, 'scriptFormat="feel"', f"<bpmn:script>{text}</bpmn:script>"
        )

    def service(self, identifier: str, name: str, result: str = "", **parameters: str) -> Self:
        listed = "".join(
            f'<spiffworkflow:parameter id="{key}" type="str" value="{value}"/>'
            for key, value in parameters.items()
        )
        variable = f' resultVariable="{result}"' if result else ""
        return self.node(
            "serviceTask",
            identifier,
            "",
            f'<bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="{name}"{variable}>'
            f"<spiffworkflow:parameters>{listed}</spiffworkflow:parameters>"
            "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements>",
        )

    def timer(self, identifier: str, text: str, attached: str = "") -> Self:
        inside = f"<bpmn:timerEventDefinition><bpmn:timeDuration>{text}</bpmn:timeDuration></bpmn:timerEventDefinition>"
        if attached:
            return self.node("boundaryEvent", identifier, f'attachedToRef="{attached}"', inside)
        return self.node("intermediateCatchEvent", identifier, "", inside)

    def flow(self, *path: str) -> Self:
        for source, target in itertools.pairwise(path):
            self.flows.append((source, target, ""))
        return self

    def when(self, source: str, target: str, condition: str) -> Self:
        self.flows.append((source, target, condition))
        return self

    def xml(self) -> bytes:
        parts = [HEAD]
        for kind, identifier, attributes, inside in self.nodes:
            incoming = "".join(
                f"<bpmn:incoming>{a}_{b}</bpmn:incoming>"
                for a, b, _ in self.flows
                if b == identifier
            )
            outgoing = "".join(
                f"<bpmn:outgoing>{a}_{b}</bpmn:outgoing>"
                for a, b, _ in self.flows
                if a == identifier
            )
            extension, rest = ("", inside)
            if inside.startswith("<bpmn:extensionElements>"):
                extension, rest = inside, ""
            parts.append(
                f'<bpmn:{kind} id="{identifier}" {attributes}>{extension}{incoming}{outgoing}{rest}</bpmn:{kind}>'
            )
        for source, target, condition in self.flows:
            inside = (
                f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>"
                if condition
                else ""
            )
            parts.append(
                f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>'
            )
        return "".join([*parts, TAIL]).encode()


def begun() -> Model:
    """A model with its start and its end."""
    return Model().node("startEvent", "start").node("endEvent", "end")
