"""Tokens moved by people: what the instance does afterwards, also when it is stored and loaded again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.errors import RuleBroken
from engine.workflow.definitions import Definition, load_definition
from engine.workflow.runtime import Run, Status
from engine.workflow.state import Stored, begin, load
from engine.workflow.surgery import moves
from engine.workflow.surgery.corrections import Correction
from engine.workflow.surgery.tree import Waits, element_of, landings, tokens
from tests.engine.workflow.keeping import apply
from tests.engine.workflow.models import Model, begun

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Case:
    """An instance that is stored and loaded again at each step, as in the database."""

    def __init__(self, model: Model, **data: Any) -> None:
        self.definition: Definition = load_definition(model.xml())
        self.stored: Stored = apply(None, begin(self.definition, data, NOW).changes())

    def step(self, move: Callable[[Run], Any], *, whole: bool = False) -> Run:
        session = load(self.definition, self.stored, NOW, whole=whole)
        move(session.run)
        self.stored = apply(self.stored, session.changes())
        return session.run

    def run(self) -> Run:
        return load(self.definition, self.stored, NOW).run

    def done(self, element: str, **data: Any) -> None:
        """Complete the open task of an element."""

        def move(run: Run) -> None:
            task = next(each for each in run.open_tasks() if element_of(each) == element)
            run.complete(task.id, {element: data} if data else {})

        self.step(move)

    def mended(self, move: Callable[[Run], Any]) -> None:
        self.step(move, whole=True)

    def move(self, target: str, *elements: str) -> None:
        def moved(run: Run) -> None:
            found = [each.task_id for each in tokens(run) if each.element in elements]
            assert len(found) == len(elements)
            moves.move(run, found, target)

        self.mended(moved)

    def restart(self, element: str) -> None:
        self.mended(lambda run: moves.restart(run, self.over(element)))

    def over(self, element: str) -> Any:
        """The newest task of an element that was completed."""
        rows = [row for row in self.stored.history if row.spec == element and row.state == 64]
        return rows[-1].id

    @property
    def open(self) -> list[str]:
        return sorted(each.element for each in tokens(self.run()))

    @property
    def status(self) -> Status:
        return self.run().status

    @property
    def ended(self) -> list[tuple[str, int]]:
        return [(row.spec, row.state) for row in self.stored.history]


def chain() -> Model:
    return begun().user("a").user("b").user("c").flow("start", "a", "b", "c", "end")


def fork() -> Model:
    return (
        begun().node("parallelGateway", "split").node("parallelGateway", "join").user("a").user("b").user("after")
        .flow("start", "split", "a", "join", "after", "end").flow("split", "b", "join")
    )  # fmt: skip


def bordered() -> Model:
    return (
        begun().user("a").user("b").timer("late", "P10D", "b").user("reminded").user("c")
        .flow("start", "a", "b", "c", "end").flow("late", "reminded", "end")
    )  # fmt: skip


def looped() -> Model:
    return (
        begun().user("first").node("parallelGateway", "split").node("parallelGateway", "join").user("a").user("b").user("decide")
        .node("exclusiveGateway", "again", 'default="again_end"')
        .flow("start", "first", "split", "a", "join", "decide", "again", "end").flow("split", "b", "join")
        .when("again", "first", "decide.again")
    )  # fmt: skip


def test_a_token_moves_on_and_the_step_that_was_left_stands_cancelled_in_the_history() -> None:
    case = Case(chain(), n=1)
    case.move("c", "a")
    assert case.open == ["c"]
    assert ("a", 256) in case.ended
    case.done("c")
    assert case.status is Status.COMPLETED
    assert not any(spec == "b" for spec, _ in case.ended)


def test_a_token_moves_back_and_goes_the_way_again_with_what_it_knew() -> None:
    case = Case(chain())
    case.done("a", text="uno")
    case.done("b", text="dos")
    case.move("b", "c")
    (task,) = case.run().open_tasks()
    assert (task.data["a"]["text"], task.data["b"]["text"]) == ("uno", "dos")
    case.done("b", text="tres")
    case.done("c")
    assert case.status is Status.COMPLETED
    assert case.run().result["b"]["text"] == "tres"


def test_a_token_leaves_with_the_events_of_its_border_and_lands_with_those_of_its_target() -> None:
    case = Case(bordered())
    case.move("b", "a")
    run = case.run()
    assert [each.task_spec.bpmn_id for each in run.workflow.event_manager.waiting()] == ["late"]
    case.move("c", "b")
    assert list(case.run().workflow.event_manager.waiting()) == []
    assert ("late", 256) in case.ended
    case.done("c")
    assert case.status is Status.COMPLETED


@pytest.mark.parametrize("target", ["late", "start", "nowhere"])
def test_a_token_lands_only_where_a_token_can_be(target: str) -> None:
    case = Case(bordered())
    with pytest.raises(RuleBroken, match="No se puede ir"):
        case.move(target, "a")
    assert case.open == ["a"]
    assert set(landings(case.run().workflow)) == {"a", "b", "c", "reminded", "end"}


def test_a_branch_is_not_taken_away_from_a_join_that_waits_for_it() -> None:
    case = Case(fork())
    with pytest.raises(RuleBroken, match="«join» esperaría para siempre"):
        case.move("after", "a")
    assert case.open == ["a", "b"]


def test_all_the_branches_together_can_go_beyond_their_join() -> None:
    case = Case(fork(), n=1)
    case.done("a", text="informe")
    assert case.open == ["b", "join"]
    waits = {each.element: each.waits for each in tokens(case.run())}
    assert waits == {"b": Waits.PERSON, "join": Waits.BRANCHES}
    case.move("after", "b", "join")
    (task,) = case.run().open_tasks()
    assert (element_of(task), task.data["a"]["text"]) == ("after", "informe")
    case.done("after")
    assert case.status is Status.COMPLETED


def test_going_back_undoes_what_came_after_and_forgets_nothing() -> None:
    case = Case(chain())
    case.done("a", text="uno")
    case.done("b", text="dos")
    before = case.stored.history
    case.restart("a")
    assert case.open == ["a"]
    assert case.stored.history[: len(before)] == before
    (task,) = case.run().open_tasks()
    assert "a" not in task.data
    for element in ("a", "b", "c"):
        case.done(element, text="otra vez")
    assert case.status is Status.COMPLETED
    assert case.run().result["a"]["text"] == "otra vez"


def test_going_back_twice_ends_as_going_back_once() -> None:
    case = Case(chain())
    case.done("a")
    case.restart("a")
    case.done("a")
    case.done("b")
    case.restart("b")
    assert case.open == ["b"]
    case.done("b")
    case.restart("a")
    assert case.open == ["a"]
    for element in ("a", "b", "c"):
        case.done(element)
    assert case.status is Status.COMPLETED


def test_the_other_branch_goes_on_when_one_goes_back_before_the_join() -> None:
    case = Case(fork())
    case.done("a")
    case.restart("a")
    assert case.open == ["a", "b"]
    case.done("b")
    assert case.open == ["a", "join"]
    case.done("a")
    assert case.open == ["after"]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("back", ["a", "b"])
def test_going_back_over_a_join_lets_the_other_branch_wait_there_again(
    order: tuple[str, str], back: str
) -> None:
    case = Case(fork())
    for element in order:
        case.done(element, text=element)
    assert case.open == ["after"]
    case.restart(back)
    assert case.open == sorted([back, "join"])
    case.done(back, text="nuevo")
    (task,) = case.run().open_tasks()
    other = "b" if back == "a" else "a"
    assert (task.data[back]["text"], task.data[other]["text"]) == ("nuevo", other)
    case.done("after")
    assert case.status is Status.COMPLETED


def test_going_back_in_the_second_turn_of_a_loop_leaves_the_first_as_it_was() -> None:
    case = Case(looped())
    for element in ("first", "a", "b"):
        case.done(element)
    case.done("decide", again=True)
    for element in ("first", "b", "a"):
        case.done(element)
    assert case.open == ["decide"]
    case.restart("b")
    assert case.open == ["b", "join"]
    case.done("b")
    assert case.open == ["decide"]
    case.done("decide", again=False)
    assert case.status is Status.COMPLETED


def test_going_back_to_the_fork_opens_every_branch_again() -> None:
    case = Case(fork())
    case.done("a")
    case.done("b")
    case.restart("split")
    assert case.open == ["a", "b"]


def test_a_fork_that_was_gone_back_over_joins_by_its_new_branches_alone() -> None:
    case = Case(fork())
    case.done("a")
    case.restart("split")
    case.done("b")
    assert case.open == ["a", "join"]


SUBPROCESS = (
    '<bpmn:startEvent id="s1"><bpmn:outgoing>s1_u1</bpmn:outgoing></bpmn:startEvent>'
    '<bpmn:userTask id="u1"><bpmn:incoming>s1_u1</bpmn:incoming><bpmn:outgoing>u1_u2</bpmn:outgoing></bpmn:userTask>'
    '<bpmn:userTask id="u2"><bpmn:incoming>u1_u2</bpmn:incoming><bpmn:outgoing>u2_e1</bpmn:outgoing></bpmn:userTask>'
    '<bpmn:endEvent id="e1"><bpmn:incoming>u2_e1</bpmn:incoming></bpmn:endEvent>'
    '<bpmn:sequenceFlow id="s1_u1" sourceRef="s1" targetRef="u1"/>'
    '<bpmn:sequenceFlow id="u1_u2" sourceRef="u1" targetRef="u2"/>'
    '<bpmn:sequenceFlow id="u2_e1" sourceRef="u2" targetRef="e1"/>'
)


def nested() -> Model:
    return (
        begun().user("a").node("subProcess", "inside", "", SUBPROCESS).user("c")
        .flow("start", "a", "inside", "c", "end")
    )  # fmt: skip


def test_inside_a_subprocess_a_token_moves_within_it_alone() -> None:
    case = Case(nested())
    case.done("a")
    assert case.open == ["inside", "u1"]
    with pytest.raises(RuleBroken, match="No se puede ir a «c»"):
        case.move("c", "u1")
    case.move("u2", "u1")
    assert case.open == ["inside", "u2"]
    case.done("u2")
    assert case.open == ["c"]


def test_moving_what_holds_a_subprocess_ends_what_is_inside() -> None:
    case = Case(nested())
    case.done("a")
    case.move("c", "inside")
    assert case.open == ["c"]
    assert {("u1", 256), ("inside", 256)} <= set(case.ended)
    case.done("c")
    assert case.status is Status.COMPLETED


def test_going_back_before_a_subprocess_takes_it_away_and_starts_it_anew() -> None:
    case = Case(nested())
    case.done("a")
    case.done("u1")
    case.restart("a")
    assert case.open == ["a"]
    case.done("a")
    assert case.open == ["inside", "u1"]
    case.done("u1")
    case.restart("u1")
    assert case.open == ["inside", "u1"]
    case.done("u1")
    case.done("u2")
    case.done("c")
    assert case.status is Status.COMPLETED


LOOP = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="false">'
    "<bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
)


def repeated() -> Model:
    return (
        begun().node("userTask", "each", "", LOOP).user("c").flow("start", "each", "c", "end")
    )  # fmt: skip


def test_a_repetition_is_not_moved_by_itself_but_with_all_of_its_task() -> None:
    case = Case(repeated())
    found = tokens(case.run())
    assert [each.element for each in found] == ["each"] * 4
    single = next(each for each in found if each.fixed)
    with pytest.raises(RuleBroken, match="una de las repeticiones"):
        case.mended(lambda run: moves.move(run, [single.task_id], "c"))
    holder = next(each for each in found if not each.fixed)
    case.mended(lambda run: moves.move(run, [holder.task_id], "c"))
    assert case.open == ["c"]
    assert case.ended.count(("each [child]", 256)) == 3
    case.done("c")
    assert case.status is Status.COMPLETED


def test_a_step_is_passed_over_with_the_data_that_it_should_have_given() -> None:
    case = Case(bordered())
    case.done("a")

    def skipped(run: Run) -> None:
        (task,) = run.open_tasks()
        moves.skip(run, task.id, [Correction("b.result", "favorable")])

    case.mended(skipped)
    (task,) = case.run().open_tasks()
    assert (element_of(task), task.data["b"]) == ("c", {"result": "favorable"})
    assert list(case.run().workflow.event_manager.waiting()) == []


def test_passing_over_what_holds_a_subprocess_ends_what_is_inside() -> None:
    case = Case(nested())
    case.done("a")

    def skipped(run: Run) -> None:
        moves.skip(run, next(e.task_id for e in tokens(run) if e.element == "inside"))

    case.mended(skipped)
    assert case.open == ["c"]
    assert ("u1", 256) in case.ended
    case.done("c")
    assert case.status is Status.COMPLETED


def test_what_decides_the_way_is_not_passed_over() -> None:
    case = Case(fork())
    case.done("a")
    join = next(each for each in tokens(case.run()) if each.element == "join")
    with pytest.raises(RuleBroken, match="decide por dónde sigue"):
        case.mended(lambda run: moves.skip(run, join.task_id))
