"""What a person reads before completing a task: what may follow at once, and no more."""

from __future__ import annotations

from engine.workflow.ahead import consequences
from engine.workflow.elements import Element, Elements, Flow


def element(identifier: str, kind: str) -> Element:
    return Element(identifier, kind, identifier.capitalize(), "", None, {}, None)


def model(kinds: dict[str, str], *flows: tuple[str, str]) -> Elements:
    nodes = {identifier: element(identifier, kind) for identifier, kind in kinds.items()}
    return Elements(nodes, tuple(Flow(f"{a}_{b}", "", a, b, ()) for a, b in flows))


def test_every_branch_is_told_the_nearest_first_and_nothing_beyond_the_next_work() -> None:
    elements = model(
        {
            "later": "serviceTask",
            "review": "userTask",
            "notify": "serviceTask",
            "which": "exclusiveGateway",
            "draft": "serviceTask",
            "approve": "userTask",
            "decide": "userTask",
        },
        ("decide", "which"),
        ("which", "draft"),
        ("which", "review"),
        ("draft", "notify"),
        ("notify", "approve"),
        ("approve", "later"),
        ("review", "decide"),
    )
    assert consequences(elements, "decide") == ("Draft", "Review", "Notify", "Approve")


def test_a_loop_back_to_the_step_itself_ends() -> None:
    elements = model(
        {"decide": "userTask", "send": "serviceTask"}, ("decide", "send"), ("send", "decide")
    )
    assert consequences(elements, "decide") == ("Send",)
