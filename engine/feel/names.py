"""Names of several words: which words together are one name, by what is in sight where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.feel.errors import FeelError
from engine.feel.functions import FUNCTIONS
from engine.feel.lexer import Kind, Token, tokens_of
from engine.feel.types import Type

RESERVED = frozenset(
    (
        "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or",
        "between", "function", "true", "false", "null", "instance", "of",
    )
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Names:
    """What the one who compiles an expression knows of the names in its sight.

    known: names, of which those with spaces or signs matter. types: the types that `instance of` may name.
    """

    known: frozenset[str] = frozenset()
    types: Mapping[str, Type] = field(default_factory=dict)


NO_NAMES = Names()


def spelled(name: str) -> str:
    """A name with its spaces made one."""
    return " ".join(name.split())


class Vocabulary:
    """The names of more than one word that are in sight, found by their first word."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in names:
            self.learn(name)

    def learn(self, name: str) -> None:
        """Put a name in sight; one of a single word needs no learning."""
        try:
            words = tuple(token.text for token in tokens_of(name)[:-1])
        except FeelError:
            return
        if len(words) < 2:
            return
        known = self._by_first.setdefault(words[0], [])
        if (words, spelled(name)) not in known:
            known.append((words, spelled(name)))
            known.sort(key=lambda item: -len(item[0]))

    def longest(self, tokens: list[Token], at: int) -> tuple[str, int] | None:
        """The longest name that begins here and how many words it takes."""
        for words, name in self._by_first.get(tokens[at].text, ()):
            here = tokens[at : at + len(words)]
            if tuple(token.text for token in here) == words and all(
                token.kind in (Kind.NAME, Kind.SYMBOL, Kind.NUMBER) for token in here
            ):
                return name, len(words)
        return None


SPACED_FUNCTIONS = Vocabulary(name for name in FUNCTIONS if " " in name)
SPACED_PARTS = Vocabulary(("time offset", "start included", "end included"))
