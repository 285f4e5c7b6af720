"""Corrections of the data of an instance: what a person types, checked, and put in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from engine.errors import BadInput
from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.workflow.codec import NotStorable, encode, from_json, to_json

MAX_TEXT = 10_000
_ABSENT = object()
_NUMBER = re.compile(r"-?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
"""As it is written in Spanish: a point between thousands, a comma before decimals."""
_TRUTH = {"sí": True, "si": True, "true": True, "no": False, "false": False}
_STEPS = 10_000


class Form(StrEnum):
    """How a person writes a value."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    DAY = "day"
    FEEL = "feel"
    JSON = "json"


@dataclass(frozen=True)
class Correction:
    """A datum of an instance and the value that it should have.

    name: a name, or a path of names through contexts, such as `decide.result`.
    """

    name: str
    value: Any

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.name.split("."))


@dataclass(frozen=True)
class Change:
    """What a correction changed, as text: before (empty when there was none) and after."""

    name: str
    before: str
    after: str


def read_corrections(rows: Iterable[tuple[str, str, str]]) -> tuple[Correction, ...]:
    """What was typed, as (name, form, text) rows; those that are empty are left out.

    Raises BadInput with the errors of each row by its number, `name-1`, `text-1`….
    """
    found: list[Correction] = []
    errors: list[tuple[str, str]] = []
    for number, (name, form, text) in enumerate(rows, 1):
        if not name.strip() and not text.strip():
            continue
        if not all(name.strip().split(".")):
            errors.append((f"name-{number}", "Escriba el nombre del dato."))
            continue
        try:
            found.append(Correction(name.strip(), read_value(form, text)))
        except BadInput as error:
            errors.append((f"text-{number}", error.message))
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        errors.append(("name-1", "Un mismo dato está dos veces: déjelo una sola."))
    if errors:
        raise BadInput("Revise los datos corregidos.", tuple(errors))
    return tuple(found)


def read_value(form: str, text: str) -> Any:
    """The value that a text says in its form; raises BadInput."""
    if len(text) > MAX_TEXT:
        raise BadInput(f"Es demasiado largo: el máximo son {MAX_TEXT} caracteres.")
    try:
        value = _read(Form(form), text)
        encode(value)
    except (FeelError, NotStorable) as error:
        raise BadInput(str(error)) from None
    except (ValueError, InvalidOperation, RecursionError):
        raise BadInput(_WRONG.get(form, "Elija qué clase de dato es.")) from None
    return value


_WRONG = {
    Form.NUMBER.value: "Escriba un número, por ejemplo 1250,50.",
    Form.TRUTH.value: "Escriba sí o no.",
    Form.DAY.value: "Escriba una fecha, por ejemplo 27/3/2027.",
    Form.FEEL.value: "No es una expresión FEEL que se pueda calcular.",
    Form.JSON.value: "No es JSON bien escrito.",
}


def _read(form: Form, text: str) -> Any:
    match form:
        case Form.TEXT:
            return text
        case Form.NUMBER:
            if not _NUMBER.fullmatch(text.strip()):
                raise ValueError(text)
            return Decimal(text.strip().replace(".", "").replace(",", "."))
        case Form.TRUTH:
            if text.strip().lower() not in _TRUTH:
                raise ValueError(text)
            return _TRUTH[text.strip().lower()]
        case Form.DAY:
            day, month, year = text.strip().split("/")
            return date(int(year), int(month), int(day))
        case Form.FEEL:
            return compile_expression(text.strip()).evaluate({}, steps=_STEPS)
        case Form.JSON:
            return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def correct(data: MutableMapping[str, Any], corrections: Iterable[Correction]) -> list[Change]:
    """Put each value in its place, in contexts of their own; returns what it changed."""
    changes = []
    for each in corrections:
        before = _at(data, each.path)
        first, *rest = each.path
        data[first] = _with(data.get(first), rest, each.value)
        changes.append(
            Change(each.name, "" if before is _ABSENT else encode(before), encode(each.value))
        )
    return changes


def _at(data: Any, path: Iterable[str]) -> Any:
    for name in path:
        if not isinstance(data, Mapping) or name not in data:
            return _ABSENT
        data = data[name]
    return data


def _with(value: Any, path: list[str], new: Any) -> Any:
    """A value with another one at a path; what is not a context becomes one."""
    if not path:
        return new
    known = dict(value) if isinstance(value, Mapping) else {}
    known[path[0]] = _with(known.get(path[0]), path[1:], new)
    return known


def stored_corrections(corrections: Iterable[Correction]) -> list[dict[str, Any]]:
    """Corrections as JSON, to be kept until they are made."""
    return [{"name": each.name, "value": to_json(each.value)} for each in corrections]


def loaded_corrections(stored: Iterable[Mapping[str, Any]]) -> tuple[Correction, ...]:
    """Corrections that were kept."""
    return tuple(Correction(each["name"], from_json(each["value"])) for each in stored)
