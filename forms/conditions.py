"""The closed grammar of `when`: all, any, not, eq, in, gt, lt, present. Nothing is ever evaluated as code.

A field whose condition is false is neither shown, nor required, nor stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_DEPTH = 8
OPERATORS = ("all", "any", "not", "eq", "in", "gt", "lt", "present")


def check_condition(condition: Any, known: frozenset[str], depth: int = 0) -> list[str]:
    """The faults of a condition, in Spanish; `known` are the fields that it may name."""
    if depth > MAX_DEPTH:
        return ["la condición tiene demasiados niveles"]
    if not isinstance(condition, Mapping) or len(condition) != 1:
        return ["una condición es un objeto con una sola clave: " + ", ".join(OPERATORS)]
    ((operator, operand),) = condition.items()
    if operator in ("all", "any"):
        if not isinstance(operand, list) or not operand:
            return [f"«{operator}» lleva una lista de condiciones"]
        return [fault for item in operand for fault in check_condition(item, known, depth + 1)]
    if operator == "not":
        return check_condition(operand, known, depth + 1)
    if operator == "present":
        return _check_field(operand, known)
    if operator in ("eq", "in", "gt", "lt"):
        if not isinstance(operand, list) or len(operand) != 2:
            return [f"«{operator}» lleva una lista de dos: el campo y el valor"]
        return _check_field(operand[0], known)
    return [f"«{operator}» no es una condición: use " + ", ".join(OPERATORS)]


def _check_field(name: Any, known: frozenset[str]) -> list[str]:
    return [] if name in known else [f"la condición nombra el campo «{name}», que no existe"]


def holds(condition: Mapping[str, Any] | None, answers: Mapping[str, Any]) -> bool:
    """Whether a condition holds for these answers; no condition always holds."""
    if condition is None:
        return True
    ((operator, operand),) = condition.items()
    match operator:
        case "all":
            return all(holds(item, answers) for item in operand)
        case "any":
            return any(holds(item, answers) for item in operand)
        case "not":
            return not holds(operand, answers)
        case "present":
            return answers.get(operand) not in (None, "", [])
        case "eq":
            return bool(answers.get(operand[0]) == operand[1])
        case "in":
            return answers.get(operand[0]) in operand[1]
        case _:
            return _compare(operator, answers.get(operand[0]), operand[1])


def _compare(operator: str, left: Any, right: Any) -> bool:
    """Numbers as numbers, ISO dates as text; what cannot be compared does not hold."""
    if left is None:
        return False
    try:
        first, second = Decimal(str(left)), Decimal(str(right))
    except InvalidOperation:
        return _compare_text(operator, left, right)
    return first > second if operator == "gt" else first < second


def _compare_text(operator: str, left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left > right if operator == "gt" else left < right
    return False
