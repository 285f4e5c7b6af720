"""The parts of an expression that stand by themselves: literals, names, loops, functions, contexts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel import loops, nodes
from engine.feel.arithmetic import NUMBERS
from engine.feel.errors import FeelError, FeelSyntaxError
from engine.feel.lexer import Kind, Token
from engine.feel.loops import Over
from engine.feel.names import (
    NO_NAMES,
    RESERVED,
    SPACED_FUNCTIONS,
    SPACED_PARTS,
    Names,
    Vocabulary,
)
from engine.feel.scope import Code
from engine.feel.temporal import parse_temporal
from engine.feel.type_names import TypeReader
from engine.feel.types import Type
from engine.feel.values import MAX_EXPONENT
from engine.feel.words import Words

COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))


class Primaries(ABC):
    """Reads what needs no operator.

    free: the names that the expression takes from its surroundings.
    """

    def __init__(self, source: str, names: Names = NO_NAMES) -> None:
        self._words = Words(source)
        self._types = TypeReader(self._words, names.types)
        self._vocabulary = Vocabulary(names.known)
        self._bound: list[str] = []
        self._about_value = False
        self._partial = False
        self.free: set[str] = set()

    @abstractmethod
    def expression(self) -> Code:
        """Any expression."""

    @abstractmethod
    def _sum(self) -> Code:
        """An expression without comparisons."""

    def _key(self) -> str:
        """A name after a `.`: it may have several words."""
        tokens, at = self._words.tokens, self._words.at
        if tokens[at].kind is not Kind.NAME:
            raise self._words.expected("un nombre")
        found = SPACED_PARTS.longest(tokens, at) or self._vocabulary.longest(tokens, at)
        if found is not None:
            self._words.at += found[1]
            return found[0]
        self._words.at += 1
        return self._run_of_names(tokens[at].text)

    def _run_of_names(self, first: str) -> str:
        """A name with the words that follow it, which would have no sense apart."""
        words = [first]
        while self._words.peek().kind is Kind.NAME and self._words.peek().text not in RESERVED:
            words.append(self._words.next().text)
        return " ".join(words)

    def _plain_name(self) -> Code | None:
        """A name, with the path and the call that follow it; None for a word of the language."""
        words = self._words
        tokens, at = words.tokens, words.at
        known = self._vocabulary.longest(tokens, at)
        function = SPACED_FUNCTIONS.longest(tokens, at)
        if known is None and function is not None and tokens[at + function[1]].text == "(":
            known = function
        if known is not None:
            words.at += known[1]
            return self._named(known[0])
        if tokens[at].text in RESERVED:
            return None
        words.at += 1
        return self._named(self._run_of_names(tokens[at].text))

    def _named(self, name: str) -> Code:
        self._partial = self._partial or name == "partial"
        if name not in self._bound:
            self.free.add(name)
        if self._words.stands("("):
            return nodes.called_name(name)
        keys: list[str] = []
        while self._words.accept("."):
            keys.append(self._key())
        return nodes.name_path(name, tuple(keys)) if keys else nodes.name(name)

    def _primary(self) -> Code:
        token = self._words.peek()
        if token.kind is Kind.END:
            raise self._words.unexpected()
        self._words.at += 1
        if token.kind is Kind.NUMBER:
            return nodes.constant(self._number(token))
        if token.kind is Kind.STRING:
            return nodes.constant(token.text)
        if token.kind is Kind.AT:
            return nodes.constant(_temporal(token))
        if token.kind is Kind.NAME:
            return self._word(token)
        reader: Callable[[], Code] | None = {
            "(": self._parenthesis,
            "[": lambda: self._list_or_range("["),
            "]": lambda: self._list_or_range("]"),
            "{": self._context,
            "?": self._value,
        }.get(token.text)
        if reader is None or token.kind is not Kind.SYMBOL:
            self._words.at -= 1
            raise self._words.unexpected()
        return reader()

    def _value(self) -> Code:
        self._about_value = True
        return nodes.name("?")

    def _number(self, token: Token) -> Decimal:
        try:
            value = NUMBERS.create_decimal(token.text)
        except DecimalException:
            value = None
        if value is None or (value and abs(value.adjusted()) > MAX_EXPONENT):
            raise FeelSyntaxError("el número es demasiado grande", token.position)
        return value

    def _word(self, token: Token) -> Code:
        reader: Callable[[], Code] | None = {
            "if": self._if,
            "for": self._for,
            "some": lambda: self._quantified(some=True),
            "every": lambda: self._quantified(some=False),
            "function": self._function,
        }.get(token.text)
        if reader is not None:
            return reader()
        constants: dict[str, Any] = {"true": True, "false": False, "null": None}
        if token.text not in constants:
            self._words.at -= 1
            raise self._words.unexpected()
        return nodes.constant(constants[token.text])

    def _if(self) -> Code:
        condition = self.expression()
        self._words.take_name("then")
        yes = self.expression()
        self._words.take_name("else")
        return nodes.conditional(condition, yes, self.expression())

    def _iterators(self) -> list[Over]:
        """The iterators of a loop; their names stay in sight until the caller forgets them."""
        found: list[Over] = []
        while True:
            name = self._new_name("in")
            self._words.take_name("in")
            first = self.expression()
            last = self.expression() if self._words.accept("..") else None
            found.append(Over(name, first, last))
            self._bound.append(name)
            self._vocabulary.learn(name)
            if not self._words.accept(","):
                return found

    def _new_name(self, stop: str) -> str:
        """A name that begins to be in sight: the words until one that ends it."""
        words = [self._words.name()]
        if words[0] in RESERVED:
            self._words.at -= 1
            raise self._words.unexpected()
        while not self._words.stands_name(stop) and self._words.peek().kind is Kind.NAME:
            words.append(self._words.next().text)
        return " ".join(words)

    def _for(self) -> Code:
        bound, before, self._partial = len(self._bound), self._partial, False
        iterators = self._iterators()
        self._words.take_name("return")
        self._bound.append("partial")
        body = self.expression()
        code = loops.iteration(iterators, body, partial=self._partial)
        del self._bound[bound:]
        self._partial = before
        return code

    def _quantified(self, *, some: bool) -> Code:
        bound = len(self._bound)
        iterators = self._iterators()
        self._words.take_name("satisfies")
        code = loops.quantified(iterators, self.expression(), some=some)
        del self._bound[bound:]
        return code

    def _function(self) -> Code:
        self._words.take("(")
        parameters: list[str] = []
        types: dict[str, Type] = {}
        while not self._words.stands(")"):
            name = self._new_name("")
            parameters.append(name)
            if self._words.accept(":"):
                types[name] = self._types.type()
            if not self._words.accept(","):
                break
        self._words.take(")")
        if self._words.stands_name("external"):
            place = self._words.peek().position
            raise FeelSyntaxError("las funciones externas no se admiten", place)
        bound = len(self._bound)
        self._bound.extend(parameters)
        for name in parameters:
            self._vocabulary.learn(name)
        body = self.expression()
        del self._bound[bound:]
        return nodes.function(tuple(parameters), types, body)

    def _parenthesis(self) -> Code:
        token = self._words.peek()
        if token.kind is Kind.SYMBOL and token.text in COMPARISONS - {"!="}:
            self._words.at += 1
            code = nodes.comparison_range(token.text, self._sum())
        else:
            code = self.expression()
            if self._words.accept(".."):
                return self._range_end(code, False)
        self._words.take(")")
        return code

    def _list_or_range(self, opening: str) -> Code:
        if opening == "[" and self._words.accept("]"):
            return nodes.listing([])
        first = self.expression()
        if self._words.accept(".."):
            return self._range_end(first, opening == "[")
        if opening == "]":
            raise self._words.expected("..")
        items = [first]
        while self._words.accept(","):
            items.append(self.expression())
        self._words.take("]")
        return nodes.listing(items)

    def _range_end(self, low: Code, low_included: bool) -> Code:
        high = self.expression()
        closing = self._words.peek()
        if closing.kind is not Kind.SYMBOL or closing.text not in ("]", ")", "["):
            raise self._words.unexpected()
        self._words.at += 1
        return nodes.ranging(low, high, low_included, closing.text == "]")

    def _context(self) -> Code:
        entries: list[tuple[str, Code]] = []
        bound = len(self._bound)
        while not self._words.stands("}"):
            key = self._entry_key()
            if key in (name for name, _ in entries):
                raise FeelSyntaxError(
                    f"la clave «{key}» está dos veces", self._words.peek().position
                )
            self._words.take(":")
            entries.append((key, self.expression()))
            self._bound.append(key)
            self._vocabulary.learn(key)
            if not self._words.accept(","):
                break
        self._words.take("}")
        del self._bound[bound:]
        return nodes.context(entries)

    def _entry_key(self) -> str:
        """A key: a text, or the words and signs before its `:`."""
        token = self._words.peek()
        if token.kind is Kind.STRING:
            return self._words.next().text
        if token.kind is not Kind.NAME:
            raise self._words.unexpected()
        words, end = [self._words.next().text], token.position + len(token.text)
        while self._words.peek().kind is Kind.NAME or (
            self._words.peek().text in ("+", "-", "*", "/", "'", ".") and len(words) < 20
        ):
            part = self._words.next()
            words.append(part.text if part.position == end else f" {part.text}")
            end = part.position + len(part.text)
        return "".join(words)


def _temporal(token: Token) -> Any:
    try:
        return parse_temporal(token.text)
    except FeelError as error:
        raise FeelSyntaxError(str(error), token.position) from None
