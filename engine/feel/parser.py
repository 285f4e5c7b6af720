"""The grammar of FEEL (DMN 1.5, chapter 10), read by precedence and built into closures."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import nodes
from engine.feel.errors import FeelError, FeelLimitExceeded, FeelSyntaxError
from engine.feel.lexer import Kind, Token, tokens_of
from engine.feel.scope import Code
from engine.feel.values import parse_temporal

MAX_DEPTH = 80
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_RESERVED = frozenset(
    [
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "between",
        "function",
        "true",
        "false",
        "null",
        "instance",
        "of",
    ]
)


class Parser:
    """Reads one expression, or the tests of a decision table's cell."""

    def __init__(self, source: str) -> None:
        self._tokens = tokens_of(source)
        self._at = 0
        self._depth = 0

    def whole_expression(self) -> Code:
        """An expression and nothing after it."""
        code = self.expression()
        self._end()
        return code

    def whole_tests(self) -> Code:
        """Unary tests: `-`, or tests separated by commas, or `not(…)`."""
        if self._is("-") and self._tokens[self._at + 1].kind is Kind.END:
            self._at += 1
            return nodes.constant(True)
        if self._is_name("not") and self._tokens[self._at + 1].text == "(":
            self._at += 2
            code = nodes.negated_tests(self._tests(")"))
            self._take(")")
            self._end()
            return code
        code = self._tests("")
        self._end()
        return code

    def _tests(self, stop: str) -> Code:
        tests = [self._test()]
        while self._accept(","):
            tests.append(self._test())
        if stop and not self._is(stop):
            raise self._unexpected()
        return nodes.any_test(tests)

    def _test(self) -> Code:
        for operator in ("<=", ">=", "<", ">", "!=", "="):
            if self._accept(operator):
                return nodes.test_compare(operator, self._sum())
        return nodes.test_value(self.expression())

    def expression(self) -> Code:
        """Any expression."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FeelLimitExceeded("La expresión tiene demasiados niveles.")
        try:
            return self._or()
        finally:
            self._depth -= 1

    def _or(self) -> Code:
        code = self._and()
        while self._accept_name("or"):
            code = nodes.disjunction(code, self._and())
        return code

    def _and(self) -> Code:
        code = self._comparison()
        while self._accept_name("and"):
            code = nodes.conjunction(code, self._comparison())
        return code

    def _comparison(self) -> Code:
        code = self._sum()
        while True:
            operator = self._peek().text if self._peek().kind is Kind.SYMBOL else ""
            if operator in _COMPARISONS:
                self._at += 1
                code = nodes.comparison(operator, code, self._sum())
            elif self._accept_name("between"):
                low = self._sum()
                self._take_name("and")
                code = nodes.between(code, low, self._sum())
            elif self._accept_name("in"):
                code = nodes.membership(code, self._in_tests())
            else:
                return code

    def _in_tests(self) -> Code:
        if self._is("("):
            saved = self._at
            self._at += 1
            tests = self._tests("")
            if self._accept(")"):
                return tests
            self._at = saved
        return self._test()

    def _sum(self) -> Code:
        code = self._product()
        while self._is("+") or self._is("-"):
            operator = self._next().text
            code = nodes.arithmetic(operator, code, self._product())
        return code

    def _product(self) -> Code:
        code = self._power()
        while self._is("*") or self._is("/"):
            operator = self._next().text
            code = nodes.arithmetic(operator, code, self._power())
        return code

    def _power(self) -> Code:
        code = self._unary()
        while self._accept("**"):
            code = nodes.arithmetic("**", code, self._unary())
        return code

    def _unary(self) -> Code:
        minus = False
        while self._accept("-"):
            minus = not minus
        code = self._postfix()
        return nodes.negation(code) if minus else code

    def _postfix(self) -> Code:
        code = self._primary()
        while True:
            if self._accept("."):
                code = nodes.path(code, self._name())
            elif self._is("["):
                self._at += 1
                code = nodes.filtering(code, self.expression())
                self._take("]")
            elif self._is("("):
                code = self._call(code)
            else:
                return code

    def _call(self, function: Code) -> Code:
        self._take("(")
        positional: list[Code] = []
        named: dict[str, Code] = {}
        while not self._is(")"):
            token = self._peek()
            if token.kind is Kind.NAME and self._tokens[self._at + 1].text == ":":
                self._at += 2
                named[token.text] = self.expression()
            else:
                positional.append(self.expression())
            if not self._accept(","):
                break
        self._take(")")
        return nodes.calling(function, positional, named)

    def _primary(self) -> Code:  # noqa: C901 - one case for each kind of word
        token = self._next()
        if token.kind is Kind.NUMBER:
            return nodes.constant(Decimal(token.text))
        if token.kind is Kind.STRING:
            return nodes.constant(token.text)
        if token.kind is Kind.AT:
            try:
                return nodes.constant(parse_temporal(token.text))
            except FeelError as error:
                raise FeelSyntaxError(str(error), token.position) from None
        if token.kind is Kind.NAME:
            return self._word(token)
        if token.text == "(":
            return self._parenthesis()
        if token.text == "[":
            return self._list_or_range("[")
        if token.text == "]":
            return self._list_or_range("]")
        if token.text == "{":
            return self._context()
        if token.text == "?":
            return nodes.name("?")
        self._at -= 1
        raise self._unexpected()

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
        if token.text in constants:
            return nodes.constant(constants[token.text])
        if token.text in _RESERVED:
            self._at -= 1
            raise self._unexpected()
        return nodes.name(token.text)

    def _if(self) -> Code:
        condition = self.expression()
        self._take_name("then")
        yes = self.expression()
        self._take_name("else")
        return nodes.conditional(condition, yes, self.expression())

    def _iterators(self) -> list[tuple[str, Code, Code | None]]:
        found: list[tuple[str, Code, Code | None]] = []
        while True:
            name = self._name()
            self._take_name("in")
            first = self._sum()
            last = self._sum() if self._accept("..") else None
            found.append((name, first, last))
            if not self._accept(","):
                return found

    def _for(self) -> Code:
        iterators = self._iterators()
        self._take_name("return")
        return nodes.iteration(iterators, self.expression())

    def _quantified(self, *, some: bool) -> Code:
        iterators = self._iterators()
        self._take_name("satisfies")
        return nodes.quantified(iterators, self.expression(), some=some)

    def _function(self) -> Code:
        self._take("(")
        parameters: list[str] = []
        while not self._is(")"):
            parameters.append(self._name())
            if self._accept(":"):
                self._name()
            if not self._accept(","):
                break
        self._take(")")
        if self._is_name("external"):
            raise FeelSyntaxError("las funciones externas no se admiten", self._peek().position)
        return nodes.function(tuple(parameters), self.expression())

    def _parenthesis(self) -> Code:
        code = self.expression()
        if self._accept(".."):
            return self._range_end(code, low_included=False)
        self._take(")")
        return code

    def _list_or_range(self, opening: str) -> Code:
        if opening == "[" and self._accept("]"):
            return nodes.listing([])
        first = self.expression()
        if self._accept(".."):
            return self._range_end(first, low_included=opening == "[")
        items = [first]
        while self._accept(","):
            items.append(self.expression())
        self._take("]")
        return nodes.listing(items)

    def _range_end(self, low: Code, *, low_included: bool) -> Code:
        high = self.expression()
        closing = self._next()
        if closing.text not in ("]", ")", "["):
            self._at -= 1
            raise self._unexpected()
        return nodes.ranging(low, high, low_included, closing.text == "]")

    def _context(self) -> Code:
        entries: list[tuple[str, Code]] = []
        while not self._is("}"):
            token = self._next()
            if token.kind not in (Kind.NAME, Kind.STRING):
                self._at -= 1
                raise self._unexpected()
            self._take(":")
            entries.append((token.text, self.expression()))
            if not self._accept(","):
                break
        self._take("}")
        return nodes.context(entries)

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind is not Kind.END:
            self._at += 1
        return token

    def _is(self, symbol: str) -> bool:
        return self._peek().kind is Kind.SYMBOL and self._peek().text == symbol

    def _is_name(self, name: str) -> bool:
        return self._peek().kind is Kind.NAME and self._peek().text == name

    def _accept(self, symbol: str) -> bool:
        if self._is(symbol):
            self._at += 1
            return True
        return False

    def _accept_name(self, name: str) -> bool:
        if self._is_name(name):
            self._at += 1
            return True
        return False

    def _take(self, symbol: str) -> None:
        if not self._accept(symbol):
            raise self._expected(symbol)

    def _take_name(self, name: str) -> None:
        if not self._accept_name(name):
            raise self._expected(name)

    def _name(self) -> str:
        token = self._peek()
        if token.kind is not Kind.NAME:
            raise self._expected("un nombre")
        self._at += 1
        return token.text

    def _end(self) -> None:
        if self._peek().kind is not Kind.END:
            raise self._unexpected()

    def _expected(self, what: str) -> FeelSyntaxError:
        token = self._peek()
        found = f"«{token.text}»" if token.text else "el final"
        return FeelSyntaxError(f"se esperaba «{what}» y hay {found}", token.position)

    def _unexpected(self) -> FeelSyntaxError:
        token = self._peek()
        found = f"«{token.text}» no puede ir aquí" if token.text else "la expresión está incompleta"
        return FeelSyntaxError(found, token.position)
