"""The legal terms and the causes of suspension by name: dated data with its source, never constants."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from engine.deadlines.calendars import DATA
from engine.deadlines.models import DeadlineKind
from engine.deadlines.term import Term
from engine.errors import BadInput

MAXIMUM_EXTENSION = "art. 23 de la Ley 39/2015"
PROCEDURAL_EXTENSION = "art. 32.1 de la Ley 39/2015"
_EXTENSIONS = 1


@dataclass(frozen=True)
class TermRule:
    """A term that the law or an ordinance gives, since a date.

    urgent: art. 33 halves it; incident: a technical incident may extend it (art. 32.4); review: a
    lawyer of the town has to look at it; extendable: arts. 23 or 32.1 apply; extension: the article
    that does instead of those; extensions: how many times a term to resolve may be extended.
    """

    key: str
    term: Term
    article: str
    title: str
    since: date
    urgent: bool
    kind: DeadlineKind
    incident: bool
    source: str
    review: bool = False
    extendable: bool = True
    extension: str = ""
    extensions: int = _EXTENSIONS


@dataclass(frozen=True)
class SuspensionCause:
    """Why a term to resolve may (or has to) stand still.

    longest: for how long at most; needs_end_act: it lasts until somebody records what ends it.
    """

    code: str
    article: str
    title: str
    mandatory: bool
    longest: Term | None
    needs_end_act: bool
    source: str
    review: bool = False


@cache
def _entries() -> Mapping[str, tuple[TermRule, ...]]:
    """Every rule with its entries, the oldest first."""
    raw = tomllib.loads((DATA / "terms.toml").read_text(encoding="utf-8"))
    found: dict[str, tuple[TermRule, ...]] = {}
    for key, item in raw.items():
        entries = [_rule(key, each) for each in (item if isinstance(item, list) else [item])]
        found[key] = tuple(sorted(entries, key=lambda each: each.since))
    return found


def _rule(key: str, item: Mapping[str, Any]) -> TermRule:
    return TermRule(
        key=key,
        term=Term.parse(item["term"]),
        article=item["article"],
        title=item["title"],
        since=date.fromisoformat(item["from"]),
        urgent=bool(item["urgent"]),
        kind=DeadlineKind(item["kind"]),
        incident=bool(item["incident"]),
        source=item["source"],
        review=bool(item.get("review", False)),
        extendable=bool(item.get("extendable", True)),
        extension=item.get("extension", ""),
        extensions=int(item.get("extensions", _EXTENSIONS)),
    )


@cache
def term_rules() -> Mapping[str, TermRule]:
    """Every rule by its key, as its last entry gives it."""
    return {key: entries[-1] for key, entries in _entries().items()}


def term_rule(key: str, on: date | None = None) -> TermRule:
    """A rule as it stands on a day, or as its last entry gives it.

    Raises BadInput for one that does not exist, or did not on that day.
    """
    entries = _entries().get(key)
    if entries is None:
        raise BadInput(f"No existe el plazo «{key}»: use uno de {', '.join(sorted(term_rules()))}.")
    if on is None:
        return entries[-1]
    found = [each for each in entries if each.since <= on]
    if not found:
        raise BadInput(
            f"El plazo «{key}» se aplica desde el {entries[0].since:%d/%m/%Y}: no había uno el "
            f"{on:%d/%m/%Y}."
        )
    return found[-1]


@cache
def suspension_causes() -> Mapping[str, SuspensionCause]:
    """Every cause of suspension by its code."""
    raw = tomllib.loads((DATA / "suspensions.toml").read_text(encoding="utf-8"))
    return {
        code: SuspensionCause(
            code=code,
            article=item["article"],
            title=item["title"],
            mandatory=bool(item["mandatory"]),
            longest=Term.parse(item["longest"]) if "longest" in item else None,
            needs_end_act=bool(item["needs_end_act"]),
            source=item["source"],
            review=bool(item.get("review", False)),
        )
        for code, item in raw.items()
    }


def suspension_cause(code: str) -> SuspensionCause:
    """A cause of suspension; raises BadInput for one that the law does not have."""
    found = suspension_causes().get(code)
    if found is None:
        message = (
            f"«{code}» no es una causa de suspensión: use una de "
            f"{', '.join(sorted(suspension_causes()))}."
        )
        raise BadInput(message, (("cause", message),))
    return found
