"""The built-in functions of DMN 1.5 (10.3.4): a closed table."""

from __future__ import annotations

from engine.feel.functions.builtin import BuiltIn
from engine.feel.functions.contexts import CONTEXTS
from engine.feel.functions.conversion import CONVERSION
from engine.feel.functions.dates import DATES
from engine.feel.functions.lists import LISTS
from engine.feel.functions.numbers import NUMERIC
from engine.feel.functions.ranges import RANGES
from engine.feel.functions.strings import STRINGS
from engine.feel.text import to_text

FUNCTIONS: dict[str, BuiltIn] = {
    **CONVERSION,
    **NUMERIC,
    **STRINGS,
    **LISTS,
    **DATES,
    **RANGES,
    **CONTEXTS,
}

__all__ = ["FUNCTIONS", "to_text"]
