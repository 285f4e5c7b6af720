"""Patterns of text: the regular expressions of XQuery and XPath (fn:matches), always in bounded time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import regex

from engine.feel.arithmetic import MAX_TEXT
from engine.feel.errors import FeelError, FeelLimitExceeded
from engine.feel.scope import MAX_ITEMS, Scope

MAX_PATTERN = 1_000
MAX_REPLACEMENT = 10_000
MAX_PATTERN_SECONDS = 0.25
_FLAGS = {"i": regex.IGNORECASE, "s": regex.DOTALL, "m": regex.MULTILINE}
# What may follow a backslash: the escapes of XML Schema and the references back of XPath.
_ESCAPED = frozenset("nrt\\|.?*+(){}[]-^$123456789sSdDwWpPiIcC")
_NAME_CHARACTERS = {
    "i": r"[\p{L}_:]",
    "I": r"[^\p{L}_:]",
    "c": r"[\p{L}\p{N}\p{M}_:.\-\u00b7]",
    "C": r"[^\p{L}\p{N}\p{M}_:.\-\u00b7]",
}


def matches(scope: Scope, text: str, pattern: str, flags: Any = None) -> bool:
    """Whether the pattern is found in the text."""
    compiled = _compiled(pattern, _letters(flags))
    return _within(scope, lambda seconds: compiled.search(text, timeout=seconds)) is not None


def replace(scope: Scope, text: str, pattern: str, replacement: str, flags: Any = None) -> Any:
    """The text with what matches replaced; null for a pattern that matches nothing at all."""
    letters = _letters(flags)
    compiled = _compiled(pattern, letters)
    if _within(scope, lambda seconds: compiled.fullmatch("", timeout=seconds)) is not None:
        return None
    if len(replacement) > MAX_REPLACEMENT:
        raise FeelLimitExceeded("Ese reemplazo es demasiado largo.")
    parts = [replacement] if "q" in letters else _parts(replacement, compiled.groups)
    size = 0

    def expand(match: Any) -> str:
        nonlocal size
        scope.budget.spend()
        expanded = "".join(part if isinstance(part, str) else match[part] or "" for part in parts)
        size += len(expanded)
        if size > MAX_TEXT:
            raise FeelLimitExceeded("El texto que resulta es demasiado largo.")
        return expanded

    return _within(scope, lambda seconds: compiled.sub(expand, text, timeout=seconds))


def split(scope: Scope, text: str, delimiter: str) -> list[str] | None:
    """The parts of a text between what matches."""
    compiled = _compiled(delimiter, "")
    parts: list[str] = []
    start = 0

    def walk(seconds: float) -> None:
        nonlocal start
        for match in compiled.finditer(text, timeout=seconds):
            if match.end() == match.start():
                continue
            parts.append(text[start : match.start()])
            start = match.end()
            if len(parts) > MAX_ITEMS:
                raise FeelLimitExceeded("La lista que resulta es demasiado larga.")

    _within(scope, walk)
    return [*parts, text[start:]]


def _within(scope: Scope, work: Any) -> Any:
    """Do what a pattern asks in the time that is left; raises FeelLimitExceeded."""
    seconds = max(0.01, min(MAX_PATTERN_SECONDS, scope.budget.seconds_left()))
    try:
        return work(seconds)
    except TimeoutError:
        raise FeelLimitExceeded("Ese patrón de texto necesita demasiado tiempo.") from None


def _letters(flags: Any) -> str:
    letters = "" if flags is None else flags
    if not isinstance(letters, str) or set(letters) - set("smixq"):
        raise FeelError("Las opciones de un patrón son s, m, i, x y q.")
    return letters


@lru_cache(maxsize=1000)
def _compiled(pattern: str, letters: str) -> Any:
    """A pattern ready to use; raises FeelError."""
    if len(pattern) > MAX_PATTERN:
        raise FeelLimitExceeded("Ese patrón de texto es demasiado largo.")
    chosen = regex.V1
    for letter in letters:
        chosen |= _FLAGS.get(letter, regex.V1)
    text = regex.escape(pattern) if "q" in letters else _translated(pattern, letters)
    try:
        return regex.compile(text, chosen)
    except (regex.error, RecursionError, OverflowError, ValueError):
        raise FeelError(f"«{pattern[:60]}» no es un patrón de texto.") from None


def _translated(pattern: str, letters: str) -> str:
    """A pattern of XPath in the words of the library; raises FeelError for what XPath does not have."""
    found: list[str] = []
    at, depth = 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            text, at = _escape(pattern, at, inside=depth > 0)
            found.append(text)
            continue
        following = pattern[at + 1 : at + 2]
        if char == "[":
            depth += 1
            negated = following == "^"
            found.append("[^" if negated else "[")
            at += 1 if negated else 0
        elif char == "]" and depth:
            depth -= 1
            found.append("]")
        elif depth:
            found.append("--" if char == "-" and following == "[" else _literal(char, following))
        else:
            found.append(_outside(pattern, at, letters))
        at += 1
    return "".join(found)


def _literal(char: str, following: str) -> str:
    """A character of a class: doubled, some would be operators of the library."""
    return f"\\{char}" if char in "&~|" or (char == "-" and following == "-") else char


def _outside(pattern: str, at: int, letters: str) -> str:
    char = pattern[at]
    if char == "(" and pattern[at + 1 : at + 2] == "?" and pattern[at + 2 : at + 3] != ":":
        raise FeelError("Ese grupo no es de los patrones de texto de FEEL.")
    if char in "*+?}" and pattern[at + 1 : at + 2] == "+":
        raise FeelError("Esa repetición no es de los patrones de texto de FEEL.")
    if char == "$" and "m" not in letters:
        return r"\Z"
    if char == "." and "s" not in letters:
        return r"[^\n\r]"
    if "x" in letters and char in " \t\n\r":
        return ""
    return char


def _escape(pattern: str, at: int, *, inside: bool) -> tuple[str, int]:
    """An escape in the words of the library, and where the pattern goes on."""
    letter = pattern[at + 1 : at + 2]
    if letter not in _ESCAPED or not letter:
        raise FeelError(f"«\\{letter}» no es de los patrones de texto de FEEL.")
    if letter in _NAME_CHARACTERS:
        return _NAME_CHARACTERS[letter], at + 2
    if letter in "pP":
        end = pattern.find("}", at)
        if pattern[at + 2 : at + 3] != "{" or end < 0:
            raise FeelError("Falta el nombre de una clase de caracteres.")
        name = pattern[at + 3 : end]
        block = f"In{name[2:]}" if name.startswith("Is") else name
        return f"\\{letter}{{{block}}}", end + 1
    if inside and letter.isdigit():
        raise FeelError("Una clase de caracteres no se refiere a un grupo.")
    return f"\\{letter}", at + 2


def _parts(replacement: str, groups: int) -> list[str | int]:
    """A replacement as text and numbers of groups; raises FeelError."""
    parts: list[str | int] = []
    at = 0
    while at < len(replacement):
        char, following = replacement[at], replacement[at + 1 : at + 2]
        if char == "\\":
            if following not in ("\\", "$"):
                raise FeelError("En un reemplazo, la barra solo va ante otra barra o ante $.")
            parts.append(following)
            at += 2
        elif char == "$":
            if not (following.isascii() and following.isdigit()):
                raise FeelError("En un reemplazo, tras $ va el número de un grupo.")
            number, at = int(following), at + 2
            while replacement[at : at + 1] in tuple("0123456789"):
                longer = number * 10 + int(replacement[at])
                if longer > groups:
                    break
                number, at = longer, at + 1
            parts.append(number if number <= groups else "")
        else:
            parts.append(char)
            at += 1
    return parts
