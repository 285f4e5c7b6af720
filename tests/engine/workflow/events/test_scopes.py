"""Errors, escalations, cancellations and event subprocesses, stored and loaded before every step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.workflow.scripting import ModelError
from tests.engine.workflow.events.drawings import (
    Drawing,
    Played,
    drawn,
    event,
    inner,
    variable,
)


def test_an_error_end_reaches_the_border_of_its_subprocess_and_ends_the_rest_at_once() -> None:
    inside = inner("s").node("parallelGateway", "fork")
    inside.user("one").user("two").ends("broken", event("error", "E"))
    inside.flow("s_start", "fork", "one", "broken").flow("fork", "two", "s_end")
    drawing = drawn().sub("sub", inside).borders("caught", "sub", event("error", "E"))
    drawing.user("mend").user("after")
    drawing.flow("start", "sub", "after", "end").flow("caught", "mend", "end")
    played = Played(drawing.declares("error", "E"))
    assert played.open == ["one", "two"]
    played.complete("one")
    assert played.open == ["mend"]
    assert played.complete("mend").done


def test_an_error_is_not_caught_on_the_border_of_a_neighbour() -> None:
    inside = inner("s").user("one")
    inside.ends("broken", event("error", "E")).flow("s_start", "one", "broken")
    drawing = drawn().node("parallelGateway", "fork")
    drawing.sub("sub", inside).user("beside").user("mend")
    drawing.borders("caught", "beside", event("error", "E"))
    drawing.flow("start", "fork", "sub", "end").flow("fork", "beside", "end").flow(
        "caught", "mend", "end"
    )
    played = Played(drawing.declares("error", "E"))
    with pytest.raises(ModelError, match="broken: nadie recoge el error «E»"):
        played.complete("one")


def test_an_error_passes_a_border_with_another_code_and_the_one_with_its_own_wins_over_any() -> (
    None
):
    deepest = inner("d").user("work")
    deepest.ends("broken", event("error", "E")).flow("d_start", "work", "broken")
    middle = inner("m").sub("deep", deepest).borders("other", "deep", event("error", "F"))
    middle.user("wrong").flow("m_start", "deep", "m_end").flow("other", "wrong", "m_end")
    drawing = drawn().sub("mid", middle)
    drawing.borders("any", "mid", event("error")).borders("exact", "mid", event("error", "E"))
    drawing.user("by_any").user("by_code").flow("start", "mid", "end")
    drawing.flow("any", "by_any", "end").flow("exact", "by_code", "end")
    played = Played(drawing.declares("error", "E", "F"))
    assert played.complete("work").open == ["by_code"]


def escalating(*, interrupting: bool) -> Drawing:
    deepest = inner("d").user("work")
    deepest.throws("call_boss", event("escalation", "late")).user("go_on")
    deepest.flow("d_start", "work", "call_boss", "go_on", "d_end")
    middle = inner("m").sub("deep", deepest).flow("m_start", "deep", "m_end")
    drawing = drawn().sub("mid", middle)
    drawing.borders("boss", "mid", event("escalation", "late"), interrupting=interrupting)
    drawing.user("decide").flow("start", "mid", "end").flow("boss", "decide", "end")
    return drawing.declares("escalation", "late")


def test_an_escalation_goes_up_two_levels_and_the_work_goes_on() -> None:
    played = Played(escalating(interrupting=False)).complete("work")
    assert played.open == ["decide", "go_on"]
    assert not played.complete("go_on").done
    assert played.complete("decide").done


def test_an_escalation_that_interrupts_ends_the_work() -> None:
    assert Played(escalating(interrupting=True)).complete("work").open == ["decide"]


def test_an_escalation_that_nobody_catches_changes_nothing() -> None:
    drawing = drawn().throws("call_boss", event("escalation", "late")).user("go_on")
    drawing.flow("start", "call_boss", "go_on", "end")
    assert Played(drawing.declares("escalation", "late")).open == ["go_on"]


def called(inside: Drawing) -> str:
    return '<bpmn:process id="called" isExecutable="true">' + inside.body() + "</bpmn:process>"


def test_an_error_of_a_called_process_reaches_the_border_of_the_call() -> None:
    other = inner("c").user("work")
    other.ends("broken", event("error", "E")).flow("c_start", "work", "broken")
    drawing = drawn().node("callActivity", "call", 'calledElement="called"')
    drawing.borders("caught", "call", event("error", "E")).user("mend")
    drawing.flow("start", "call", "end").flow("caught", "mend", "end").declares("error", "E")
    drawing.roots.append(called(other))
    assert Played(drawing).complete("work").open == ["mend"]


def with_event_subprocess(definition: str, *, interrupting: bool = True) -> Drawing:
    reaction = Drawing()
    reaction.starts("came", definition, interrupting=interrupting).user("react").node(
        "endEvent", "r_end"
    )
    reaction.flow("came", "react", "r_end")
    drawing = drawn().node("parallelGateway", "fork").node("parallelGateway", "join")
    drawing.user("one").user("two").flow("start", "fork", "one", "join", "end").flow(
        "fork", "two", "join"
    )
    return drawing.sub("reaction", reaction, triggered=True)


def test_an_event_subprocess_that_is_not_called_does_not_keep_its_scope_from_ending() -> None:
    for definition in (event("message", "m"), event("timeDuration", "P1D"), event("error", "E")):
        drawing = with_event_subprocess(definition).declares("message", "m").declares("error", "E")
        played = Played(drawing)
        assert played.open == ["one", "two"]
        assert played.complete("one").complete("two").done


def test_an_interrupting_event_subprocess_ends_all_the_rest() -> None:
    definition = event("message", "stop", variable("why"))
    played = Played(with_event_subprocess(definition).declares("message", "stop"))
    played.complete("one", amount=3)
    assert played.message("stop", {"reason": "desiste"})
    assert played.open == ["react"]
    assert not played.message("stop", {})
    played.complete("react")
    assert played.done
    assert (played.data["why"], played.data["amount"]) == ({"reason": "desiste"}, 3)


def test_a_non_interrupting_event_subprocess_runs_beside_and_as_often_as_it_is_called() -> None:
    definition = event("signal", "news")
    drawing = with_event_subprocess(definition, interrupting=False).declares("signal", "news")
    played = Played(drawing)
    for _ in range(3):
        assert played.signal("news")
    assert played.open == ["one", "react", "react", "react", "two"]
    played.complete("one").complete("two").complete("react").complete("react")
    assert not played.done
    assert played.complete("react").done
    assert not played.run.workflow.event_manager.signal("news")


def test_the_timer_of_an_event_subprocess_keeps_its_instant_between_steps() -> None:
    played = Played(with_event_subprocess(event("timeDuration", "P1D")))
    (timer,) = played.timers
    played.pass_time(timedelta(hours=5))
    played.complete("one")
    assert played.timers == (timer,)
    assert played.fire("came").open == ["react"]
    assert played.complete("react").done


def test_an_error_inside_a_subprocess_is_caught_by_its_own_event_subprocess_first() -> None:
    reaction = Drawing()
    reaction.starts("came", event("error", "E")).user("react").node("endEvent", "r_end")
    reaction.flow("came", "react", "r_end")
    inside = inner("s").user("work").user("other").node("parallelGateway", "fork")
    inside.ends("broken", event("error", "E"))
    inside.flow("s_start", "fork", "work", "broken").flow("fork", "other", "s_end")
    inside.sub("reaction", reaction, triggered=True)
    drawing = drawn().sub("sub", inside).borders("outer", "sub", event("error", "E"))
    drawing.user("wrong").user("after").flow("start", "sub", "after", "end").flow(
        "outer", "wrong", "end"
    )
    played = Played(drawing.declares("error", "E")).complete("work")
    assert played.open == ["react"]
    assert played.complete("react").open == ["after"]


def test_an_error_thrown_by_an_event_subprocess_goes_up_and_does_not_start_it_again() -> None:
    reaction = Drawing()
    reaction.starts("came", event("escalation", "late"), interrupting=False)
    reaction.ends("again", event("escalation", "late")).flow("came", "again")
    inside = inner("s").throws("call_boss", event("escalation", "late")).user("go_on")
    inside.flow("s_start", "call_boss", "go_on", "s_end").sub("reaction", reaction, triggered=True)
    drawing = drawn().sub("sub", inside)
    drawing.borders("boss", "sub", event("escalation", "late"), interrupting=False).user("decide")
    drawing.flow("start", "sub", "end").flow("boss", "decide", "end")
    played = Played(drawing.declares("escalation", "late"))
    assert played.open == ["decide", "go_on"]


def test_a_terminate_end_ends_its_scope_only() -> None:
    inside = inner("s").node("parallelGateway", "fork").user("one").user("two")
    inside.ends("stop", "<bpmn:terminateEventDefinition/>")
    inside.flow("s_start", "fork", "one", "stop").flow("fork", "two", "s_end")
    drawing = drawn().sub("sub", inside).user("after")
    drawing.flow("start", "sub", "after", "end")
    played = Played(drawing).complete("one")
    assert played.open == ["after"]
    assert played.thrown == []
    assert played.complete("after").done


def test_a_cancelled_transaction_reaches_its_own_border_only() -> None:
    def transaction(prefix: str) -> Drawing:
        inside = inner(prefix).user(f"{prefix}_work")
        inside.ends(f"{prefix}_cancel", "<bpmn:cancelEventDefinition/>")
        inside.flow(f"{prefix}_start", f"{prefix}_work", f"{prefix}_cancel")
        return inside

    drawing = drawn().node("parallelGateway", "fork")
    for prefix in ("a", "b"):
        drawing.sub(f"t_{prefix}", transaction(prefix), kind="transaction")
        drawing.borders(f"{prefix}_border", f"t_{prefix}", "<bpmn:cancelEventDefinition/>")
        drawing.user(f"mend_{prefix}").flow("fork", f"t_{prefix}", "end").flow(
            f"{prefix}_border", f"mend_{prefix}", "end"
        )
    drawing.flow("start", "fork")
    assert Played(drawing).complete("a_work").open == ["b_work", "mend_a"]


def test_the_payload_of_an_error_goes_where_the_model_says() -> None:
    inside = inner("s").user("work")
    inside.ends("broken", event("error", "E")).flow("s_start", "work", "broken")
    drawing = drawn().sub("sub", inside).borders("caught", "sub", event("error", "E"))
    drawing.user("mend").flow("start", "sub", "end").flow("caught", "mend", "end")
    drawing.roots.append(
        '<bpmn:error id="error_E" name="E" errorCode="E"><bpmn:extensionElements>'
        "<spiffworkflow:payloadExpression>{amount: amount * 2}</spiffworkflow:payloadExpression>"
        "<spiffworkflow:variableName>fault</spiffworkflow:variableName>"
        "</bpmn:extensionElements></bpmn:error>"
    )
    played = Played(drawing).complete("work", amount=21).complete("mend")
    assert played.data["fault"] == {"amount": 42}
