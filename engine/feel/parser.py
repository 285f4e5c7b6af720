"""The grammar of FEEL (DMN 1.5, chapter 10), read by precedence and built into closures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from engine.feel import loops, matching, nodes
from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Kind
from engine.feel.primaries import COMPARISONS, Primaries
from engine.feel.scope import Code
from engine.feel.types import Type

# What follows the `[` that closes a range open at its end: nothing that begins a filter.
_AFTER_A_RANGE = frozenset((")", ",", "]", "}", "=", "!=", "<=", ">=", "..", ".", ""))
_OPERATORS = frozenset(
    ("and", "or", "then", "else", "return", "satisfies", "in", "between", "instance")
)


class Parser(Primaries):
    """Reads one expression, or the tests of a decision table's cell."""

    def whole_expression(self) -> Code:
        """An expression and nothing after it."""
        code = self.expression()
        self._words.end()
        return code

    def whole_tests(self) -> Code:
        """Unary tests: `-`, or tests separated by commas, or `not(…)`."""
        words = self._words
        if words.stands("-") and words.peek(1).kind is Kind.END:
            words.at += 1
            return nodes.constant(True)
        if words.stands_name("not") and words.peek(1).text == "(":
            with suppress(FeelSyntaxError):
                return self._negated()
            words.at = 0
        code = self._tests()
        words.end()
        return code

    def type(self) -> Type:
        """A type and nothing after it."""
        found = self._types.type()
        self._words.end()
        return found

    def _negated(self) -> Code:
        self._words.at += 2
        code = matching.negated_tests(self._tests())
        self._words.take(")")
        self._words.end()
        return code

    def _tests(self) -> Code:
        tests = [self._test()]
        while self._words.accept(","):
            tests.append(self._test())
        return matching.any_test(tests)

    def _test(self, operand: Callable[[], Code] | None = None) -> Code:
        """A test; operand: what reads it where it may not be a whole expression."""
        operator = self._words.peek().text
        if self._words.peek().kind is Kind.SYMBOL and operator in COMPARISONS:
            self._words.at += 1
            return matching.test_compare(operator, self._sum())
        before, self._about_value = self._about_value, False
        expression = (operand or self.expression)()
        about_value, self._about_value = self._about_value, before
        return matching.test_value(expression, about_value=about_value)

    def expression(self) -> Code:
        """Any expression."""
        with self._words.deeper():
            return self._or()

    def _or(self) -> Code:
        operands = [self._and()]
        while self._words.accept_name("or"):
            operands.append(self._and())
        return nodes.disjunction(operands) if len(operands) > 1 else operands[0]

    def _and(self) -> Code:
        operands = [self._comparison()]
        while self._words.accept_name("and"):
            operands.append(self._comparison())
        return nodes.conjunction(operands) if len(operands) > 1 else operands[0]

    def _comparison(self) -> Code:
        code = self._sum()
        words = self._words
        for _ in range(len(words.tokens)):
            operator = words.peek().text if words.peek().kind is Kind.SYMBOL else ""
            if operator in COMPARISONS:
                words.at += 1
                code = nodes.comparison(operator, code, self._sum())
            elif words.accept_name("between"):
                low = self._sum()
                words.take_name("and")
                code = nodes.between(code, low, self._sum())
            elif words.accept_name("in"):
                code = matching.membership(code, self._in_tests())
            else:
                break
        return code

    def _in_tests(self) -> Code:
        """After `in`: tests between parentheses, a range, or one test."""
        if not self._words.accept("("):
            return self._test(self._sum)
        with self._words.deeper():
            first = self._test_or_expression()
            if self._words.accept(".."):
                return matching.test_value(self._range_end(first[1], False), about_value=False)
            tests = [first[0]]
            while self._words.accept(","):
                tests.append(self._test())
            self._words.take(")")
        return matching.any_test(tests)

    def _test_or_expression(self) -> tuple[Code, Code]:
        """A test, and the expression that it is when it has no operator before it."""
        operator = self._words.peek().text
        if self._words.peek().kind is Kind.SYMBOL and operator in COMPARISONS:
            return (self._test(), nodes.constant(None))
        before, self._about_value = self._about_value, False
        expression = self.expression()
        about_value, self._about_value = self._about_value, before
        return matching.test_value(expression, about_value=about_value), expression

    def _chain(self, operators: tuple[str, ...], operand: Callable[[], Code]) -> Code:
        first = operand()
        rest: list[tuple[str, Code]] = []
        while any(self._words.stands(operator) for operator in operators):
            rest.append((self._words.next().text, operand()))
        return nodes.arithmetic(first, rest) if rest else first

    def _sum(self) -> Code:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Code:
        return self._chain(("*", "/"), self._power)

    def _power(self) -> Code:
        return self._chain(("**",), self._unary)

    def _unary(self) -> Code:
        minus = 0
        while self._words.accept("-"):
            minus += 1
        code = self._postfix()
        if minus:
            code = nodes.negation(code if minus % 2 else nodes.negation(code))
        if self._words.stands_name("instance") and self._words.peek(1).text == "of":
            self._words.at += 2
            code = nodes.instance_of(code, self._types.type())
        return code

    def _postfix(self) -> Code:
        token = self._words.peek()
        code = self._plain_name() if token.kind is Kind.NAME else None
        code = code or self._primary()
        levels = 0
        while True:
            if self._words.accept("."):
                code = nodes.path(code, self._key())
            elif self._words.stands("[") and not self._closes_a_range():
                self._words.at += 1
                code = self._filter(code)
            elif self._words.accept("("):
                code = self._arguments(code)
            else:
                return code
            levels += 1
            if levels > len(self._words.tokens):
                raise self._words.unexpected()

    def _closes_a_range(self) -> bool:
        """Whether the `[` here is the end of a range such as `]1..5[`."""
        following = self._words.peek(1)
        if following.kind is Kind.NAME:
            return following.text in _OPERATORS
        return following.kind in (Kind.SYMBOL, Kind.END) and following.text in _AFTER_A_RANGE

    def _filter(self, code: Code) -> Code:
        start = self._words.at
        condition = self.expression()
        self._words.take("]")
        words = self._words.tokens[start : self._words.at - 1]
        sign = -1 if words[0].text == "-" and words[0].kind is Kind.SYMBOL else 1
        number = words[1:] if sign < 0 else words
        if len(number) == 1 and number[0].kind is Kind.NUMBER:
            return loops.position(code, sign * self._number(number[0]))
        return loops.filtering(code, condition)

    def _arguments(self, called: Code) -> Code:
        positional: list[Code] = []
        named: dict[str, Code] = {}
        while not self._words.stands(")"):
            name = self._argument_name()
            if name is not None:
                if positional or name in named:
                    raise self._words.unexpected()
                named[name] = self.expression()
            elif named:
                raise self._words.unexpected()
            else:
                positional.append(self.expression())
            if not self._words.accept(","):
                break
        self._words.take(")")
        return nodes.calling(called, positional, named)

    def _argument_name(self) -> str | None:
        """The name before a `:`, if one stands here."""
        size = 0
        while self._words.peek(size).kind is Kind.NAME:
            size += 1
        colon = self._words.peek(size)
        if not size or colon.kind is not Kind.SYMBOL or colon.text != ":":
            return None
        name = " ".join(self._words.peek(at).text for at in range(size))
        self._words.at += size + 1
        return name
