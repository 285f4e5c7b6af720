"""Activities that repeat, stored between their turns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.workflow.definitions import load_definition
from engine.workflow.runtime import Status
from engine.workflow.state import Session, Stored, begin, load
from tests.engine.workflow.events.drawings import inner
from tests.engine.workflow.keeping import apply
from tests.engine.workflow.models import Model, begun

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_LOOP = '<bpmn:standardLoopCharacteristics loopMaximum="{}"/>'
_EACH = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="{}">'
    "<bpmn:loopDataInputRef>asked</bpmn:loopDataInputRef>{}"
    '<bpmn:inputDataItem id="one" name="one"/>{}</bpmn:multiInstanceLoopCharacteristics>'
)
_IN_TURN = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="true">'
    "<bpmn:loopCardinality>{}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
)


def repeated(loop: str) -> Model:
    """A subprocess with a task that repeats, beside a task that stays open; then another task."""
    inside = inner("s").user("work").flow("s_start", "work", "s_end")
    return (
        begun().node("parallelGateway", "split").node("parallelGateway", "join")
        .node("subProcess", "sub", "", inside.body() + loop).user("beside").user("after")
        .flow("start", "split", "sub", "after", "join", "end").flow("split", "beside", "join")
    )  # fmt: skip


class Kept:
    """An instance that is stored and loaded before every step."""

    def __init__(self, model: Model, data: Mapping[str, Any]) -> None:
        self.definition = load_definition(model.xml())
        self.stored: Stored | None = None
        self.session: Session = begin(self.definition, data, NOW)
        self.keep()

    def keep(self) -> None:
        self.stored = apply(self.stored, self.session.changes())
        self.session = load(self.definition, self.stored, NOW)
        if self.session.run.status is Status.RUNNING:
            again = self.session.changes()
            assert (again.written, again.removed, again.ended) == ((), (), ())
            self.session = load(self.definition, self.stored, NOW)

    def opened(self, element: str) -> list[Any]:
        tasks = self.session.run.open_tasks()
        return [task for task in tasks if task.task_spec.bpmn_id == element]

    def complete(self, element: str, data: Mapping[str, Any]) -> None:
        self.session.run.complete(self.opened(element)[0].id, data)
        self.keep()


@pytest.mark.parametrize("in_turn", ["true", "false"])
def test_the_entries_of_a_context_keep_their_keys_when_the_database_orders_them_otherwise(
    in_turn: str,
) -> None:
    loop = _EACH.format(
        in_turn,
        "<bpmn:loopDataOutputRef>told</bpmn:loopDataOutputRef>",
        '<bpmn:outputDataItem id="answer" name="answer"/>',
    )
    asked = {"zeta": 1, "b": 2, "aa": 3}
    kept = Kept(repeated(loop), {"asked": asked})
    seen = []
    while kept.opened("work"):
        one = kept.opened("work")[0].data["one"]
        seen.append(one)
        kept.complete("work", {"answer": one * 10})
    assert sorted(seen) == [1, 2, 3]
    assert kept.opened("after")[0].data["told"] == {"zeta": 10, "b": 20, "aa": 30}
    if in_turn == "true":
        assert seen == [3, 2, 1]


@pytest.mark.parametrize("loop", [_LOOP, _IN_TURN])
def test_what_a_step_loads_and_keeps_is_the_same_in_the_fiftieth_turn_as_in_the_second(
    loop: str,
) -> None:
    kept = Kept(repeated(loop.format(50)), {})
    sizes = []
    for turn in range(50):
        assert kept.stored is not None
        sizes.append(len(kept.stored.tasks))
        kept.complete("work", {"turn": turn})
    assert len(set(sizes)) == 1
    assert kept.stored is not None
    assert sum(row.spec == "sub [child]" for row in kept.stored.history) == 50
    kept.complete("after", {})
    kept.complete("beside", {})
    assert kept.session.run.status is Status.COMPLETED
    assert kept.session.run.result["turn"] == 49


def test_what_ended_comes_into_the_history_in_the_order_in_which_it_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when the computer's clock goes back meanwhile."""
    back = iter(range(100_000, 0, -1))
    monkeypatch.setattr("time.time", lambda: float(next(back)))
    model = begun().script("a", "{ x: 1 }").script("b", "{ y: 1 }").script("c", "{ z: 1 }")
    session = begin(load_definition(model.flow("start", "a", "b", "c", "end").xml()), {}, NOW)
    ended = [row.spec for row in session.changes().ended]
    assert [spec for spec in ended if spec in ("a", "b", "c")] == ["a", "b", "c"]
    assert ended[0] == "Start"
