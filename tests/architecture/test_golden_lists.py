"""What the house offers changes only on purpose: each list is a file that a change rewrites."""

from __future__ import annotations

import difflib

import pytest

from architecture.lists import LISTS, golden, lines


@pytest.mark.parametrize("name", LISTS)
def test_the_list_is_as_agreed(name: str) -> None:
    agreed = golden(name).read_text(encoding="utf-8").splitlines()
    difference = [
        line
        for line in difflib.unified_diff(agreed, lines(name), "agreed", "now", lineterm="", n=0)
        if not line.startswith("@@")
    ]
    assert not difference, "\n".join(
        [*difference, "If this is meant, run: PYTHONPATH=tests python -m architecture.update"]
    )
