"""What the texts of a model say in our own words: the term that a timer waits for, who did an element."""

from __future__ import annotations

from dataclasses import dataclass

RULE_PREFIX = "deadline:"
RULE_START = " from "
_PERFORMER = "performer of "


@dataclass(frozen=True)
class LegalTerm:
    """What a timer says of the legal term that it waits for.

    rule: its key, or FEEL after `=` that gives it; start: FEEL for the act from which the term counts; empty when it is the arrival of the token.
    """

    rule: str
    start: str


def legal_term(text: str) -> LegalTerm | None:
    """`deadline:RULE`, `deadline:=FEEL` and either `from FEEL`; None for any other timer."""
    plain = text.strip()
    if plain.startswith('"'):
        plain = plain.strip('"')
    rule, _, start = plain.removeprefix(RULE_PREFIX).strip().partition(RULE_START)
    if not plain.startswith(RULE_PREFIX) or not rule:
        return None
    return LegalTerm(rule.strip(), start.strip())


def performed(text: str) -> list[str]:
    """The elements that `performer of A, B` names; none for any other text."""
    if not text.startswith(_PERFORMER):
        return []
    return [part.strip() for part in text.removeprefix(_PERFORMER).split(",")]
