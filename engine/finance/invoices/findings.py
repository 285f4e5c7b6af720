"""Findings: what a check says of an invoice, with its rule, its severity by channel and its place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from engine.finance.invoices.structure import DATA


class Channel(StrEnum):
    """How an invoice came: by the general entry point, or uploaded by hand."""

    FACE = "face"
    UPLOAD = "upload"


class Severity(StrEnum):
    """An error keeps the invoice out; a warning is for a person to resolve."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Rule:
    """A rule as the data file has it."""

    key: str
    source: str
    severity: Mapping[Channel, Severity]
    text: str


@dataclass(frozen=True)
class Finding:
    """What is wrong, where (an XPath) and by which rule."""

    rule: str
    severity: Severity
    message: str
    path: str
    source: str

    def to_dict(self) -> dict[str, str]:
        """The finding for `--json`."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "message": self.message,
            "path": self.path,
        }


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its key."""
    raw = tomllib.loads((DATA / "annex_ii.toml").read_text(encoding="utf-8"))["rules"]
    return {
        key: Rule(
            key,
            item["source"],
            {channel: Severity(item[channel.value]) for channel in Channel},
            item["text"],
        )
        for key, item in raw.items()
    }


def finding(rule: str, channel: Channel, path: str, **figures: object) -> Finding:
    """A finding of a rule, its text filled with the figures.

    Variants of one rule (`8-absent`) are shown under the rule's own number.
    """
    found = rules()[rule]
    shown = rule.split("-", 1)[0] if rule[0].isdigit() else rule
    return Finding(shown, found.severity[channel], found.text.format(**figures), path, found.source)
