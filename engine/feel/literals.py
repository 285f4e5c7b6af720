"""Values written as literals, without names in sight."""

from __future__ import annotations

from typing import Any

from engine.feel.errors import FeelError
from engine.feel.lexer import Kind, tokens_of

_MAKERS = frozenset(("date", "time", "date and time", "duration"))


def literal(text: str) -> Any:
    """The number, text, date, time or duration that a text writes, or null for anything else."""
    from engine.feel.expression import compile_expression

    try:
        words = tokens_of(text)[:-1]
        plain = [word.text for word in words if word.kind is Kind.NAME]
        made = " ".join(plain)
        if made not in _MAKERS and made not in ("", "true", "false"):
            return None
        if made in _MAKERS and [word.text for word in words if word.kind is Kind.SYMBOL] != [
            "(",
            ")",
        ]:
            return None
        if not made and len(words) > 2:
            return None
        return compile_expression(text).evaluate({})
    except FeelError:
        return None
