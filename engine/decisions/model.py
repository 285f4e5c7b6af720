"""A DMN file: decisions, services, input data and business knowledge, by id and by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.decisions.errors import DecisionError
from engine.decisions.findings import Finding
from engine.decisions.run import Run, as_type
from engine.decisions.types import mismatch, received
from engine.feel.errors import FeelError, FeelLimitExceeded
from engine.feel.scope import Budget, Code, Evaluation, Function, Scope
from engine.feel.types import Type
from engine.feel.values import bounded, normal


@dataclass(frozen=True)
class DecisionResult:
    """The result of a decision, the rules that matched in it and what else is worth saying."""

    result: Any
    matched: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Element:
    """Anything with an id and a name in expressions."""

    id: str
    name: str


@dataclass(frozen=True)
class Decision(Element):
    """A decision: its name in expressions, the ids of what it requires, its type and its logic."""

    requires: tuple[str, ...]
    knows: tuple[str, ...]
    type: Type | None = field(repr=False, default=None)
    logic: Code = field(repr=False, default=lambda _: None)


@dataclass(frozen=True)
class InputData(Element):
    """Something that a decision is given."""

    type: Type | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Knowledge(Element):
    """A business knowledge model: a function. knows: the ids of the knowledge that it requires."""

    knows: tuple[str, ...]
    make: Callable[[Scope], Function] = field(repr=False)


@dataclass(frozen=True)
class DecisionService(Element):
    """Some decisions with an interface: what it is given and what it gives, by their ids."""

    outputs: tuple[str, ...]
    input_decisions: tuple[str, ...]
    input_data: tuple[str, ...]
    type: Type | None = field(repr=False, default=None)


@dataclass(frozen=True)
class DecisionModel:
    """Everything in a DMN file. warnings: what is worth saying of a decision when it is taken, by its id."""

    decisions: Mapping[str, Decision]
    inputs: Mapping[str, InputData]
    knowledge: Mapping[str, Knowledge]
    services: Mapping[str, DecisionService]
    warnings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)

    def decide(
        self,
        decision_id: str,
        values: Mapping[str, Any],
        evaluation: Evaluation | None = None,
    ) -> DecisionResult:
        """Take a decision, or those of a service, and those that they require; raises DecisionError.

        Only the values that are used are looked up. evaluation: the instant of `now()` and the bounds.
        """
        asked = self._asked(decision_id)
        taking = _Taking(self, values, evaluation or Evaluation())
        try:
            if isinstance(asked, Decision):
                owners: tuple[str, ...] = (asked.id,)
                result = taking.decision(asked)
            else:
                owners = asked.outputs
                result = taking.service(asked)
            bounded(result)
        except RecursionError:
            message = "la decisión tiene demasiados niveles"
            raise DecisionError(message, decision_id) from None
        except FeelError as error:
            raise DecisionError(str(error), decision_id) from error
        matched = [rule for owner in owners for rule in taking.run.matched.get(owner, ())]
        return DecisionResult(result, tuple(matched), tuple(taking.run.findings))

    def _asked(self, name: str) -> Decision | DecisionService:
        """A decision or a service by its id or its name; raises DecisionError."""
        by_id = self.decisions.get(name) or self.services.get(name)
        if by_id is not None:
            return by_id
        choices: list[Decision | DecisionService] = [*self.decisions.values()]
        choices += self.services.values()
        for item in choices:
            if item.name == name:
                return item
        raise DecisionError(f"no existe la decisión «{name}»")


class _Undeclared(Mapping[str, Any]):
    """The values that the file says nothing of: all may see them. The others, who requires them."""

    def __init__(self, values: Mapping[str, Any], declared: frozenset[str]) -> None:
        self._values = values
        self._declared = declared

    def __getitem__(self, name: str) -> Any:
        if name in self._declared:
            raise KeyError(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._values if name not in self._declared)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Taking:
    """One taking of a decision: what was already decided, and what there is to say."""

    def __init__(
        self, model: DecisionModel, values: Mapping[str, Any], evaluation: Evaluation
    ) -> None:
        self._model = model
        self._values = values
        self.run = Run()
        self._budget = Budget.of(evaluation)
        self._budget.problems = []
        self._budget.host = self.run
        declared = frozenset(item.name for item in model.inputs.values())
        self._root = Scope(_Undeclared(values, declared), None, self._budget)
        self._done: dict[str, Any] = {}
        self._functions: dict[str, Function] = {}

    def decision(self, decision: Decision) -> Any:
        """The value of a decision, of its type."""
        if decision.id in self._done:
            return self._done[decision.id]
        scope = self._scope(decision)
        problems: list[str] = []
        outer, self._budget.problems = self._budget.problems, problems
        try:
            value = decision.logic(scope)
        except FeelLimitExceeded as error:
            raise DecisionError(str(error), decision.id) from error
        finally:
            self._budget.problems = outer
        self.run.findings.extend(self._model.warnings.get(decision.id, ()))
        for problem in problems:
            self.run.say("warning", "feel", decision.id, problem)
        if decision.type is not None:
            value = as_type(scope, value, decision.type, decision.id)
        self._done[decision.id] = value
        return value

    def service(self, service: DecisionService) -> Any:
        """What a service gives: its one output, or a context of them. Its input decisions are given."""
        model = self._model
        for key in service.input_decisions:
            decision = model.decisions[key]
            self._done[key] = self._given(decision)
        return self._outputs(service)

    def _outputs(self, service: DecisionService) -> Any:
        decisions = [self._model.decisions[key] for key in service.outputs]
        values = {decision.name: self.decision(decision) for decision in decisions}
        result = next(iter(values.values())) if len(values) == 1 else values
        if service.type is None:
            return result
        return as_type(self._root, result, service.type, service.id)

    def _scope(self, decision: Decision) -> Scope:
        """What a decision sees: what it requires, and nothing else of what the file declares."""
        model = self._model
        known: dict[str, Any] = {}
        for key in decision.knows:
            known[self._invocable_name(key)] = self._invocable(key)
        for key in decision.requires:
            if key in model.decisions:
                required = model.decisions[key]
                known[required.name] = self.decision(required)
            elif key in model.inputs:
                item = model.inputs[key]
                known[item.name] = self._input(item)
        return Scope(known, self._root, self._budget)

    def _input(self, item: InputData) -> Any:
        if item.id not in self._done:
            self._done[item.id] = self._given(item)
        return self._done[item.id]

    def _given(self, item: InputData | Decision) -> Any:
        """A value from outside as its type; raises DecisionError that says which part is not."""
        try:
            raw = self._values[item.name]
        except KeyError:
            self.run.say("warning", "missing-input", item.id, f"falta el dato «{item.name}»")
            return None
        try:
            value = normal(raw)
        except FeelError as error:
            raise DecisionError(f"«{item.name}»: {error}", item.id) from None
        if item.type is None or value is None:
            return value
        value = received(value, item.type)
        converted = item.type.convert(value)
        if converted is None:
            raise DecisionError(mismatch(value, item.type, item.name), item.id)
        return converted

    def _invocable_name(self, key: str) -> str:
        knowledge = self._model.knowledge.get(key)
        return self._model.services[key].name if knowledge is None else knowledge.name

    def _invocable(self, key: str) -> Any:
        """A function: business knowledge, with what it requires in sight, or a service."""
        if key in self._functions:
            return self._functions[key]
        knowledge = self._model.knowledge.get(key)
        if knowledge is None:
            function = self._service_function(self._model.services[key])
        else:
            known = {self._invocable_name(item): self._invocable(item) for item in knowledge.knows}
            function = knowledge.make(Scope(known, self._root, self._budget))
        self._functions[key] = function
        return function

    def _service_function(self, service: DecisionService) -> Function:
        """A service as a function of its input data and then of its input decisions."""
        model = self._model
        parameters: list[tuple[str, InputData | Decision]] = []
        parameters += ((key, model.inputs[key]) for key in service.input_data)
        parameters += ((key, model.decisions[key]) for key in service.input_decisions)
        names = tuple(item.name for _, item in parameters)

        def body(scope: Scope) -> Any:
            inner = _Taking(model, {}, Evaluation())
            inner.run, inner._budget = self.run, self._budget
            inner._root = self._root
            for key, item in parameters:
                inner._done[key] = scope.values[item.name]
            return inner._outputs(service)

        convert = {item.name: item.type.convert for _, item in parameters if item.type is not None}
        return Function(names, body, self._root, convert)


@lru_cache(maxsize=200)
def load_decisions(xml: bytes) -> DecisionModel:
    """Read a DMN file; raises DecisionError that names the element at fault. Read once per content."""
    from engine.decisions.reader import read_model

    return read_model(xml)
