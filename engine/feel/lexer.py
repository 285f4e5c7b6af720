"""The words of an expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from engine.feel.errors import FeelLimitExceeded, FeelSyntaxError

MAX_LENGTH = 20_000
SPACED_NAMES = (
    "date and time",
    "years and months duration",
    "string length",
    "upper case",
    "lower case",
    "substring before",
    "substring after",
    "starts with",
    "ends with",
    "list contains",
    "insert before",
    "index of",
    "distinct values",
    "get value",
    "get entries",
    "is defined",
    "day of week",
    "day of year",
    "week of year",
    "month of year",
    "last day of month",
    "round half up",
    "round half down",
    "round up",
    "round down",
)
_WORDS = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<number>\d+(\.\d+)?|\.\d+)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r'|(?P<at>@"[^"]*")'
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<symbol>\*\*|\.\.|->|<=|>=|!=|[-+*/()\[\]{},:.<>=?])",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


class Kind(StrEnum):
    """What a word is."""

    NUMBER = "number"
    STRING = "string"
    AT = "at"
    NAME = "name"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True)
class Token:
    """A word with its place."""

    kind: Kind
    text: str
    position: int


def tokens_of(source: str) -> list[Token]:
    """The words; raises FeelSyntaxError, FeelLimitExceeded."""
    if len(source) > MAX_LENGTH:
        raise FeelLimitExceeded("La expresión es demasiado larga.")
    found: list[Token] = []
    position = 0
    while position < len(source):
        spaced = _spaced(source, position)
        if spaced is not None:
            found.append(Token(Kind.NAME, spaced[0], position))
            position = spaced[1]
            continue
        match = _WORDS.match(source, position)
        if match is None:
            raise FeelSyntaxError(f"no se entiende «{source[position]}»", position)
        if match.lastgroup != "space" and match.lastgroup is not None:
            found.append(_token(match.lastgroup, match[0], position))
        position = match.end()
    found.append(Token(Kind.END, "", len(source)))
    return found


def _spaced(source: str, position: int) -> tuple[str, int] | None:
    """A built-in function whose name has spaces, if one stands here before a parenthesis."""
    if not source[position].isalpha() or (
        position and (source[position - 1].isalnum() or source[position - 1] == "_")
    ):
        return None
    for name in SPACED_NAMES:
        pattern = r"\s+".join(name.split()) + r"(?=\s*\()"
        match = re.compile(pattern).match(source, position)
        if match is not None:
            return name, match.end()
    return None


def _token(group: str, text: str, position: int) -> Token:
    if group == "string":
        return Token(Kind.STRING, _unescape(text[1:-1], position), position)
    if group == "at":
        return Token(Kind.AT, text[2:-1], position)
    return Token(Kind(group), text, position)


def _unescape(text: str, position: int) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if code.startswith("u"):
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise FeelSyntaxError(f"«\\{code}» no es un escape", position)
        return _ESCAPES[code]

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", replace, text)
