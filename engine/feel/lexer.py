"""The words of an expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from engine.feel.errors import FeelLimitExceeded, FeelSyntaxError

MAX_LENGTH = 20_000
# A name begins with a letter, `_` or a character past the basic plane (DMN 1.5, grammar rule 28).
_WORDS = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r'|(?P<at>@"[^"]*")'
    r"|(?P<name>(?:[^\W\d]|[\U00010000-\U000EFFFF])(?:\w|[\u00b7\U00010000-\U000EFFFF])*)"
    r"|(?P<symbol>\*\*|\.\.|->|<=|>=|!=|[-+*/()\[\]{},:.<>=?'])",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_PAIR = re.compile(r"([\ud800-\udbff])([\udc00-\udfff])")


class Kind(StrEnum):
    """What a word is."""

    NUMBER = "number"
    STRING = "string"
    AT = "at"
    NAME = "name"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its place."""

    kind: Kind
    text: str
    position: int


def tokens_of(source: str) -> list[Token]:
    """The words; raises FeelSyntaxError, FeelLimitExceeded."""
    if len(source) > MAX_LENGTH:
        raise FeelLimitExceeded(
            f"La expresión es demasiado larga: el máximo son {MAX_LENGTH} caracteres."
        )
    found: list[Token] = []
    position = 0
    while position < len(source):
        match = _WORDS.match(source, position)
        if match is None:
            raise FeelSyntaxError(f"no se entiende «{source[position]}»", position)
        if match.lastgroup != "space" and match.lastgroup is not None:
            found.append(_token(match.lastgroup, match[0], position))
        position = match.end()
    found.append(Token(Kind.END, "", len(source)))
    return found


def _token(group: str, text: str, position: int) -> Token:
    if group == "string":
        return Token(Kind.STRING, _unescape(text[1:-1], position), position)
    if group == "at":
        return Token(Kind.AT, text[2:-1], position)
    return Token(Kind(group), text, position)


def _unescape(text: str, position: int) -> str:
    """A text without its escapes; a backslash that escapes nothing stays."""
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU" and len(code) > 1:
            point = int(code[1:], 16)
            if point > 0x10FFFF:
                raise FeelSyntaxError(f"«\\{code}» no es un carácter", position)
            return chr(point)
        return _ESCAPES.get(code, match[0])

    plain = _PAIR.sub(_joined_pair, _ESCAPE.sub(replace, text))
    if any("\ud800" <= char <= "\udfff" for char in plain):
        raise FeelSyntaxError("medio carácter no es un carácter", position)
    return plain


def _joined_pair(match: re.Match[str]) -> str:
    """The character that two surrogates stand for."""
    high, low = ord(match[1]) - 0xD800, ord(match[2]) - 0xDC00
    return chr(0x10000 + (high << 10) + low)
