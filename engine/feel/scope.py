"""Names in sight of an expression, and how much work it may still do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.feel.errors import FeelError, FeelLimitExceeded

MAX_STEPS = 200_000
MAX_ITEMS = 100_000
MAX_CALL_DEPTH = 60

Code = Callable[["Scope"], Any]


class Budget:
    """The steps that one evaluation may take."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._left = steps
        self.depth = 0

    def spend(self, steps: int = 1) -> None:
        """Take steps; raises FeelLimitExceeded when none are left."""
        self._left -= steps
        if self._left < 0:
            raise FeelLimitExceeded("La expresión necesita demasiados pasos.")


class Scope:
    """Values by name, and the scope around them."""

    __slots__ = ("budget", "parent", "values")

    def __init__(
        self, values: Mapping[str, Any], parent: Scope | None = None, budget: Budget | None = None
    ) -> None:
        self.values = values
        self.parent = parent
        inherited: Budget | None = parent.budget if parent is not None else None
        self.budget: Budget = budget or inherited or Budget()

    def get(self, name: str) -> Any:
        """The value of a name; an unknown name is null, as DMN asks of missing data."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        return None

    def knows(self, name: str) -> bool:
        """Whether the name stands for something."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return True
            scope = scope.parent
        return False

    def inner(self, values: Mapping[str, Any]) -> Scope:
        """A scope inside this one; it costs a step."""
        self.budget.spend()
        return Scope(values, self)


class Function:
    """A function written in FEEL."""

    feel_function = True
    __slots__ = ("_body", "_parameters", "_scope")

    def __init__(self, parameters: tuple[str, ...], body: Code, scope: Scope) -> None:
        self._parameters = parameters
        self._body = body
        self._scope = scope

    def __call__(self, scope: Scope, positional: list[Any], named: dict[str, Any]) -> Any:
        if len(positional) > len(self._parameters) or set(named) - set(self._parameters):
            raise FeelError("La función recibe otros argumentos.")
        values = dict.fromkeys(self._parameters)
        values.update(zip(self._parameters, positional, strict=False))
        values.update(named)
        budget = scope.budget
        budget.depth += 1
        if budget.depth > MAX_CALL_DEPTH:
            raise FeelLimitExceeded("La función se llama a sí misma demasiadas veces.")
        try:
            return self._body(Scope(values, self._scope, budget))
        finally:
            budget.depth -= 1


def call(scope: Scope, function: Any, positional: list[Any], named: dict[str, Any]) -> Any:
    """Call a function of the language; anything else is an error, never a host call."""
    scope.budget.spend()
    if function is None or not getattr(function, "feel_function", False):
        raise FeelError("Se llama a algo que no es una función.")
    return function(scope, positional, named)
