"""A simulation is told what comes from outside: messages, signals and time."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import BadInput
from engine.workflow.simulate import Simulation, simulate
from tests.engine.workflow.events.drawings import (
    NOW,
    Drawing,
    drawn,
    event,
    keyed,
    payload,
    variable,
)


def race() -> Drawing:
    """The first of a payment, a call for all and two terms."""
    drawing = drawn().node("eventBasedGateway", "first").declares("message", "payment")
    drawing.catches("paid", event("message", "payment", variable("got") + keyed("file", "id")))
    drawing.catches("closed", event("signal", "holiday"))
    drawing.catches("late", event("timeDuration", "P20D"))
    drawing.catches("soon", event("timeDuration", "P10D"))
    drawing.flow("start", "first").declares("signal", "holiday")
    drawing.correlates("file", "payment", "file")
    for each in ("paid", "closed", "late", "soon"):
        drawing.flow("first", each, "end")
    return drawing


def played(drawing: Drawing, **values: Any) -> Simulation:
    return simulate(drawing.xml(), {"id": "E-1", **values}, NOW)


def test_time_passes_to_what_is_due_first_and_where_it_is_told() -> None:
    assert played(race()).steps == ["soon"]
    assert played(race(), timers=["late"]).steps == ["late"]
    still = played(race(), timers=[])
    assert (still.steps, still.completed) == ([], False)


def test_a_message_comes_before_time_passes_and_only_with_its_key() -> None:
    message = {"name": "payment", "payload": {"file": "E-1", "n": 3}}
    result = played(race(), messages=[message])
    assert (result.steps, result.completed) == (["paid"], True)
    assert result.data["got"] == {"file": "E-1", "n": 3}
    given = {"name": "payment", "correlation": {"file": "E-1"}}
    assert played(race(), messages=[given]).steps == ["paid"]
    wrong = played(race(), messages=[{"name": "payment", "payload": {"file": "E-2"}}])
    assert wrong.steps == ["soon"]
    assert [(item.level, item.code) for item in wrong.findings] == [("warning", "not-delivered")]


def test_a_signal_comes_too() -> None:
    assert played(race(), signals=[{"name": "holiday"}]).steps == ["closed"]


def test_what_comes_while_somebody_works_says_at_which_task() -> None:
    drawing = drawn().user("before").user("work").borders("stop", "work", event("message", "stop"))
    drawing.user("stopped").flow("start", "before", "work", "end").flow("stop", "stopped", "end")
    drawing.declares("message", "stop")
    assert played(drawing).steps == ["before", "work"]
    result = played(drawing, messages=[{"name": "stop", "at": "work"}])
    assert result.steps == ["before", "stop", "stopped"]
    late = played(drawing, messages=[{"name": "stop"}])
    assert [item.code for item in late.findings] == ["not-delivered"]


def test_what_a_model_sends_to_itself_is_not_asked_from_outside() -> None:
    drawing = (
        drawn().node("parallelGateway", "fork").throws("tell", event("message", "m", payload("5")))
    )
    drawing.catches("told", event("message", "m", variable("n"))).node("parallelGateway", "join")
    drawing.user("wait").flow("start", "fork", "wait", "tell", "join", "end")
    drawing.flow("fork", "told", "join").declares("message", "m")
    result = played(drawing)
    assert (result.completed, result.data["n"]) == (True, 5)


@pytest.mark.parametrize("wrong", [{"messages": {}}, {"signals": [{}]}, {"timers": "late"}])
def test_what_cannot_be_read_is_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        played(race(), **wrong)
