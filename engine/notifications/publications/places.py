"""The places where acts are published: dated data with its source, never constants in code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.errors import BadInput

_DATA = Path(__file__).parents[1] / "data" / "places.toml"
BOARD = "board"
"""The town's own board, which may go before the gazette (art. 44)."""


@dataclass(frozen=True)
class Place:
    """A place; own: the sede's board, where an act is as soon as it is published."""

    key: str
    name: str
    own: bool
    source: str


@cache
def places() -> Mapping[str, Place]:
    """Every place by its key."""
    raw = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return {
        key: Place(key, item["name"], bool(item["own"]), item["source"])
        for key, item in raw.items()
    }


def place(key: str) -> Place:
    """A place; raises BadInput for one that does not exist."""
    found = places().get(key)
    if found is None:
        raise BadInput(f"No existe el lugar de publicación «{key}»: use {', '.join(places())}.")
    return found
