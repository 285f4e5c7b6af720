"""Names in sight of an expression, and how much work it may still do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from engine.feel.errors import FeelError, FeelLimitExceeded
from engine.feel.values import is_function, normal

MAX_STEPS = 200_000
MAX_ITEMS = 100_000
MAX_CALL_DEPTH = 60
MAX_SECONDS = 5.0
MAX_PROBLEMS = 20
_CHUNK = 64

Code = Callable[["Scope"], Any]


@dataclass(frozen=True)
class Evaluation:
    """How an expression is evaluated.

    now: the instant of `now()` and `today()`, which are null without it; the computer's clock is never read.
    steps, seconds: how much work it may do.
    lenient: a call that cannot be made gives null, as the standard says, and its reason is kept; else it raises.
    """

    now: datetime | None = None
    steps: int = MAX_STEPS
    seconds: float = MAX_SECONDS
    lenient: bool = False


class Budget:
    """The work that one evaluation may still do, and what it has to say besides its result."""

    # Defaults of the class, so that a simple comparison does not pay for setting them.
    _chunk = _CHUNK
    _left = MAX_STEPS
    _seconds = MAX_SECONDS
    _deadline: float | None = None
    depth = 0
    now: datetime | None = None
    problems: list[str] | None = None
    known: dict[str, Any] | None = None
    host: Any = None
    """What the one who evaluates keeps with the evaluation."""

    @classmethod
    def of(cls, evaluation: Evaluation) -> Budget:
        """The budget of an evaluation."""
        budget = cls()
        budget._left = evaluation.steps
        budget._seconds = evaluation.seconds
        budget.now = evaluation.now
        budget.problems = [] if evaluation.lenient else None
        return budget

    def spend(self, steps: int = 1) -> None:
        """Take steps; raises FeelLimitExceeded when no steps or no time are left."""
        self._chunk -= steps
        if self._chunk < 0:
            self._refill()

    def _refill(self) -> None:
        self._left -= _CHUNK - self._chunk
        self._chunk = _CHUNK
        if self._left < 0:
            raise FeelLimitExceeded("La expresión necesita demasiados pasos.")
        if self.seconds_left() <= 0:
            raise FeelLimitExceeded("La expresión necesita demasiado tiempo.")

    def seconds_left(self) -> float:
        """The time that is left; it begins to count when it is first asked."""
        instant = monotonic()
        if self._deadline is None:
            self._deadline = instant + self._seconds
        return self._deadline - instant

    def fault(self, message: str) -> None:
        """A call that cannot be made: it gives null and its reason is kept, or raises FeelError."""
        if self.problems is None:
            raise FeelError(message)
        if len(self.problems) < MAX_PROBLEMS and message not in self.problems:
            self.problems.append(message)


class Scope:
    """Values by name, and the scope around them.

    The outermost one holds the host's values, which are looked up and made FEEL's one by one.
    """

    __slots__ = ("budget", "parent", "values")

    def __init__(self, values: Mapping[str, Any], parent: Scope | None, budget: Budget) -> None:
        self.values = values
        self.parent = parent
        self.budget = budget

    def inner(self, values: Mapping[str, Any]) -> Scope:
        """A scope inside this one; it costs a step."""
        self.budget.spend()
        return Scope(values, self, self.budget)


MISSING = object()


def lookup(scope: Scope, name: str) -> Any:
    """The value of a name, or MISSING."""
    while (parent := scope.parent) is not None:
        if name in scope.values:
            return scope.values[name]
        scope = parent
    budget = scope.budget
    known = budget.known
    if known is not None and name in known:
        return known[name]
    values = scope.values
    try:
        found = values[name]
    except KeyError:
        return MISSING
    value = normal(found)
    if value is not found or type(values) is not dict:
        if known is None:
            known = budget.known = {}
        known[name] = value
    return value


def host_value(scope: Scope, name: str) -> tuple[Any, bool]:
    """The value of a name, or MISSING, and whether it is the host's, not yet made FEEL's."""
    while (parent := scope.parent) is not None:
        if name in scope.values:
            return scope.values[name], False
        scope = parent
    known = scope.budget.known
    if known is not None and name in known:
        return known[name], False
    try:
        return scope.values[name], True
    except KeyError:
        return MISSING, False


class Function:
    """A function written in FEEL. convert: what each argument becomes, by its declared type."""

    feel_function = True
    __slots__ = ("_body", "_convert", "_scope", "parameters")

    def __init__(
        self,
        parameters: tuple[str, ...],
        body: Code,
        scope: Scope,
        convert: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        self.parameters = parameters
        self._body = body
        self._scope = scope
        self._convert = convert or {}

    def __call__(self, scope: Scope, positional: list[Any], named: dict[str, Any]) -> Any:
        wrong = set(named) - set(self.parameters)
        if wrong or (len(positional) != len(self.parameters) and not named):
            return scope.budget.fault("La función recibe otros argumentos.")
        values = dict.fromkeys(self.parameters)
        values.update(zip(self.parameters, positional, strict=False))
        values.update(named)
        for name, convert in self._convert.items():
            converted = convert(values[name])
            if converted is None and values[name] is not None:
                scope.budget.fault(f"El argumento «{name}» no es del tipo que se declara.")
            values[name] = converted
        budget = scope.budget
        budget.depth += 1
        if budget.depth > MAX_CALL_DEPTH:
            raise FeelLimitExceeded("La función se llama a sí misma demasiadas veces.")
        try:
            return self._body(Scope(values, self._scope, budget))
        finally:
            budget.depth -= 1


def call(scope: Scope, function: Any, positional: list[Any], named: dict[str, Any]) -> Any:
    """Call a function of the language; anything else is a fault, never a host call."""
    scope.budget.spend()
    if not is_function(function):
        return scope.budget.fault("Se llama a algo que no es una función.")
    return function(scope, positional, named)
