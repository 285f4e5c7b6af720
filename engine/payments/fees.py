"""The fee of a filing: the procedure's decision table over the answers, with its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.decisions.model import load_decisions
from engine.errors import ConfigurationError
from engine.money import round2
from engine.procedures.package import Package


@dataclass(frozen=True)
class FeeLine:
    """A part of the fee, in euros."""

    concept: str
    amount: Decimal


@dataclass(frozen=True)
class Fee:
    """What is to be paid, in euros, with its parts; an amount of zero needs no payment."""

    amount: Decimal
    lines: tuple[FeeLine, ...]


NO_FEE = Fee(Decimal("0.00"), ())


def fee_for(package: Package, answers: Mapping[str, Any]) -> Fee:
    """The fee for these answers.

    The decision answers a context with `lines`, a list of {concept, amount}. Numbers reach it as
    Decimal, so that no binary fraction ever touches money.
    """
    decision = package.procedure.fee_decision
    if decision is None:
        return NO_FEE
    if package.decisions is None:
        raise ConfigurationError(f"«{package.procedure.key}» tiene tasa pero no decisions.dmn.")
    result = load_decisions(package.decisions).decide(decision, {"answers": answers, **answers})
    lines = tuple(
        FeeLine(str(line["concept"]), round2(Decimal(line["amount"])))
        for line in result.result["lines"]
    )
    return Fee(sum((line.amount for line in lines), Decimal("0.00")), lines)
