"""What a call gives to the process that it calls, and what it keeps of it: the properties of the call say both.

A call activity with a `resultVariable` has a scope of its own. The called process knows what the caller
knows and, over it, each other property of the call as a datum: a text, or FEEL after `=`. What is kept of
it is the value of `results`, FEEL over what its end knows, under `resultVariable`. The rest is forgotten, so
that two calls of the same process, one after another or at once, never mix. A call without `resultVariable` shares its data with the process that it calls, as BPMN says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity

from engine.workflow.data import inherited

RESULT, RESULTS = "resultVariable", "results"
OWN = frozenset([RESULT, RESULTS, "phase"])
"""The properties of a call that are about the call itself, and not given to what it calls."""


def parameters(properties: Mapping[str, str]) -> dict[str, str]:
    """What a call gives to the process that it calls: each name with its text, FEEL after `=`."""
    return {name: text for name, text in properties.items() if name not in OWN}


_copy_named_data, _take_named_data = CallActivity.copy_data, CallActivity.update_data


def _give_data(self: Any, my_task: Any, subworkflow: Any) -> None:
    """A called process gets what the call says, or what its own specification names, or all the data."""
    said, start = _properties(self), subworkflow.task_tree
    described = subworkflow.spec.io_specification
    if not said.get(RESULT) and described is not None and described.data_inputs:
        _copy_named_data(self, my_task, subworkflow)
        return
    start.data = inherited(start.data, my_task.data)
    if not said.get(RESULT):
        return
    evaluate = my_task.workflow.script_engine.evaluate
    for name, text in parameters(said).items():
        plain = text.strip()
        start.data[name] = evaluate(my_task, plain[1:]) if plain.startswith("=") else plain


def _take_data(self: Any, my_task: Any, subworkflow: Any) -> None:
    """A caller gets what the call keeps, or what the called process gives."""
    said = _properties(self)
    if not said.get(RESULT):
        _take_named_data(self, my_task, subworkflow)
        return
    kept = said.get(RESULTS, "").strip().removeprefix("=") or "null"
    evaluate = my_task.workflow.script_engine.evaluate
    my_task.data[said[RESULT]] = evaluate(subworkflow.last_task, kept)


def _properties(task_spec: Any) -> Mapping[str, str]:
    found: Mapping[str, str] = (getattr(task_spec, "extensions", None) or {}).get("properties", {})
    return found


def install() -> None:
    """Make the library's call activities do as this module says."""
    CallActivity.copy_data = _give_data
    CallActivity.update_data = _take_data
