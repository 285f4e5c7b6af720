"""How a built-in function takes its arguments: by place or by name, each of its declared kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel.errors import FeelError, FeelLimitExceeded
from engine.feel.scope import Scope
from engine.feel.values import Months, Range, is_date, is_function

# The values that each kind of argument takes; a list of one stands for its item, and the other way.
_KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, Decimal),
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "context": lambda value: isinstance(value, dict),
    "date": is_date,
    "day": lambda value: isinstance(value, date),
    "time": lambda value: isinstance(value, time),
    "instant": lambda value: isinstance(value, datetime),
    "duration": lambda value: isinstance(value, timedelta),
    "length": lambda value: isinstance(value, timedelta | Months),
    "range": lambda value: isinstance(value, Range),
    "point": lambda value: value is not None and not isinstance(value, list | dict | Range),
    "function": is_function,
    "any": lambda _: True,
}
_STEP_SIZE = 1000


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name, the kind of its values, whether it may be left out."""

    name: str
    kind: str
    optional: bool


def _parameters(signature: str) -> tuple[Parameter, ...]:
    """The parameters of `name: kind, name?: kind`."""
    found = []
    for part in signature.split(","):
        name, _, kind = part.strip().partition(":")
        found.append(Parameter(name.rstrip("?"), kind.strip(), name.endswith("?")))
    return tuple(found)


def _folded(name: str) -> str:
    """A name of a parameter, for comparing: the standard writes some joined and some apart."""
    return name.replace(" ", "").lower()


class Overload:
    """One way to call a function.

    With `*` before its last kind that parameter takes any number of values, or one list of them; with
    `**` each argument is one of its values, also when it is a list.
    """

    __slots__ = (
        "_body",
        "_kinds",
        "_required",
        "_spreads",
        "_variadic",
        "_with_scope",
        "parameters",
    )

    def __init__(self, signature: str, body: Callable[..., Any], *, with_scope: bool) -> None:
        self._variadic = "*" in signature
        self._spreads = "**" not in signature
        self.parameters = _parameters(signature.replace("*", "")) if signature else ()
        self._kinds = tuple((_KINDS[item.kind], item.kind == "list") for item in self.parameters)
        self._required = sum(1 for item in self.parameters if not item.optional)
        self._body = body
        self._with_scope = with_scope

    def arranged(self, positional: list[Any], named: dict[str, Any]) -> list[Any] | None:
        """The arguments in order, or None when this is not the way that they are given."""
        if named:
            return self._by_name(named) if not positional else None
        if self._variadic:
            return self._gathered(positional)
        return positional if self._required <= len(positional) <= len(self.parameters) else None

    def _gathered(self, positional: list[Any]) -> list[Any] | None:
        fixed = len(self.parameters) - 1
        if len(positional) <= fixed:
            return None
        rest = positional[fixed:]
        alone = self._spreads and len(rest) == 1
        return [*positional[:fixed], rest[0] if alone else rest]

    def _by_name(self, named: dict[str, Any]) -> list[Any] | None:
        given = {_folded(key): value for key, value in named.items()}
        arranged: list[Any] = []
        for item in self.parameters:
            key = _folded(item.name)
            if key in given:
                arranged.append(given.pop(key))
            elif not item.optional:
                return None
            elif given:
                arranged.append(_ABSENT)
        while arranged and arranged[-1] is _ABSENT:
            arranged.pop()
        return None if given or _ABSENT in arranged else arranged

    def typed(self, arguments: list[Any]) -> list[Any] | None:
        """The arguments as their kinds take them, or None when one does not."""
        found = []
        for (kind, is_list), value in zip(self._kinds, arguments, strict=False):
            if kind(value):
                found.append(value)
            elif is_list:
                if value is None:
                    return None
                found.append([value])
            elif isinstance(value, list) and len(value) == 1 and kind(value[0]):
                found.append(value[0])
            else:
                return None
        return found

    def run(self, scope: Scope, arguments: list[Any]) -> Any:
        """The result; raises what the body raises."""
        size = 0
        for item in arguments:
            if type(item) is str or type(item) is list:
                size += len(item)
        scope.budget.spend(1 + size // _STEP_SIZE)
        return self._body(scope, *arguments) if self._with_scope else self._body(*arguments)


_ABSENT = object()


class BuiltIn:
    """A built-in function. Arguments of another kind give null; another number of them is a fault."""

    feel_function = True
    __slots__ = ("name", "overloads")

    def __init__(self, name: str, overloads: Sequence[Overload]) -> None:
        self.name = name
        self.overloads = tuple(overloads)

    def __call__(self, scope: Scope, positional: list[Any], named: dict[str, Any]) -> Any:
        fits = False
        for overload in self.overloads:
            arranged = overload.arranged(positional, named)
            if arranged is None:
                continue
            fits = True
            typed = overload.typed(arranged)
            if typed is not None:
                return self._run(scope, overload, typed)
        if not fits:
            scope.budget.fault(f"«{self.name}» no recibe esos argumentos.")
        return None

    def _run(self, scope: Scope, overload: Overload, typed: list[Any]) -> Any:
        try:
            return overload.run(scope, typed)
        except FeelLimitExceeded:
            raise
        except (FeelError, DecimalException, OverflowError, ValueError):
            return None

    def joined_to(self, other: BuiltIn | None) -> BuiltIn:
        """This function with the ways to call another of its name."""
        return self if other is None else BuiltIn(self.name, (*other.overloads, *self.overloads))

    def arities(self) -> frozenset[int]:
        """How many parameters each way to call it has."""
        return frozenset(len(item.parameters) for item in self.overloads)


Row = tuple[str, str, Callable[..., Any]]


def functions(rows: Sequence[Row], *, with_scope: bool = False) -> dict[str, BuiltIn]:
    """The functions of a table of names, signatures and bodies; rows of one name are its overloads."""
    found: dict[str, list[Overload]] = {}
    for name, signature, body in rows:
        found.setdefault(name, []).append(Overload(signature, body, with_scope=with_scope))
    return {name: BuiltIn(name, overloads) for name, overloads in found.items()}


def whole(value: Decimal) -> int:
    """A position or a scale; raises ValueError when it is too far from any."""
    if value and value.adjusted() > 12:
        raise ValueError("out of any list")
    return int(value)
