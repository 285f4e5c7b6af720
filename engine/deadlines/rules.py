"""The legal terms by name: dated data with its source, never constants in code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from engine.deadlines.calendars import DATA
from engine.deadlines.term import Term
from engine.errors import BadInput


@dataclass(frozen=True)
class TermRule:
    """A term that the law or an ordinance gives, since a date."""

    key: str
    term: Term
    article: str
    title: str
    since: date
    urgent: bool


@cache
def term_rules() -> Mapping[str, TermRule]:
    """Every rule by its key."""
    raw = tomllib.loads((DATA / "terms.toml").read_text(encoding="utf-8"))
    return {
        key: TermRule(
            key,
            Term.parse(item["term"]),
            item["article"],
            item["title"],
            date.fromisoformat(item["from"]),
            bool(item["urgent"]),
        )
        for key, item in raw.items()
    }


def term_rule(key: str) -> TermRule:
    """A rule; raises BadInput for one that does not exist."""
    found = term_rules().get(key)
    if found is None:
        raise BadInput(f"No existe el plazo «{key}»: use uno de {', '.join(sorted(term_rules()))}.")
    return found
