"""The names and functions that FEEL texts use, and those that the steps of a model give."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from engine.feel.functions import FUNCTIONS

KEYWORDS = frozenset(
    ["if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "not",
     "between", "true", "false", "null", "function", "external", "instance", "of", "item", "partial"]
)  # fmt: skip
_TOKENS = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<string>@?\"(?:[^\"\\]|\\.)*\")|(?P<number>\d+(\.\d+)?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<symbol>\.\.|.)",
    re.DOTALL,
)
_SPACED = tuple(sorted((name.split() for name in FUNCTIONS if " " in name), key=len, reverse=True))
_BOUND = re.compile(r"\b(?:for|some|every)\s+([^\W\d]\w*)\s+in\b|,\s*([^\W\d]\w*)\s+in\b")
_PARAMETERS = re.compile(r"\bfunction\s*\(([^)]*)\)")
_TYPE = re.compile(r"\binstance\s+of\s+[\w<>,\s]+?(?=$|[)\]},]|\b(?:and|or|then|else)\b)")


class Names:
    """The free names of an expression with their places, and the functions that it calls."""

    def __init__(self, names: tuple[tuple[str, int], ...], functions: tuple[str, ...]) -> None:
        self.names = names
        self.functions = functions

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for name, _ in self.names))


@lru_cache(maxsize=4_000)
def names_in(text: str) -> Names:
    """Read an expression's names: not the keys of contexts, nor what a path or an iterator names."""
    text = _TYPE.sub(lambda found: " " * len(found[0]), text)
    tokens = [
        (str(found.lastgroup), found[0], found.start())
        for found in _TOKENS.finditer(text)
        if found.lastgroup != "space"
    ]
    bound = {name for pair in _BOUND.findall(text) for name in pair if name}
    for listed in _PARAMETERS.findall(text):
        bound.update(re.findall(r"([^\W\d]\w*)(?:\s*:[^,]*)?", listed))
    keys = {
        word
        for at, (kind, word, _) in enumerate(tokens)
        if kind == "name" and at + 1 < len(tokens) and tokens[at + 1][1] == ":"
    }
    names: list[tuple[str, int]] = []
    functions: list[str] = []
    at = 0
    while at < len(tokens):
        kind, word, place = tokens[at]
        length = _spaced(tokens, at)
        if kind != "name" or (at and tokens[at - 1][1] == "."):
            at += 1
        elif length:
            functions.append(" ".join(token[1] for token in tokens[at : at + length]))
            at += length
        else:
            following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
            if following == "(" and word not in KEYWORDS - {"not"} and word not in bound | keys:
                functions.append(word)
            elif following != ":" and word not in KEYWORDS and word not in bound | keys:
                names.append((word, place))
            at += 1
    return Names(tuple(names), tuple(functions))


def _spaced(tokens: list[tuple[str, str, int]], at: int) -> int:
    """How many words the built-in function with spaces in its name has that stands here; 0 for none."""
    for words in _SPACED:
        if [token[1] for token in tokens[at : at + len(words)]] == words:
            return len(words)
    return 0


def unknown_functions(text: str) -> tuple[str, ...]:
    """The functions called that FEEL does not have."""
    return tuple(
        name
        for name in dict.fromkeys(names_in(text).functions)
        if name not in FUNCTIONS and name != "not"
    )


def seen_through(text: str, result: str) -> str:
    """The expression where each name is looked for in a result first, and then in the data."""
    written, at = "", 0
    for name, place in names_in(text).names:
        written += text[at:place] + f"(if {result}.{name} = null then {name} else {result}.{name})"
        at = place + len(name)
    return written + text[at:]


def keys_of(text: str) -> frozenset[str]:
    """The names that a script gives: the entries of its context."""
    depth, found = 0, set()
    tokens = [
        (str(token.lastgroup), token[0])
        for token in _TOKENS.finditer(text)
        if token.lastgroup != "space"
    ]
    for at, (kind, word) in enumerate(tokens):
        depth += (word in "([{") - (word in ")]}") if kind == "symbol" else 0
        if depth == 1 and at + 1 < len(tokens) and tokens[at + 1][1] == ":":
            if kind == "name":
                found.add(word)
            elif kind == "string":
                found.add(word.strip('"'))
    return frozenset(found)
