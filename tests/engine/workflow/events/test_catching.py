"""Messages, signals, conditions and timers inside one instance, stored and loaded before every step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.workflow.scripting import ModelError
from tests.engine.workflow.events.drawings import (
    NOW,
    Drawing,
    Played,
    drawn,
    event,
    inner,
    keyed,
    payload,
    variable,
)


def test_a_message_brings_its_payload_under_the_name_that_the_model_gives_it() -> None:
    drawing = (
        drawn().catches("paid", event("message", "payment", variable("receipt"))).user("after")
    )
    played = Played(
        drawing.flow("start", "paid", "after", "end").declares("message", "payment"), amount=5
    )
    assert played.open == []
    assert not played.message("other", {"n": 1})
    assert played.message("payment", {"n": 1})
    played.complete("after")
    assert (played.data["receipt"], played.data["amount"]) == ({"n": 1}, 5)


def test_a_receive_task_waits_like_a_catch_event() -> None:
    extension = f"<bpmn:extensionElements>{variable('got')}</bpmn:extensionElements>"
    drawing = drawn().node("receiveTask", "receive", 'messageRef="message_m"', extension)
    drawing.flow("start", "receive", "end").declares("message", "m")
    played = Played(drawing)
    assert played.message("m", "hola")
    assert played.done
    assert played.data["got"] == "hola"


def test_a_thrown_message_carries_a_feel_payload_and_its_correlation() -> None:
    drawing = drawn().throws(
        "tell", event("message", "news", payload("{file: id, total: net + 1}"))
    )
    drawing.flow("start", "tell", "end").declares("message", "news")
    drawing.correlates("file", "news", "file")
    (thrown,) = Played(drawing, id="E-7", net=2).thrown
    assert (thrown.event_definition.name, thrown.payload) == ("news", {"file": "E-7", "total": 3})
    assert thrown.values == {"file": "E-7"}


def test_send_tasks_and_signal_ends_throw_too() -> None:
    drawing = drawn(end=False).node("sendTask", "send", 'messageRef="message_m"')
    drawing.ends("over", event("signal", "s")).flow("start", "send", "over")
    thrown = Played(drawing.declares("message", "m").declares("signal", "s")).thrown
    assert [each.event_definition.name for each in thrown] == ["m", "s"]


def test_a_message_must_have_the_values_that_its_receiver_expects() -> None:
    definition = event("message", "reply", keyed("file", "id"))
    drawing = drawn().catches("answered", definition).flow("start", "answered", "end")
    played = Played(
        drawing.declares("message", "reply").correlates("file", "reply", "file"), id="E-7"
    )
    assert not played.message("reply", {}, file="E-8")
    assert not played.message("reply", {})
    assert played.message("reply", {}, file="E-7")
    assert played.done


def test_what_was_said_once_in_a_conversation_holds_for_its_answers() -> None:
    drawing = drawn().throws("ask", event("message", "question", payload("{file: id}")))
    drawing.catches("answered", event("message", "answer")).flow("start", "ask", "answered", "end")
    drawing.declares("message", "question", "answer")
    drawing.before += (
        '<bpmn:collaboration id="c"><bpmn:correlationKey id="k" name="k">'
        "<bpmn:correlationPropertyRef>file</bpmn:correlationPropertyRef></bpmn:correlationKey>"
        '</bpmn:collaboration><bpmn:correlationProperty id="file" name="file">'
        + "".join(
            f'<bpmn:correlationPropertyRetrievalExpression messageRef="message_{each}">'
            "<bpmn:messagePath>file</bpmn:messagePath>"
            "</bpmn:correlationPropertyRetrievalExpression>"
            for each in ("question", "answer")
        )
        + "</bpmn:correlationProperty>"
    )
    played = Played(drawing, id="E-7")
    assert not played.message("answer", {}, file="E-8")
    assert played.message("answer", {}, file="E-7")


def test_a_correlation_without_a_value_is_an_error_that_names_it() -> None:
    definition = event("message", "reply", keyed("file", "id"))
    drawing = drawn().catches("answered", definition).flow("start", "answered", "end")
    drawing.declares("message", "reply").correlates("file", "reply", "file")
    with pytest.raises(ModelError, match="answered: la correlación «file»"):
        Played(drawing)


def test_a_correlation_is_feel_and_never_host_code() -> None:
    drawing = drawn().throws("tell", event("message", "news", payload("{file: id}")))
    drawing.flow("start", "tell", "end").declares("message", "news")
    drawing.correlates("file", "news", "__import__('os').getpid()")
    (thrown,) = Played(drawing, id=1).thrown
    assert thrown.values == {}


def test_one_message_reaches_one_of_two_that_wait_in_an_instance() -> None:
    drawing = drawn().node("parallelGateway", "fork")
    for each in ("a", "b"):
        drawing.catches(each, event("message", "m")).user(f"after_{each}")
        drawing.flow("fork", each, f"after_{each}", "end")
    played = Played(drawing.flow("start", "fork").declares("message", "m"))
    assert played.message("m")
    assert len(played.open) == 1
    assert played.message("m")
    assert played.open == ["after_a", "after_b"]


def test_a_message_thrown_inside_reaches_who_waits_inside_once_and_goes_nowhere_else() -> None:
    drawing = drawn().node("parallelGateway", "fork").node("parallelGateway", "join")
    drawing.user("work").throws("tell", event("message", "m", payload("7")))
    drawing.catches("told", event("message", "m", variable("n"))).user("after")
    drawing.flow("start", "fork", "work", "tell", "join", "end")
    drawing.flow("fork", "told", "after", "join").declares("message", "m")
    played = Played(drawing).complete("work")
    assert played.thrown == []
    assert played.complete("after").done
    assert played.data["n"] == 7


def test_a_signal_reaches_all_inside_and_goes_out_too() -> None:
    drawing = drawn().node("parallelGateway", "fork").user("work")
    drawing.throws("tell", event("signal", "s"))
    for each in ("a", "b"):
        drawing.catches(each, event("signal", "s")).user(f"after_{each}")
        drawing.flow("fork", each, f"after_{each}", "end")
    drawing.flow("start", "fork", "work", "tell", "end").declares("signal", "s")
    played = Played(drawing).complete("work")
    assert played.open == ["after_a", "after_b"]
    assert [each.event_definition.name for each in played.thrown] == ["s"]


def race() -> Drawing:
    drawing = drawn().node("eventBasedGateway", "first")
    drawing.catches("paid", event("message", "payment", variable("receipt"))).user("thank")
    drawing.catches("late", event("timeDuration", "P10D")).user("remind")
    drawing.catches("later", event("timeDuration", "P20D")).user("close")
    drawing.flow("start", "first", "paid", "thank", "end").flow("first", "late", "remind", "end")
    return drawing.flow("first", "later", "close", "end").declares("message", "payment")


def test_the_first_event_after_a_gateway_ends_the_wait_for_the_others() -> None:
    played = Played(race())
    assert sorted(each.element for each in played.timers) == ["late", "later"]
    assert played.message("payment", {"n": 1})
    assert (played.open, played.timers) == (["thank"], ())
    played = Played(race()).fire("late")
    assert played.open == ["remind"]
    assert not played.message("payment", {})
    assert played.complete("remind").done


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_a_border_that_does_not_interrupt_fires_as_often_as_it_is_called(kind: str) -> None:
    drawing = drawn().user("work").borders("asked", "work", event(kind, "ask"), interrupting=False)
    drawing.user("answer").flow("start", "work", "end").flow("asked", "answer", "end")
    played = Played(drawing.declares(kind, "ask"))
    for count in (1, 2, 3):
        assert played.message("ask") if kind == "message" else played.signal("ask")
        assert played.open == ["answer"] * count + ["work"]
    played.complete("work")
    assert not played.run.workflow.event_manager.tasks
    for _ in range(3):
        assert not played.done
        played.complete("answer")
    assert played.done


def test_a_border_that_interrupts_ends_the_work_and_its_timers() -> None:
    drawing = drawn().user("work").borders("asked", "work", event("message", "stop"))
    drawing.borders("late", "work", event("timeDuration", "P1D")).user("stopped")
    drawing.flow("start", "work", "end").flow("asked", "stopped", "end").flow("late", "stopped")
    played = Played(drawing.declares("message", "stop"))
    assert played.message("stop")
    assert (played.open, played.timers) == (["stopped"], ())
    assert played.complete("stopped").done


def cycle(text: str) -> Drawing:
    drawing = drawn().user("work")
    drawing.borders("again", "work", event("timeCycle", text), interrupting=False).user("remind")
    return drawing.flow("start", "work", "end").flow("again", "remind", "end")


def test_a_timer_that_repeats_fires_as_often_as_it_says_and_keeps_its_distance() -> None:
    played = Played(cycle("R3/PT1H"))
    due = []
    for _ in range(3):
        (timer,) = played.timers
        due.append(timer.due)
        played.pass_time(timedelta(minutes=61))
        played.fire("again")
    assert due == [NOW + timedelta(hours=each) for each in (1, 2, 3)]
    assert (played.timers, played.open) == ((), ["remind", "remind", "remind", "work"])


def test_a_timer_without_end_does_not_make_up_for_the_turns_that_it_missed() -> None:
    played = Played(cycle("R/PT1H"))
    played.pass_time(timedelta(hours=5, minutes=30))
    (timer,) = played.fire("again").timers
    assert timer.due == NOW + timedelta(hours=6)


def test_a_timer_may_repeat_from_an_instant_and_by_months_and_by_feel() -> None:
    (timer,) = Played(cycle('"R2/2026-12-01T09:00:00+00:00/P1M"')).timers
    assert timer.due == NOW.replace(month=12, day=1)
    played = Played(cycle("turns"), turns="R2/P1M")
    assert played.timers[0].due == NOW.replace(month=12)
    assert played.fire("again").timers[0].due == NOW.replace(year=2027, month=1)
    with pytest.raises(ModelError, match="cero veces"):
        Played(cycle("R0/PT1H"))


def test_a_repeating_timer_starts_an_event_subprocess_each_time() -> None:
    reaction = Drawing()
    reaction.starts("tick", event("timeCycle", "R2/P1D"), interrupting=False).user("report")
    reaction.node("endEvent", "r_end").flow("tick", "report", "r_end")
    drawing = drawn().user("work").flow("start", "work", "end").sub("r", reaction, triggered=True)
    played = Played(drawing).fire("tick").fire("tick")
    assert (played.open, played.timers) == (["report", "report", "work"], ())
    played.complete("work").complete("report")
    assert played.complete("report").done


def test_a_condition_holds_when_another_branch_makes_it_true() -> None:
    drawing = drawn().node("parallelGateway", "fork").user("pay").user("rest")
    drawing.catches("enough", event("conditional", "paid &gt;= 100")).user("go_on")
    drawing.flow("start", "fork", "pay", "rest", "end").flow("fork", "enough", "go_on", "end")
    played = Played(drawing, paid=0)
    assert played.open == ["pay"]
    played.complete("pay", paid=150)
    assert played.open == ["go_on", "rest"]


def test_a_condition_on_a_border_fires_each_time_that_it_becomes_true() -> None:
    drawing = drawn().node("parallelGateway", "fork").user("one").user("two").user("three")
    drawing.user("work").borders(
        "alarm", "work", event("conditional", "level &gt; 5"), interrupting=False
    )
    drawing.user("check").flow("start", "fork", "one", "two", "three", "end")
    drawing.flow("fork", "work", "end").flow("alarm", "check", "end")
    played = Played(drawing, level=0)
    played.complete("one", level=7)
    assert played.open == ["check", "two", "work"]
    played.complete("two", level=8)
    assert played.open == ["check", "three", "work"]
    played.complete("three", level=1)
    assert played.open == ["check", "work"]


def test_a_condition_starts_an_event_subprocess_with_what_made_it_true() -> None:
    reaction = Drawing()
    reaction.starts("poor", event("conditional", "funds &lt; 10")).user("ask")
    reaction.node("endEvent", "r_end").flow("poor", "ask", "r_end")
    inside = inner("s").user("spend").user("more").flow("s_start", "spend", "more", "s_end")
    drawing = drawn().sub("sub", inside).flow("start", "sub", "end")
    played = Played(drawing.sub("r", reaction, triggered=True), funds=50)
    assert played.open == ["spend"]
    played.complete("spend", funds=3)
    assert played.open == ["ask"]
    played.complete("ask")
    assert (played.done, played.data["funds"]) == (True, 3)


def test_an_event_with_several_definitions_waits_for_any_or_for_all() -> None:
    both = event("message", "m", variable("n")) + event("timeDuration", "P1D")
    drawing = drawn().node("intermediateCatchEvent", "any", "", both).user("after")
    drawing.flow("start", "any", "after", "end").declares("message", "m")
    assert Played(drawing).fire("any").open == ["after"]
    assert Played(drawing).message("m", 3)
    drawing = drawn().node("intermediateCatchEvent", "all", 'parallelMultiple="true"', both)
    drawing.user("after").flow("start", "all", "after", "end").declares("message", "m")
    played = Played(drawing)
    assert played.message("m", 3)
    assert not played.message("m", 4)
    assert played.open == []
    played.fire("all").complete("after")
    assert (played.done, played.data["n"]) == (True, 3)


def test_a_start_that_waits_for_a_message_begins_with_it() -> None:
    drawing = Drawing().starts("asked", event("message", "m", variable("request"))).user("work")
    drawing.node("endEvent", "end").flow("asked", "work", "end").declares("message", "m")
    played = Played(drawing)
    assert played.open == []
    assert played.message("m", {"what": "vado"})
    played.complete("work")
    assert played.data["request"] == {"what": "vado"}
