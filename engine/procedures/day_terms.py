"""That documents say of what days they speak: a term in natural days has to be told as such (PLZ-3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from engine.deadlines.models import DeadlineKind
from engine.deadlines.rules import TermRule
from engine.deadlines.term import TermUnit
from engine.workflow.definitions import Finding

_BLOCK = re.compile(r"</?(?:p|li|td|th|tr|h[1-6]|div|section|dd|dt|br)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_STATEMENT = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_NUMBERS = {
    2: "dos",
    3: "tres",
    4: "cuatro",
    5: "cinco",
    6: "seis",
    7: "siete",
    8: "ocho",
    9: "nueve",
    10: "diez",
    12: "doce",
    15: "quince",
    20: "veinte",
    30: "treinta",
    45: "cuarenta y cinco",
    60: "sesenta",
    90: "noventa",
}
_SOME_DAYS = re.compile(rf"\b(?:\d+|N|{'|'.join(_NUMBERS.values())})\s+d[ií]as\b", re.IGNORECASE)
_OF_A_KIND = re.compile(r"\b(?:h[áa]biles|naturales)\b", re.IGNORECASE)


def check_days(templates: Mapping[str, str], rules: Iterable[TermRule]) -> Iterator[Finding]:
    """What the templates of a package leave in doubt. rules: those of its timers and tasks.

    Each block of text that gives a term in days says whether they are business or natural ones, and
    what a person has to do in natural days is told by some document, as natural days.
    """
    said = {name: tuple(_blocks(source)) for name, source in templates.items()}
    for name, blocks in said.items():
        for block in blocks:
            found = _SOME_DAYS.search(block)
            if found and not _OF_A_KIND.search(block):
                yield Finding(
                    "error",
                    "days",
                    f"documents/{name}.html",
                    f"«{found[0].replace('N ', '… ', 1)}»: diga si son hábiles o naturales "
                    "(art. 30.2 de la Ley 39/2015)",
                )
    known = tuple(dict.fromkeys(rules))
    for rule in known:
        if rule.term.unit is TermUnit.NATURAL_DAYS and rule.kind is DeadlineKind.PROCEDURAL:
            yield from _untold(rule, said, known)


def _untold(
    rule: TermRule, said: Mapping[str, tuple[str, ...]], known: tuple[TermRule, ...]
) -> Iterator[Finding]:
    amount = rule.term.amount
    natural = _phrase(amount, "naturales")
    if not any(natural.search(block) for blocks in said.values() for block in blocks):
        yield Finding(
            "error",
            "days",
            rule.key,
            f"ningún documento dice que el plazo «{rule.title}» es de {amount} días naturales "
            "(art. 30.2 de la Ley 39/2015)",
        )
    if any(
        other.term.amount == amount and other.term.unit is TermUnit.BUSINESS_DAYS for other in known
    ):
        return
    business = _phrase(amount, "h[áa]biles")
    for name, blocks in said.items():
        if any(business.search(block) for block in blocks):
            yield Finding(
                "error",
                "days",
                f"documents/{name}.html",
                f"dice {amount} días hábiles y el plazo «{rule.title}» es de días naturales",
            )


def _phrase(amount: int, kind: str) -> re.Pattern[str]:
    """«20 días naturales», with figures or letters; a computed number may be any."""
    number = "|".join(filter(None, (str(amount), _NUMBERS.get(amount), "N")))
    return re.compile(rf"\b(?:{number})\s+d[ií]as\s+{kind}\b", re.IGNORECASE)


def _blocks(source: str) -> Iterator[str]:
    """The texts of a template, paragraph by paragraph, a computed value written as N."""
    text = _VALUE.sub(" N ", _STATEMENT.sub(" ", source))
    for block in _BLOCK.split(text):
        words = " ".join(_TAG.sub("", block).split())
        if words:
            yield words
