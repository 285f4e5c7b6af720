"""What a signal, an event of several or a migration began and failed, done again by people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.errors import RuleBroken
from engine.operation import Act
from engine.services import SERVICES, InstanceView
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow import operations
from engine.workflow.definitions import load_definition
from engine.workflow.events import operations as events
from engine.workflow.models import Incident, InstanceState, ProcessInstance
from engine.workflow.runtime import Run
from engine.workflow.state import Stored, apply, begin, load
from engine.workflow.surgery import moves
from engine.workflow.surgery.corrections import Correction
from engine.workflow.surgery.operations import correct_and_retry
from engine.workflow.surgery.tree import element_of
from tests.engine.workflow.events.drawings import Drawing, drawn, event, variable

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HEARD = {"kind": "event_signal", "name": "s", "payload": None}
FIX = [Correction("amount", 7)]


@pytest.fixture
def asked() -> Iterator[list[Any]]:
    """What a service was asked; one text is wrong."""
    told: list[Any] = []

    def called(act: Act, view: InstanceView, amount: Any) -> Any:
        told.append(amount)
        if amount == "mal":
            raise ValueError("El importe no es un número.")
        return {}

    SERVICES["test/pay"] = called
    yield told
    del SERVICES["test/pay"]


def hears(kind: str = "signal") -> Drawing:
    """It waits for a signal, pays and asks somebody."""
    drawing = drawn().catches("heard", event(kind, "s")).service("pay", "test/pay", amount="amount")
    drawing.user("after").flow("start", "heard", "pay", "after", "end")
    return drawing.declares("signal", "s")


def pays(name: str, parameters: Any, task: Any) -> Any:
    """The service of the runs in memory."""
    del task
    if parameters["amount"] == "mal":
        raise RuleBroken(f"«{name}» no entiende el importe.")
    return {}


def loaded(drawing: Drawing, **data: Any) -> Run:
    """An instance as it is stored when it waits, loaded whole."""
    definition = load_definition(drawing.xml())
    kept: Stored = apply(None, begin(definition, data, NOW, pays).changes())
    return load(definition, kept, NOW, pays, whole=True).run


def opened(run: Run) -> list[str]:
    return sorted(element_of(task) for task in run.open_tasks())


def test_what_a_signal_began_is_done_again_with_corrected_data(
    townhall: TownHall, asked: list[Any]
) -> None:
    begun: UUID = operations.start(
        townhall.system("test"),
        definition_key="p",
        definition_version=1,
        model=hears().xml(),
        data={"amount": "mal"},
    ).id
    events.broadcast_signal(townhall.system("test"), name="s")
    drain(townhall)
    with townhall.database.reading() as session:
        (incident,) = session.scalars(select(Incident))
    assert (incident.element, asked) == ("pay", ["mal"])
    call = townhall.system("test")
    assert correct_and_retry(call, incident_id=incident.id, corrections=FIX, reason="Mal escrito.")
    with townhall.database.reading() as session:
        (found,) = session.scalars(select(ProcessInstance).where(ProcessInstance.id == begun))
        assert found.state == InstanceState.RUNNING.value
    assert asked == ["mal", 7]


def test_a_step_after_a_signal_is_passed_over() -> None:
    run = loaded(hears(), amount="mal")
    assert moves.repeat(run, HEARD, skipped="pay") == []
    assert opened(run) == ["after"]


def test_all_that_wait_for_a_signal_get_it_with_the_corrected_data() -> None:
    drawing = hears().node("parallelGateway", "fork").catches("too", event("signal", "s"))
    drawing.service("pay_too", "test/pay", amount="amount").user("after_too")
    drawing.flows = [each for each in drawing.flows if each[0] != "start"]
    drawing.flow("start", "fork", "heard").flow("fork", "too", "pay_too", "after_too", "end")
    run = loaded(drawing, amount="mal")
    (change,) = moves.repeat(run, HEARD, FIX)
    assert (change.name, opened(run)) == ("amount", ["after", "after_too"])


def test_one_of_several_events_is_given_again_with_corrected_data() -> None:
    drawing = drawn().declares("message", "m")
    several = event("message", "m", variable("got")) + event("timeDuration", "P1D")
    drawing.node("intermediateCatchEvent", "any", "", several)
    drawing.service("pay", "test/pay", amount="amount").user("after")
    run = loaded(drawing.flow("start", "any", "pay", "after", "end"), amount="mal")
    timer = next(each for each in run.workflow.event_manager.waiting() if each.place == 1)
    moves.repeat(run, {"kind": "timer", "task": str(timer.id)}, FIX)
    assert opened(run) == ["after"]


@pytest.mark.parametrize("skipped", [None, "pay"])
def test_what_goes_on_by_itself_goes_on_with_corrected_data_or_without_its_step(
    skipped: str | None,
) -> None:
    drawing = drawn().node("parallelGateway", "fork").user("other").user("begin").user("after")
    drawing.service("pay", "test/pay", amount="amount")
    drawing.flow("start", "fork", "begin", "pay", "after", "end").flow("fork", "other", "end")
    run = loaded(drawing, amount="mal")
    # As a migration leaves it: the step is ready, and nobody is there to do it.
    next(task for task in run.open_tasks() if element_of(task) == "begin").run()
    corrections = [] if skipped else FIX
    changes = moves.repeat(run, {"kind": "go_on"}, corrections, skipped, "pay")
    assert [change.name for change in changes] == [each.name for each in corrections]
    assert opened(run) == ["after", "other"]


def test_a_signal_that_nobody_waits_for_any_more_is_not_given_again() -> None:
    run = loaded(hears(), amount=1)
    moves.repeat(run, HEARD)
    with pytest.raises(RuleBroken, match="no se puede repetir"):
        moves.repeat(run, HEARD, FIX)
