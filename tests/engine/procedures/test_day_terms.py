"""Documents say of what days they speak."""

from __future__ import annotations

import pytest

from engine.deadlines.rules import TermRule, term_rule
from engine.procedures.day_terms import check_days
from engine.procedures.package import check_package
from tests.engine.procedures.conftest import files_of


def found(*texts: str, rules: tuple[TermRule, ...] = ()) -> list[tuple[str, str]]:
    templates = {f"t{number}": text for number, text in enumerate(texts)}
    return [(each.element, each.level) for each in check_days(templates, rules)]


@pytest.mark.parametrize(
    "text",
    [
        "<p>Tiene diez días para alegar.</p>",
        "<p>Tiene <strong>10 días</strong> para alegar.</p>",
        "<p>Tiene {{ plazo.dias }} días para alegar.</p>",
        "<li>En veinte\n dias.</li><li>Son hábiles los demás.</li>",
    ],
)
def test_days_without_their_kind_are_a_finding(text: str) -> None:
    """PLZ-3: whoever reads it has to know whether they are business or natural days."""
    assert found(text) == [("documents/t0.html", "error")]


@pytest.mark.parametrize(
    "text",
    [
        "<p>Tiene <strong>diez días hábiles</strong> para alegar.</p>",
        "<p>Tiene diez días para alegar, que son naturales.</p>",
        "<p>En el plazo de un mes desde el día siguiente.</p>",
        "<p>Hoy es {{ hoy|day }}.</p><p>Buenos días.</p>",
        "{% if plazo == '3 días' %}<p>Ya.</p>{% endif %}",
    ],
)
def test_what_says_its_kind_or_speaks_of_no_days_is_none(text: str) -> None:
    """PLZ-3."""
    assert found(text) == []


def test_a_term_in_natural_days_is_told_as_such() -> None:
    """PLZ-3: a «naturales» term without the sentence fails."""
    fine = term_rule("fine_allegations")
    assert found("<p>Puede alegar.</p>", rules=(fine,)) == [("fine_allegations", "error")]
    assert found("<p>En veinte <b>días naturales</b>.</p>", rules=(fine,)) == []
    assert found("<p>En 20 días naturales.</p>", rules=(fine,)) == []
    assert found("<p>En 15 días naturales.</p>", rules=(fine,)) == [("fine_allegations", "error")]


def test_a_term_in_natural_days_is_not_told_as_business_days_elsewhere() -> None:
    """PLZ-3: unless another term of the procedure lasts as many business days."""
    fine, public = term_rule("fine_allegations"), term_rule("public_information")
    told, wrong = "<p>En 20 días naturales.</p>", "<p>En 20 días hábiles.</p>"
    assert found(told, wrong, rules=(fine,)) == [("documents/t1.html", "error")]
    assert found(told, wrong, rules=(fine, public)) == []


def test_the_town_halls_own_terms_need_be_told_to_nobody() -> None:
    """PLZ-3: the agent's report and the ten days to open a notification are in no document."""
    rules = (term_rule("fine_agent_report"), term_rule("notification_access"))
    assert found("<p>Nada.</p>", rules=rules) == []


@pytest.mark.parametrize(
    ("key", "name", "old", "new"),
    [
        ("terrace-permit", "documents/hearing.html", "diez días hábiles", "diez días"),
        ("traffic-fine", "documents/proposal.html", "15 días naturales", "15 días hábiles"),
    ],
)
def test_the_check_of_a_package_tells_it(key: str, name: str, old: str, new: str) -> None:
    """PLZ-3: `andecha check process` fails."""
    files = files_of(key)
    text = files[name].decode()
    assert old in text
    wrong = {**files, name: text.replace(old, new).encode()}
    assert [each for each in check_package(files) if each.code == "days"] == []
    assert (name, "error") in {
        (each.element, each.level) for each in check_package(wrong) if each.code == "days"
    }
