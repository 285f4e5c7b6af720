"""What is said around a step of a model: what follows it, who asked for it, what is to come."""

from __future__ import annotations

import pytest

from engine.workflow.ahead import Branch, ListedStep, asked_by, branches, listed_steps
from engine.workflow.elements import Element, Elements, Flow

KINDS = {
    "start": "startEvent",
    "check": "userTask",
    "complete": "exclusiveGateway",
    "demand": "serviceTask",
    "correct": "userTask",
    "report": "userTask",
    "sign": "serviceTask",
    "signed": "exclusiveGateway",
    "notify": "serviceTask",
    "end": "endEvent",
}
FLOWS = (
    ("start", "check", ""),
    ("check", "complete", ""),
    ("complete", "demand", "No"),
    ("demand", "correct", ""),
    ("correct", "check", ""),
    ("complete", "report", "Sí"),
    ("report", "sign", ""),
    ("sign", "signed", ""),
    ("signed", "notify", "Firmado"),
    ("signed", "report", "Rechazado"),
    ("notify", "end", ""),
)


@pytest.fixture
def model() -> Elements:
    nodes = {
        key: Element(
            key, kind, "" if "Gateway" in kind else key.title(), "Urbanismo", None, {}, None
        )
        for key, kind in KINDS.items()
    }
    return Elements(nodes, tuple(Flow(f"{a}_{b}", name, a, b, ()) for a, b, name in FLOWS))


def test_what_follows_is_told_case_by_case_up_to_the_next_work_with_who_does_it(
    model: Elements,
) -> None:
    assert branches(model, "check") == (
        Branch("No", ("Demand", "Correct (Urbanismo)")),
        Branch("Sí", ("Report (Urbanismo)",)),
    )


def test_what_follows_ends_where_another_decides(model: Elements) -> None:
    assert branches(model, "report") == (Branch("", ("Sign",)),)


def test_who_asked_is_the_nearest_work_before(model: Elements) -> None:
    assert asked_by(model, "correct") == "check"
    assert asked_by(model, "check") == "correct"
    assert asked_by(model, "start") is None


def test_the_list_has_what_is_done_then_what_comes_in_any_case_and_the_work_that_may_come(
    model: Elements,
) -> None:
    first = listed_steps(model, {"check": "current"})
    later = listed_steps(model, {"check": "done", "complete": "done", "report": "current"})
    assert first == (
        ListedStep("Check", "current"),
        ListedStep("Correct", "pending", depends=True),
        ListedStep("Report", "pending"),
        ListedStep("Sign", "pending"),
        ListedStep("Notify", "pending"),
    )
    assert later == (
        ListedStep("Check", "done"),
        ListedStep("Report", "current"),
        ListedStep("Sign", "pending"),
        ListedStep("Notify", "pending"),
    )
