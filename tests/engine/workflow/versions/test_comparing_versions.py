"""Two versions of a model side by side, and the plan that their difference suggests."""

from __future__ import annotations

import pytest

from engine.errors import BadInput
from engine.workflow.definitions import load_definition
from engine.workflow.versions.compare import (
    ADDED,
    CHANGED,
    REMOVED,
    RENAMED,
    Change,
    Difference,
    compare,
)
from engine.workflow.versions.plan import Action, Choice, from_texts, propose, targets
from tests.engine.workflow.models import Model, begun
from tests.engine.workflow.versions.permit_models import first_version, second_version, task

OLD, NEW = load_definition(first_version()), load_definition(second_version())


def by_mark(*nodes: Difference) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item in nodes:
        found.setdefault(item.mark, set()).add(str(item.source or item.target))
    return found


def test_a_version_has_no_difference_from_itself() -> None:
    assert compare(OLD, OLD).same


def test_what_was_added_removed_renamed_and_changed_is_told_apart() -> None:
    found = compare(OLD, NEW)
    assert by_mark(*found.nodes) == {
        RENAMED: {"review"},
        REMOVED: {"neighbours"},
        ADDED: {"report_term", "late"},
        CHANGED: {"visit", "decide"},
    }
    assert found.renamed() == {"review": "examine"}
    assert found.marks(newer=False)["review"] == RENAMED
    assert found.marks(newer=True)["examine"] == RENAMED
    decide = next(item for item in found.nodes if item.source == "decide")
    assert decide.changes == (Change("property:role", "processor", "head"),)


def test_flows_are_compared_by_where_they_go_and_not_by_their_ids() -> None:
    flows = {item.name: item.mark for item in compare(OLD, NEW).flows}
    assert flows == {
        "both → Oír a los vecinos": REMOVED,
        "Oír a los vecinos → together": REMOVED,
        "report_term → late": ADDED,
    }


def test_conditions_scripts_services_and_timers_that_change_are_told_with_both_texts() -> None:
    def version(condition: str, script: str, name: str, parameter: str, wait: str) -> bytes:
        model = begun().script("count", script).service("seal", name, document=parameter)
        model.node("exclusiveGateway", "either", 'default="either_end"').timer("wait", wait)
        model.flow("start", "count", "seal", "either", "end").when("either", "wait", condition)
        return model.flow("wait", "end").xml()

    old = version("total &gt; 1", "{total: 1}", "documents/seal", "a", "P5D")
    new = version("total &gt; 2", "{total: 3}", "documents/render", "b", "P9D")
    found = compare(load_definition(old), load_definition(new))
    said = {item.source: item.changes for item in (*found.nodes, *found.flows)}
    assert said == {
        "count": (Change("script", "{total: 1}", "{total: 3}"),),
        "seal": (
            Change("service", "documents/seal", "documents/render"),
            Change("parameter:document", "a", "b"),
        ),
        "wait": (Change("timer", "P5D", "P9D"),),
        "either_wait": (Change("condition", "total > 1", "total > 2"),),
    }


def test_an_element_with_the_same_id_and_another_name_is_renamed() -> None:
    old, new = begun().flow("start", "a", "end"), begun().flow("start", "a", "end")
    task(old, "a", "Revisar")
    task(new, "a", "Examinar")
    (item,) = compare(load_definition(old.xml()), load_definition(new.xml())).nodes
    assert (item.mark, item.source, item.target) == (RENAMED, "a", "a")
    assert (item.name, item.new_name, item.changes) == ("Revisar", "Examinar", ())


def test_an_element_of_another_kind_is_never_the_same_one_renamed() -> None:
    old = begun().user("a").flow("start", "a", "end")
    new = begun().script("b", "{x: 1}").flow("start", "b", "end")
    found = compare(load_definition(old.xml()), load_definition(new.xml()))
    assert by_mark(*found.nodes) == {REMOVED: {"a"}, ADDED: {"b"}}


def test_the_proposed_plan_follows_what_is_the_same_and_guesses_nothing_else() -> None:
    choices = propose(OLD, NEW).choices
    assert choices["review"] == Choice(Action.MAP, "examine")
    assert choices["report"] == Choice(Action.MAP, "report")
    assert choices["neighbours"] == Choice(Action.STAY)
    assert choices["together"] == Choice(Action.MAP, "together")
    assert "start" not in choices


def test_a_plan_only_sends_tokens_where_they_can_wait_in_the_same_way() -> None:
    plan = propose(OLD, NEW)
    assert [item.id for item in targets(plan, "neighbours")] == [
        "examine",
        "report",
        "visit",
        "decide",
    ]
    with pytest.raises(BadInput) as refused:
        from_texts(OLD, NEW, {**plan.to_json(), "neighbours": "map:together"})
    assert refused.value.errors == (("step-neighbours", "Elija uno de los destinos de la lista."),)
    with pytest.raises(BadInput):
        from_texts(OLD, NEW, {**plan.to_json(), "neighbours": "burn"})


def test_a_task_mapped_by_a_person_to_a_new_one_is_the_same_task_renamed() -> None:
    old = begun().user("look").flow("start", "look", "end")
    new = Model().node("startEvent", "start").node("endEvent", "end").user("study").user("sign")
    new.flow("start", "study", "sign", "end")
    models = load_definition(old.xml()), load_definition(new.xml())
    assert propose(*models).renamed() == {"start": "start", "end": "end"}
    chosen = from_texts(*models, {"look": "map:study"})
    assert chosen.renamed()["look"] == "study"
