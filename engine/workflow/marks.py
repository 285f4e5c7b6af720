"""The small marks of BPMN, as SVG paths: what kind of task, event or gateway a shape is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ENVELOPE = "M-8 -5.5h16v11h-16zM-8 -5.5l8 6.5 8 -6.5"

TASKS: Mapping[str, str] = MappingProxyType(
    {
        # Drawn around 0,0 in a square of 16; a circle is two arcs.
        "userTask": "M-3.2 -3.6a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0zM-6.5 7c0 -4 2.8 -6 6.5 -6s6.5 2 6.5 6z",
        "serviceTask": "M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0 -8.4 0zM-1.4 0a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0 -2.8 0z"
        "M0 -4.2v-2.8M0 4.2v2.8M-4.2 0h-2.8M4.2 0h2.8M-3 -3l-2 -2M3 3l2 2M3 -3l2 -2M-3 3l-2 2",
        "scriptTask": "M-5 -7h10v14h-10zM-2.5 -3.5h5M-2.5 0h5M-2.5 3.5h3",
        "sendTask": _ENVELOPE,
        "receiveTask": _ENVELOPE,
        "businessRuleTask": "M-7 -6h14v12h-14zM-7 -2h14M-7 2h14M-3 -2v8",
        "callActivity": "M-6 -6h12v12h-12zM0 -3.5v7M-3.5 0h7",
        "subProcess": "M-6 -6h12v12h-12zM0 -3.5v7M-3.5 0h7",
    }
)
EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "timer": "M-9 0a9 9 0 1 0 18 0a9 9 0 1 0 -18 0zM0 -5.5v5.5l3.8 2.2M0 -9v2M0 9v-2M-9 0h2M9 0h-2",
        "message": _ENVELOPE,
        "signal": "M0 -8l8 13h-16z",
        "error": "M-7 7l4 -13 5 7 5 -9 -4 14 -5 -7z",
        "escalation": "M0 -8l6.5 14 -6.5 -6 -6.5 6z",
        "conditional": "M-6 -8h12v16h-12zM-3.5 -4h7M-3.5 0h7M-3.5 4h7",
        "terminate": "M-9 0a9 9 0 1 0 18 0a9 9 0 1 0 -18 0z",
    }
)
FILLED = frozenset({"terminate"})
GATEWAYS: Mapping[str, str] = MappingProxyType(
    {
        "exclusiveGateway": "M-7 -7l14 14M7 -7l-14 14",
        "parallelGateway": "M0 -10v20M-10 0h20",
        "inclusiveGateway": "M-9.5 0a9.5 9.5 0 1 0 19 0a9.5 9.5 0 1 0 -19 0z",
        "eventBasedGateway": "M-10 0a10 10 0 1 0 20 0a10 10 0 1 0 -20 0zM0 -6l5.7 4.1 -2.2 6.7h-7l-2.2 -6.7z",
    }
)
CHECK = "M-4 0.2l2.8 3 5.2 -6.2"
