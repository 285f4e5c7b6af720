"""Tokens that come to their ends apart: what was done again is no conflict, what branches say is one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.workflow.scripting import ModelError
from tests.engine.workflow.events.drawings import Drawing, Played, drawn, event, inner


def reminded() -> Drawing:
    """A task with a border that fires twice and does not interrupt it."""
    drawing = drawn().user("main").user("remind").ends("reminded")
    drawing.borders("late", "main", event("timeCycle", "R2/PT1H"), interrupting=False)
    return drawing.flow("start", "main", "end").flow("late", "remind", "reminded")


def listening(then: str = "note") -> Drawing:
    """A task beside an event subprocess that begins at each signal and does not interrupt it."""
    inside = Drawing().starts("called", event("signal", "S"), interrupting=False)
    inside.ends("noted").user(then).flow("called", then, "noted")
    drawing = drawn().user("main").user("last").sub("listen", inside, triggered=True)
    drawing.node("parallelGateway", "split").user("beside").ends("ended_beside")
    drawing.flow("start", "split", "main", "last", "end").flow("split", "beside", "ended_beside")
    return drawing.declares("signal", "S")


def test_the_task_of_a_border_that_fired_twice_ends_well_with_what_was_done_last() -> None:
    played = Played(reminded())
    for number in (1, 2):
        played.pass_time(timedelta(hours=1))
        played.fire("late").complete("remind", at=number, **({"only": 1} if number == 1 else {}))
    played.complete("main", at=3)
    assert played.done
    assert played.run.result["remind"] == {"at": 2}
    assert played.run.result["main"] == {"at": 3}


def test_an_event_subprocess_that_began_twice_ends_well_too() -> None:
    played = Played(listening())
    for number in (1, 2):
        played.signal("S")
        played.complete("note", at=number)
    assert played.complete("main").complete("last").complete("beside").done
    assert played.run.result["note"] == {"at": 2}


def test_what_an_event_subprocess_only_knew_does_not_undo_what_was_written_beside_it() -> None:
    played = Played(listening())
    played.complete("main", x=1)
    played.signal("S")
    played.complete("last", x=2).complete("beside")
    assert played.complete("note", y=3).done
    assert (played.run.result["x"], played.run.result["y"]) == (2, 3)


def test_the_later_of_a_border_and_its_activity_stands_entry_by_entry() -> None:
    drawing = reminded()
    played = Played(drawing, letter={"to": "Xana", "copies": 1})
    played.pass_time(timedelta(hours=1))
    played.fire("late").complete("remind", letter={"to": "Nel", "copies": 2})
    played.complete("main", letter={"to": "Llara", "copies": 1})
    assert played.done
    assert played.run.result["letter"] == {"to": "Llara", "copies": 2}


def test_a_task_that_two_branches_reach_leaves_what_was_done_last() -> None:
    drawing = drawn().node("parallelGateway", "split").node("exclusiveGateway", "merge")
    drawing.user("a").user("b").user("both")
    drawing.flow("start", "split", "a", "merge", "both", "end").flow("split", "b", "merge")
    played = Played(drawing).complete("a").complete("b")
    for at in (1, 2):
        played.complete("both", at=at)
    assert played.done
    assert played.run.result["both"] == {"at": 2}


def test_branches_of_a_split_behind_a_border_still_may_not_leave_different_values() -> None:
    drawing = drawn().user("main").node("parallelGateway", "split").user("a").user("b")
    drawing.ends("ended_a").ends("ended_b")
    drawing.borders("late", "main", event("timeDuration", "PT1H"), interrupting=False)
    drawing.flow("start", "main", "end").flow("late", "split", "a", "ended_a")
    played = Played(drawing.flow("split", "b", "ended_b"))
    played.pass_time(timedelta(hours=1))
    played.fire("late").complete("a", amount=1).complete("b", amount=2)
    with pytest.raises(ModelError, match=r"«amount»: «1» \(a\) y «2» \(b\)"):
        played.complete("main")


def test_a_subprocess_ends_by_the_same_rule() -> None:
    inside = inner("s").user("work").user("remind").ends("reminded")
    inside.borders("late", "work", event("timeCycle", "R2/PT1H"), interrupting=False)
    inside.flow("s_start", "work", "s_end").flow("late", "remind", "reminded")
    played = Played(drawn().sub("sub", inside).flow("start", "sub", "end"))
    for number in (1, 2):
        played.pass_time(timedelta(hours=1))
        played.fire("late").complete("remind", at=number)
    assert played.complete("work").done
    assert played.run.result["remind"] == {"at": 2}
