"""The closures that expressions become: each takes the scope and gives a value."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel.arithmetic import NUMBERS, negate, operate
from engine.feel.functions import FUNCTIONS
from engine.feel.scope import MISSING, Code, Function, Scope, call, host_value, lookup
from engine.feel.temporal import temporal_part
from engine.feel.types import Type
from engine.feel.values import MAX_EXPONENT, PLAIN, Range, compare, equal, is_function, normal

_LONG_TEXT = 1_000
_NESTED_OPERATIONS = 4


class Literal:
    """A value that is always the same; what it stands beside may be made for it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _scope: Scope) -> Any:
        return self.value


def constant(value: Any) -> Code:
    """A literal."""
    return Literal(value)


def name(identifier: str) -> Code:
    """A name in sight, else a built-in function, else null."""
    fallback = FUNCTIONS.get(identifier)

    def code(scope: Scope) -> Any:
        # The usual case without a call: a plain value of the host, in a plain dictionary.
        if scope.parent is None:
            values = scope.values
            if type(values) is dict and identifier in values:
                value = values[identifier]
                kind = type(value)
                if kind is Decimal:
                    if value.is_finite() and -MAX_EXPONENT <= value.adjusted() <= MAX_EXPONENT:
                        return value
                elif kind in PLAIN:
                    return value
        value = lookup(scope, identifier)
        return fallback if value is MISSING else value

    return code


def called_name(identifier: str) -> Code:
    """A name that is called: a function in sight, else the built-in one.

    A value of that name that is no function does not hide the built-in; the host's values, which
    are none, are not even looked up.
    """
    built_in = FUNCTIONS.get(identifier)
    if built_in is None:
        return name(identifier)

    def code(scope: Scope) -> Any:
        while (parent := scope.parent) is not None:
            value = scope.values.get(identifier)
            if value is not None and is_function(value):
                return value
            scope = parent
        return built_in

    return code


def name_path(identifier: str, keys: tuple[str, ...]) -> Code:
    """`name.key.key`: of the host's values only what the path ends in is made FEEL's."""

    def code(scope: Scope) -> Any:
        values = scope.values
        if scope.parent is None and type(values) is dict:
            value = values.get(identifier)
        else:
            value, raw = host_value(scope, identifier)
            if value is MISSING:
                return None
            if not raw:
                return _parts(value, keys)
        for at, key in enumerate(keys):
            if type(value) is not dict and not isinstance(value, Mapping):
                return _parts(normal(value), keys[at:])
            value = value.get(key)
        return normal(value)

    return code


def _parts(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = part_of(value, key)
    return value


def disjunction(operands: list[Code]) -> Code:
    """`or` of three values."""

    def code(scope: Scope) -> Any:
        result: bool | None = False
        for operand in operands:
            value = operand(scope)
            if value is True:
                return True
            if value is not False:
                result = None
        return result

    return code


def conjunction(operands: list[Code]) -> Code:
    """`and` of three values."""

    def code(scope: Scope) -> Any:
        result: bool | None = True
        for operand in operands:
            value = operand(scope)
            if value is False:
                return False
            if value is not True:
                result = None
        return result

    return code


def _less(left: Any, right: Any) -> bool | None:
    if type(left) is Decimal and type(right) is Decimal:
        return left < right
    return compare("<", left, right)


def _at_most(left: Any, right: Any) -> bool | None:
    if type(left) is Decimal and type(right) is Decimal:
        return left <= right
    return compare("<=", left, right)


def _different(left: Any, right: Any) -> bool | None:
    same = equal(left, right)
    return None if same is None else not same


COMPARISONS: dict[str, Callable[[Any, Any], bool | None]] = {
    "=": equal,
    "!=": _different,
    "<": _less,
    "<=": _at_most,
    ">": lambda left, right: _less(right, left),
    ">=": lambda left, right: _at_most(right, left),
}


_NATIVE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


def _spend_on(scope: Scope, value: Any) -> None:
    """A long text costs steps, or a loop over it would have no bound worth its name."""
    if type(value) is str and len(value) > _LONG_TEXT:
        scope.budget.spend(len(value) // _LONG_TEXT)


def comparison(operator: str, left: Code, right: Code) -> Code:
    """Equality or order."""
    compared = COMPARISONS[operator]
    if isinstance(right, Literal):
        return _comparison_with(operator, left, right.value)

    def code(scope: Scope) -> Any:
        first, second = left(scope), right(scope)
        if type(first) is str:
            _spend_on(scope, first)
        return compared(first, second)

    return code


def _comparison_with(operator: str, left: Code, value: Any) -> Code:
    """A comparison with a literal, which needs no steps of its own: sources are short."""
    compared, kind = COMPARISONS[operator], type(value)
    native: Callable[[Any, Any], bool] | None = None
    if kind is Decimal or (kind is str and operator in ("=", "!=")):
        native = _NATIVE[operator]

    def code(scope: Scope) -> Any:
        first = left(scope)
        if native is not None and type(first) is kind:
            return native(first, value)
        return compared(first, value)

    return code


def between(value: Code, low: Code, high: Code) -> Code:
    """`x between a and b`, both included."""

    def code(scope: Scope) -> Any:
        given, start, end = value(scope), low(scope), high(scope)
        above, below = _at_most(start, given), _at_most(given, end)
        if above is False or below is False:
            return False
        return True if above and below else None

    return code


_FAST: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
}


def arithmetic(first: Code, rest: list[tuple[str, Code]]) -> Code:
    """Operations from left to right."""
    code = first
    if len(rest) <= _NESTED_OPERATIONS:
        for operator, operand in rest:
            code = _operation(code, operator, operand)
        return code

    def chained(scope: Scope) -> Any:
        value = first(scope)
        for operator, operand in rest:
            value = _operated(scope, operator, value, operand(scope))
        return value

    return chained


def _operation(left: Code, operator: str, right: Code) -> Code:
    fast = _FAST.get(operator)

    def code(scope: Scope) -> Any:
        first, second = left(scope), right(scope)
        if fast is not None and type(first) is Decimal and type(second) is Decimal:
            try:
                return fast(first, second)
            except DecimalException:
                return None
        return _operated(scope, operator, first, second)

    return code


def _operated(scope: Scope, operator: str, left: Any, right: Any) -> Any:
    value = operate(operator, left, right)
    if type(value) is str:
        _spend_on(scope, value)
    return value


def negation(operand: Code) -> Code:
    """The opposite."""
    return lambda scope: negate(operand(scope))


def conditional(condition: Code, yes: Code, no: Code) -> Code:
    """`if … then … else …`: anything but true is else."""
    return lambda scope: yes(scope) if condition(scope) is True else no(scope)


def instance_of(value: Code, kind: Type) -> Code:
    """`x instance of type`."""
    return lambda scope: kind.conforms(value(scope))


def listing(items: list[Code]) -> Code:
    """A list."""
    return lambda scope: [item(scope) for item in items]


def ranging(low: Code, high: Code, low_included: bool, high_included: bool) -> Code:
    """A range; null when its ends are of different kinds or there is none."""

    def code(scope: Scope) -> Any:
        start, end = low(scope), high(scope)
        if start is None and end is None:
            return None
        if start is not None and end is not None and compare("<=", start, end) is None:
            return None
        return Range(
            start, end, low_included and start is not None, high_included and end is not None
        )

    return code


def comparison_range(operator: str, end: Code) -> Code:
    """`(< 10)`: a range with one end; `(= 10)` has it twice."""

    def code(scope: Scope) -> Any:
        value = end(scope)
        if value is None or compare("<=", value, value) is None:
            return None
        if operator == "=":
            return Range(value, value)
        if operator in ("<", "<="):
            return Range(None, value, False, operator == "<=")
        return Range(value, None, operator == ">=", False)

    return code


def context(entries: list[tuple[str, Code]]) -> Code:
    """A context: each entry sees those before it."""

    def code(scope: Scope) -> Any:
        values: dict[str, Any] = {}
        inner = scope.inner(values)
        for key, value in entries:
            values[key] = value(inner)
        return values

    return code


def function(parameters: tuple[str, ...], types: Mapping[str, Type], body: Code) -> Code:
    """A function, with the names in sight where it is written."""
    convert = {key: kind.convert for key, kind in types.items()}
    return lambda scope: Function(parameters, body, scope, convert)


def calling(called: Code, positional: list[Code], named: dict[str, Code]) -> Code:
    """A call."""

    def code(scope: Scope) -> Any:
        arguments = [argument(scope) for argument in positional]
        by_name = {key: argument(scope) for key, argument in named.items()}
        return call(scope, called(scope), arguments, by_name)

    return code


def path(value: Code, key: str) -> Code:
    """`context.key`, the keys of a list of contexts, or a part of a date. Never a host attribute."""
    return lambda scope: part_of(value(scope), key)


def part_of(value: Any, key: str) -> Any:
    """The entry of a context, that of each item of a list, or a part of a date or a range."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list):
        return [part_of(item, key) if not isinstance(item, list) else None for item in value]
    if isinstance(value, Range):
        return _range_part(value, key)
    return temporal_part(value, key)


def _range_part(value: Range, key: str) -> Any:
    return {
        "start": value.low,
        "end": value.high,
        "start included": value.low_included,
        "end included": value.high_included,
    }.get(key)
