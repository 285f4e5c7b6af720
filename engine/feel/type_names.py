"""Types as an expression or a typeRef writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Kind
from engine.feel.types import (
    FUNCTION,
    Type,
    context_type,
    list_type,
    range_type,
    simple_type,
)

if TYPE_CHECKING:
    from engine.feel.words import Words


class TypeReader:
    """Reads a type from the words of an expression."""

    def __init__(self, words: Words, types: Mapping[str, Type]) -> None:
        self._words = words
        self._types = types

    def type(self) -> Type:
        """A type; raises FeelSyntaxError for a name that stands for none."""
        position = self._words.peek().position
        with self._words.deeper():
            name = self._name()
            if self._words.accept("<"):
                return self._with_arguments(name, position)
        found = self._types.get(name) or simple_type(name)
        if found is None:
            raise FeelSyntaxError(f"no hay ningún tipo «{name}»", position)
        return found

    def _name(self) -> str:
        """The longest run of names that is a type; `date and time` has a reserved word in it."""
        tokens, at = self._words.tokens, self._words.at
        words: list[str] = []
        while tokens[at + len(words)].kind is Kind.NAME and len(words) < 8:
            words.append(tokens[at + len(words)].text)
        if not words:
            raise self._words.expected("un tipo")
        for size in range(len(words), 0, -1):
            name = " ".join(words[:size])
            if name in self._types or simple_type(name) is not None:
                self._words.at += size
                return name
        self._words.at += 1
        name = words[0]
        while self._words.accept("."):
            name = f"{name}.{self._words.name()}"
        return name

    def _with_arguments(self, name: str, position: int) -> Type:
        if name == "list":
            return self._closed(list_type(self.type()))
        if name == "range":
            return self._closed(range_type(self.type()))
        if name == "context":
            return self._context()
        if name == "function":
            return self._function()
        raise FeelSyntaxError(f"el tipo «{name}» no tiene partes", position)

    def _closed(self, found: Type) -> Type:
        self._words.take(">")
        return found

    def _context(self) -> Type:
        fields: dict[str, Type] = {}
        while not self._words.stands(">"):
            key = self._words.name()
            while self._words.peek().kind is Kind.NAME:
                key = f"{key} {self._words.name()}"
            self._words.take(":")
            fields[key] = self.type()
            if not self._words.accept(","):
                break
        return self._closed(context_type(fields))

    def _function(self) -> Type:
        """Functions do not say the types that they take: only how many of them."""
        count = 0
        while not self._words.stands(">"):
            self.type()
            count += 1
            if not self._words.accept(","):
                break
        self._words.take(">")
        if self._words.accept("->"):
            self.type()
        return Type(
            "function",
            lambda value: FUNCTION.conforms(value) and count in _arities(value),
        )


def _arities(value: object) -> frozenset[int]:
    parameters = getattr(value, "parameters", None)
    if parameters is not None:
        return frozenset((len(parameters),))
    arities = getattr(value, "arities", None)
    return arities() if arities is not None else frozenset()
