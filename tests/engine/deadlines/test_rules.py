"""The terms and the causes as dated data with their sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.deadlines import rules
from engine.deadlines.models import DeadlineKind
from engine.deadlines.operations import open_deadline
from engine.deadlines.rules import suspension_causes, term_rule, term_rules
from engine.errors import BadInput
from engine.townhall import TownHall

_TWO = """
[[correction]]
term = "{}"
article = "art. 68.1"
title = "Subsanación"
from = "2027-01-01"
urgent = true
kind = "procedural"
incident = true
source = "Ley de mañana"

[[correction]]
term = "10 business days"
article = "art. 68.1"
title = "Subsanación"
from = "2016-10-02"
urgent = true
kind = "procedural"
incident = true
source = "Ley de hoy"
"""


@pytest.fixture
def dated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A correction of ten days until the end of 2026, and of fifteen since."""
    (tmp_path / "terms.toml").write_text(_TWO.format("15 business days"), encoding="utf-8")
    monkeypatch.setattr(rules, "DATA", tmp_path)
    for cached in (rules._entries, term_rules):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in (rules._entries, term_rules):
        cached.cache_clear()


def test_every_rule_and_cause_says_its_article_its_source_and_since_when() -> None:
    """PLZ-1: a term that the law or the town may change is a dated row with its source."""
    for rule in term_rules().values():
        assert all((rule.article, rule.title, rule.source))
        assert rule.since <= date(2026, 11, 24)
    assert {rule.kind for rule in term_rules().values()} == set(DeadlineKind)
    assert all(cause.source and cause.article for cause in suspension_causes().values())


def test_what_was_not_read_in_the_law_is_marked_to_be_reviewed() -> None:
    assert {key for key, rule in term_rules().items() if rule.review} >= {
        "other_parties",
        "licence_resolve",
    }


@pytest.mark.parametrize(
    ("key", "term", "article"),
    [
        ("resolve", "3 months", "21.3"),
        ("communication", "10 business days", "21.4"),
        ("suspended_report", "3 months", "22.1.d"),
        ("silence_certificate", "15 business days", "24.4"),
        ("notify", "10 business days", "40.2"),
        ("notification_access", "10 natural days", "43.2"),
        ("correction", "10 business days", "68.1"),
        ("evidence", "10 business days", "77.2"),
        ("report", "10 business days", "80.2"),
        ("allegations", "10 business days", "82.2"),
        ("public_information", "20 business days", "83.2"),
        ("complementary", "15 business days", "87"),
        ("expiry_warning", "3 months", "95.1"),
        ("simplified", "30 business days", "96.6"),
        ("appeal_alzada", "1 month", "122.1"),
        ("resolve_alzada", "3 months", "122.2"),
        ("appeal_reposition", "1 month", "124.1"),
        ("resolve_reposition", "1 month", "124.2"),
    ],
)
def test_the_terms_of_the_common_law_are_those_that_it_gives(
    key: str, term: str, article: str
) -> None:
    """PLZ-11, PLZ-12, PLZ-19: three months without another norm, ten days to act in a procedure."""
    rule = term_rule(key)
    assert str(rule.term).removesuffix("s") == term.removesuffix("s")
    assert f"art. {article} de la Ley 39/2015" == rule.article


def test_a_rule_that_changed_is_that_of_the_day_of_the_act(dated: None, townhall: TownHall) -> None:
    """PLZ-2: a term begun in 2026 keeps its ten days; one begun in 2027 has fifteen."""
    assert str(term_rule("correction").term) == "15 business days"
    assert str(term_rule("correction", date(2026, 12, 31)).term) == "10 business days"
    assert str(term_rule("correction", date(2027, 1, 1)).term) == "15 business days"
    terms = [
        open_deadline(townhall.system("test"), rule="correction", starts_at=start).term
        for start in (
            datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
            datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
        )
    ]
    assert terms == ["10 business days", "15 business days"]


def test_an_act_from_before_the_law_has_no_term(dated: None) -> None:
    with pytest.raises(BadInput, match="02/10/2016"):
        term_rule("correction", date(2016, 10, 1))
