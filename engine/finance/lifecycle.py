"""The life of an invoice as data: its states, its steps, who may not do two of them, why it is rejected."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import BadInput, RuleBroken
from engine.finance.models import InvoiceState

DATA = Path(__file__).with_name("data")


@dataclass(frozen=True)
class StateWords:
    """A state as people read it, and the code that FACe gives it."""

    state: InvoiceState
    label: str
    face: str


@dataclass(frozen=True)
class Step:
    """A step: from which states, to which one by its outcome, and whose authors may not do it."""

    key: str
    label: str
    operation: str
    basis: str
    sources: frozenset[InvoiceState]
    outcomes: Mapping[str, InvoiceState]
    not_by: frozenset[str]

    def outcome(self, state: InvoiceState, outcome: str) -> InvoiceState:
        """The state that follows; raises RuleBroken when the step is not for this state."""
        if state not in self.sources:
            raise RuleBroken(
                f"La factura está en el estado «{words(state).label}»: ahora no corresponde "
                f"«{self.label}»."
            )
        found = self.outcomes.get(outcome)
        if found is None:
            raise BadInput(
                f"«{outcome}» no es un resultado de «{self.label}»: elija uno de "
                f"{', '.join(self.outcomes)}."
            )
        return found


@dataclass(frozen=True)
class Rejection:
    """A reason of rejection: its words, its legal basis and what the supplier can do."""

    code: str
    label: str
    basis: str
    hint: str
    automatic: bool


@cache
def states() -> Mapping[InvoiceState, StateWords]:
    """Every state with its words."""
    raw = _lifecycle()["states"]
    return {
        InvoiceState(key): StateWords(InvoiceState(key), item["label"], item["face"])
        for key, item in raw.items()
    }


@cache
def steps() -> Mapping[str, Step]:
    """Every step by its key, in the order of the life of an invoice."""
    raw = _lifecycle()["steps"]
    return {
        key: Step(
            key,
            item["label"],
            item["operation"],
            item["basis"],
            frozenset(InvoiceState(state) for state in item["from"]),
            {outcome: InvoiceState(state) for outcome, state in item["outcomes"].items()},
            frozenset(item["not_by"]),
        )
        for key, item in raw.items()
    }


@cache
def rejections() -> Mapping[str, Rejection]:
    """The catalogue of reasons of rejection."""
    raw = tomllib.loads((DATA / "rejections.toml").read_text(encoding="utf-8"))
    return {
        code: Rejection(
            code, item["label"], item["basis"], item["hint"], item.get("automatic", False)
        )
        for code, item in raw.items()
    }


def words(state: InvoiceState | str) -> StateWords:
    """The words of a state."""
    return states()[InvoiceState(state)]


def steps_from(state: InvoiceState) -> tuple[Step, ...]:
    """The steps that an invoice in this state waits for, the rejection apart."""
    return tuple(
        step for step in steps().values() if state in step.sources and step.key != "reject"
    )


@cache
def _lifecycle() -> Mapping[str, dict[str, dict[str, Any]]]:
    return tomllib.loads((DATA / "lifecycle.toml").read_text(encoding="utf-8"))
