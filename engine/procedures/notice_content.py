"""Whether a resolution's template says what its notification must say (art. 40.2; NOT-1)."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data" / "notice_content.toml"
_TAGS = re.compile(r"<[^>]*>|\{[{%#].*?[}%#]\}", re.DOTALL)
RESOLUTION_KINDS = frozenset({"TD01", "resolution"})
"""The documentary types of the acts that end a procedure."""


@cache
def _rules() -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    raw = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(raw["none"]), tuple((item["what"], tuple(item["words"])) for item in raw["says"])


def unsaid(template: str) -> tuple[str, ...]:
    """What the template of a resolution does not say, in words; the whole text is the act itself."""
    text = " ".join(_TAGS.sub(" ", template).split()).casefold()
    none, says = _rules()
    if any(words in text for words in none):
        return ()
    return tuple(what for what, words in says if not any(word in text for word in words))
