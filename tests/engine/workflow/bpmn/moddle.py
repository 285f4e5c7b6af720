"""Models as other people's tools write them: described here, drawn by npm's bpmn-moddle."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Drawn = dict[str, Any]
_DRAW = Path(__file__).with_name("draw.mjs")


def draw(models: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """The XML of each model, made by one run of Node."""
    done = subprocess.run(
        ["node", str(_DRAW)],
        input=json.dumps(models),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return {name: xml.encode() for name, xml in json.loads(done.stdout).items()}


def node(kind: str, identifier: str, extensions: list[Drawn] | None = None, **names: Any) -> Drawn:
    """An element of a process."""
    found: Drawn = {"$type": f"bpmn:{kind}", "id": identifier, **names}
    if extensions:
        found["extensionElements"] = {"$type": "bpmn:ExtensionElements", "values": extensions}
    return found


def flow(source: str, target: str, condition: str = "") -> Drawn:
    """A flow, with its condition as the tools write it."""
    found = node(
        "SequenceFlow", f"Flow_{source}_{target}", sourceRef=f"#{source}", targetRef=f"#{target}"
    )
    if condition:
        found["conditionExpression"] = {"$type": "bpmn:FormalExpression", "body": condition}
    return found


def path(*nodes: str) -> list[Drawn]:
    """Flows from each node to the next."""
    return [flow(source, target) for source, target in itertools.pairwise(nodes)]


def event(kind: str, identifier: str, definition: str, **names: Any) -> Drawn:
    """An event with one definition; names that begin with `d_` are the definition's."""
    own = {key: value for key, value in names.items() if not key.startswith("d_")}
    inner = {key[2:]: value for key, value in names.items() if key.startswith("d_")}
    described = {"$type": f"bpmn:{definition}EventDefinition", "id": f"{identifier}_def", **inner}
    return node(kind, identifier, eventDefinitions=[described], **own)


def expression(text: str) -> Drawn:
    """A formal expression."""
    return {"$type": "bpmn:FormalExpression", "body": text}


def process(
    *elements: Drawn | list[Drawn], executable: bool | None = True, key: str = "p"
) -> Drawn:
    """A process of these elements."""
    flat = [each for item in elements for each in (item if isinstance(item, list) else [item])]
    found = node("Process", key, flowElements=flat)
    if executable is not None:
        found["isExecutable"] = executable
    return found


def file(*roots: Drawn, extension: str = "") -> Drawn:
    """A file with these root elements, for `draw`."""
    return {
        "extension": extension,
        "root": {
            "$type": "bpmn:Definitions",
            "id": "definitions",
            "targetNamespace": "http://example.org",
            "rootElements": list(roots),
        },
    }
