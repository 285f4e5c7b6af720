"""How wide a text is drawn, and how it breaks into lines: the server has no browser to ask."""

from __future__ import annotations

_NARROW = frozenset("iíjlItfr.,:;'|!¡()[] ")
_WIDE = frozenset("mwMW@%—…")
_ELLIPSIS = "…"


def width_of(text: str, size: float) -> float:
    """About how wide a text is in a sans-serif type of this size, in the same units; never less."""
    return size * sum(_share(char) for char in text)


def _share(char: str) -> float:
    if char in _NARROW:
        return 0.32
    if char in _WIDE:
        return 0.88
    return 0.7 if char.isupper() else 0.56


def wrap(text: str, width: float, size: float, most: int) -> tuple[str, ...]:
    """The lines of a text in this width, `most` of them at most; what does not fit ends in «…»."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(joined, size) <= width:
            lines[-1] = joined
        else:
            lines += _pieces(word, width, size)
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(f"{lines[most - 1]}{_ELLIPSIS}", width, size)]
    return tuple(lines)


def _pieces(word: str, width: float, size: float) -> list[str]:
    """A word, cut where it is wider than a whole line."""
    pieces = [""]
    for char in word:
        if pieces[-1] and width_of(pieces[-1] + char, size) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces


def _shortened(text: str, width: float, size: float) -> str:
    while len(text) > 2 and width_of(text, size) > width:
        text = f"{text[:-2].rstrip()}{_ELLIPSIS}"
    return text
