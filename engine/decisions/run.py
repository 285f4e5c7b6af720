"""What is kept while a decision is taken: the rules that matched and what there is to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.decisions.findings import Finding
from engine.feel.scope import Code, Scope
from engine.feel.types import Type

MAX_FINDINGS = 50


@dataclass
class Run:
    """One taking of a decision. matched: the ids of the rules that matched, by the element of their table."""

    matched: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def say(self, level: str, code: str, element: str, message: str) -> None:
        """Keep a finding, once."""
        found = Finding(level, code, element, message)
        if found not in self.findings and len(self.findings) < MAX_FINDINGS:
            self.findings.append(found)


def run_of(scope: Scope) -> Run:
    """What is kept of the decision that is being taken."""
    if scope.budget.host is None:
        scope.budget.host = Run()
    run: Run = scope.budget.host
    return run


def typed(code: Code, kind: Type | None, place: str) -> Code:
    """An expression whose value has a type: what cannot be converted to it is null, and said."""
    if kind is None:
        return code

    def converted(scope: Scope) -> Any:
        return as_type(scope, code(scope), kind, place)

    return converted


def as_type(scope: Scope, value: Any, kind: Type, place: str) -> Any:
    """A value as its type, or null with a finding."""
    from engine.decisions.types import mismatch

    result = kind.convert(value)
    if result is None and value is not None:
        run_of(scope).say("error", "type", place, mismatch(value, kind, "el resultado"))
    return result
