"""The words of an expression as its parser goes through them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.feel.errors import FeelLimitExceeded, FeelSyntaxError
from engine.feel.lexer import Kind, Token, tokens_of

MAX_DEPTH = 80


class Words:
    """A place in the words of an expression, and how deep it is."""

    def __init__(self, source: str) -> None:
        self.tokens = tokens_of(source)
        self.at = 0
        self._depth = 0

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further inside; raises FeelLimitExceeded."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FeelLimitExceeded("La expresión tiene demasiados niveles.")
        yield
        self._depth -= 1

    def peek(self, ahead: int = 0) -> Token:
        """The word here, or some words ahead."""
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        """The word here, leaving it behind."""
        token = self.tokens[self.at]
        if token.kind is not Kind.END:
            self.at += 1
        return token

    def stands(self, symbol: str) -> bool:
        """Whether this sign stands here."""
        token = self.tokens[self.at]
        return token.kind is Kind.SYMBOL and token.text == symbol

    def stands_name(self, name: str) -> bool:
        """Whether this word stands here."""
        token = self.tokens[self.at]
        return token.kind is Kind.NAME and token.text == name

    def accept(self, symbol: str) -> bool:
        """Leave this sign behind, if it stands here."""
        if self.stands(symbol):
            self.at += 1
            return True
        return False

    def accept_name(self, name: str) -> bool:
        """Leave this word behind, if it stands here."""
        if self.stands_name(name):
            self.at += 1
            return True
        return False

    def take(self, symbol: str) -> None:
        """Leave this sign behind; raises FeelSyntaxError when it does not stand here."""
        if not self.accept(symbol):
            raise self.expected(symbol)

    def take_name(self, name: str) -> None:
        """Leave this word behind; raises FeelSyntaxError when it does not stand here."""
        if not self.accept_name(name):
            raise self.expected(name)

    def name(self) -> str:
        """A name of one word; raises FeelSyntaxError."""
        token = self.peek()
        if token.kind is not Kind.NAME:
            raise self.expected("un nombre")
        self.at += 1
        return token.text

    def end(self) -> None:
        """Raises FeelSyntaxError when there is more."""
        if self.peek().kind is not Kind.END:
            raise self.unexpected()

    def expected(self, what: str) -> FeelSyntaxError:
        """The error of something that should stand here."""
        token = self.peek()
        found = f"«{token.text}»" if token.text else "el final"
        return FeelSyntaxError(f"se esperaba «{what}» y hay {found}", token.position)

    def unexpected(self) -> FeelSyntaxError:
        """The error of something that cannot stand here."""
        token = self.peek()
        found = f"«{token.text}» no puede ir aquí" if token.text else "la expresión está incompleta"
        return FeelSyntaxError(found, token.position)
