"""What the check of a package finds in what a procedure says of its end."""

from __future__ import annotations

import pytest

from engine.procedures.package import load_procedure
from engine.procedures.silence import ExpiryRule, ResolutionRule
from tests.engine.procedures.test_package_checks import changed, findings

GENERAL, FINE = "general-request", "traffic-fine"
POSITIVE = 'effect = "positive"'


@pytest.mark.parametrize(
    "matter", ["petition", "public_domain", "environment", "liability", "appeal"]
)
def test_silence_is_never_positive_in_the_matters_that_the_law_names(matter: str) -> None:
    """SIL-1: petition, public domain, environment, liability, appeals: always negative."""
    wrong = changed("procedure.toml", POSITIVE, f'{POSITIVE}\nmatter = "{matter}"', GENERAL)
    assert findings(wrong) == {("error", "silence", "silence.effect")}
    fits = changed("procedure.toml", POSITIVE, f'effect = "negative"\nmatter = "{matter}"', GENERAL)
    assert findings(fits) == set()


def test_a_negative_silence_needs_a_matter_or_a_law() -> None:
    """SIL-1: granted by silence is the rule; what is not says which law takes it away."""
    without = changed("procedure.toml", POSITIVE, 'effect = "negative"', GENERAL)
    assert findings(without) == {("warning", "silence", "silence.effect")}
    with_law = 'effect = "negative"\nlaw = "Ley 1/2026 (ficticia), art. 2"'
    assert findings(changed("procedure.toml", POSITIVE, with_law, GENERAL)) == set()


@pytest.mark.parametrize(
    ("key", "old", "new", "place"),
    [
        (FINE, 'effect = "none"', 'effect = "positive"', "silence.effect"),
        (FINE, 'effect = "none"', 'effect = "negative"', "expiry"),
        (GENERAL, "[phases]", '[expiry]\nlaw = "art. 1"\n\n[phases]', "expiry"),
        (GENERAL, 'task = "answer"', 'task = "nobody"', "resolution.task"),
        (
            GENERAL,
            "outcome = 'if answer.sense",
            "outcome = 'if then answer.sense",
            "resolution.outcome",
        ),
    ],
)
def test_what_a_procedure_says_of_its_end_has_to_hold_together(
    key: str, old: str, new: str, place: str
) -> None:
    """SIL-1, SIL-2: nothing ex officio is granted by silence, and nothing asked for expires so."""
    assert ("error", "silence", place) in findings(changed("procedure.toml", old, new, key))


def test_the_rules_of_the_end_are_read_with_the_procedure() -> None:
    """SIL-2: which task decides, and with which outcome."""
    said = "outcome = '\"answered\"' # "
    found = load_procedure(changed("procedure.toml", "outcome = ", said, GENERAL))
    assert found.resolution == ResolutionRule("answer", '"answered"')
    assert found.expiry is None
    fine = load_procedure(changed("procedure.toml", 'series = "TRA"', 'series = "TRX"', FINE))
    assert isinstance(fine.expiry, ExpiryRule)
