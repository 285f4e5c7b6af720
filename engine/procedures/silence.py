"""What a procedure says of its end: silence, expiry, and which task decides with which outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.workflow.definitions import Definition, Finding
from engine.workflow.elements import elements_of

POSITIVE, NEGATIVE, NONE = "positive", "negative", "none"
_MATTERS = {
    "petition": "el derecho de petición",
    "public_domain": "el dominio o el servicio público",
    "environment": "una actividad que puede dañar el medio ambiente",
    "liability": "la responsabilidad patrimonial",
    "appeal": "un recurso o una revisión de oficio",
}


@dataclass(frozen=True)
class ResolutionRule:
    """Which task decides, and the FEEL expression over the process's data that gives the outcome.

    task: the id of the user task, or the name of its form.
    """

    task: str
    outcome: str


@dataclass(frozen=True)
class ExpiryRule:
    """That the procedure expires when its maximum term ends (art. 25.1.b): the article that says so."""

    law: str


def read_resolution(raw: Mapping[str, Any]) -> ResolutionRule | None:
    """`[resolution]` of procedure.toml; None when it says nothing."""
    found = raw.get("resolution")
    return None if found is None else ResolutionRule(found["task"], found["outcome"])


def read_expiry(raw: Mapping[str, Any]) -> ExpiryRule | None:
    """`[expiry]` of procedure.toml; None when the procedure does not expire."""
    found = raw.get("expiry")
    return None if found is None else ExpiryRule(found["law"])


def silence_findings(raw: Mapping[str, Any], definition: Definition) -> Iterator[Finding]:
    """What the law does not let a procedure say of its end (arts. 24.1 and 25.1; SIL-1)."""
    yield from _effect(raw)
    yield from _expiry(raw)
    yield from _resolution(raw, definition)


def _effect(raw: Mapping[str, Any]) -> Iterator[Finding]:
    said = raw["silence"]
    effect, matter = said["effect"], said.get("matter")
    ex_officio = "opening" in raw
    if effect == POSITIVE and matter is not None:
        yield _error(
            "silence.effect",
            f"el silencio no puede ser positivo en lo que afecta a {_MATTERS[matter]} "
            "(art. 24.1 de la Ley 39/2015)",
        )
    if effect == POSITIVE and ex_officio:
        yield _error(
            "silence.effect",
            "lo que se inicia de oficio no se concede por silencio (art. 25.1 de la Ley 39/2015)",
        )
    if effect == NEGATIVE and matter is None and "law" not in said and not ex_officio:
        yield Finding(
            "warning",
            "silence",
            "silence.effect",
            "el silencio negativo necesita una ley: dígala en «law», o en «matter» la materia en "
            "que siempre lo es (art. 24.1 de la Ley 39/2015)",
        )


def _expiry(raw: Mapping[str, Any]) -> Iterator[Finding]:
    if "expiry" not in raw:
        return
    if raw["silence"]["effect"] != NONE:
        yield _error("expiry", "un procedimiento caduca o tiene silencio, no las dos cosas")
    if raw["channel"] == "sede":
        yield _error(
            "expiry",
            "lo que empieza por una solicitud no caduca porque acabe el plazo para resolver "
            "(art. 25.1.b de la Ley 39/2015)",
        )


def _resolution(raw: Mapping[str, Any], definition: Definition) -> Iterator[Finding]:
    rule = read_resolution(raw)
    if rule is None:
        return
    tasks = [each for each in elements_of(definition).nodes.values() if each.kind == "userTask"]
    if not any(rule.task in (each.id, each.properties.get("form")) for each in tasks):
        yield _error("resolution.task", f"el modelo no tiene la tarea «{rule.task}»")
    try:
        compile_expression(rule.outcome)
    except FeelError as error:
        yield _error("resolution.outcome", f"no es una expresión: {error}")


def _error(element: str, message: str) -> Finding:
    return Finding("error", "silence", element, message)
