"""Definitions: a BPMN model parsed once for each content, and checked before anyone can publish it.

A model is stored and known by its author's bytes. What is parsed is its normalised form, in which the
author's elements keep their ids: see engine/workflow/bpmn/normalising.py.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.decisions.errors import DecisionError
from engine.decisions.model import DecisionModel, load_decisions
from engine.workflow import library
from engine.workflow.bpmn.checking import Lookup, Surroundings, check_elements
from engine.workflow.bpmn.data_names import check_names
from engine.workflow.bpmn.deep import in_deep_stack
from engine.workflow.bpmn.findings import Finding, InvalidModel, error
from engine.workflow.bpmn.names import BPMN, MAX_BYTES, SPIFF
from engine.workflow.bpmn.normalising import Normalised, normalise
from engine.workflow.bpmn.parsing import parse_model
from engine.workflow.bpmn.paths import check_paths
from engine.workflow.bpmn.pools import main_process
from engine.workflow.bpmn.terms import LegalTerm, legal_term
from signatures.safe_xml import parse_xml


@dataclass(frozen=True)
class Definition:
    """A parsed model: its specs are shared by every instance of it.

    sha256: of the author's model, and of its decisions when it has any; xml: the author's bytes;
    normalised: what was parsed; decisions: the DMN that its rule tasks take, None without any.
    """

    key: str
    name: str
    sha256: str
    xml: bytes = field(repr=False)
    spec: Any = field(repr=False, compare=False)
    subprocesses: Mapping[str, Any] = field(repr=False, compare=False)
    normalised: bytes = field(repr=False, compare=False, default=b"")
    decisions: bytes | None = field(repr=False, compare=False, default=None)


_cache: dict[str, Definition] = {}
_cache_lock = threading.Lock()


def load_definition(xml: bytes, decisions: bytes | None = None) -> Definition:
    """Parse a model, once for each content; raises InvalidModel with every error found.

    decisions: the DMN file from which its business rule tasks take their decisions.
    """
    decisions = decisions if decisions is not None and takes_decisions(xml) else None
    sha256 = fingerprint(xml, decisions)
    with _cache_lock:
        found = _cache.get(sha256)
    if found is not None:
        return found
    errors = [item for item in check_process(xml, decisions=decisions) if item.level == "error"]
    if errors:
        raise InvalidModel("; ".join(f"{item.element}: {item.message}" for item in errors))
    definition = _parse(xml, decisions, sha256)
    with _cache_lock:
        _cache[sha256] = definition
    return definition


def takes_decisions(xml: bytes) -> bool:
    """Whether a model has business rule tasks, so that its decisions are a part of it."""
    return b"calledDecisionId" in normalise(xml).xml


def fingerprint(xml: bytes, decisions: bytes | None = None) -> str:
    """The SHA-256, in hexadecimal, by which a model and its decisions are known."""
    digest = hashlib.sha256(xml).hexdigest()
    if decisions is None:
        return digest
    return hashlib.sha256(f"{digest}\n{hashlib.sha256(decisions).hexdigest()}".encode()).hexdigest()


def _parse(xml: bytes, decisions: bytes | None, sha256: str) -> Definition:
    normalised = normalise(xml).xml
    try:
        key, name, spec, subprocesses = parse_model(normalised, _decisions(decisions))
    except ValidationException as reason:
        raise InvalidModel(f"El modelo no es válido: {reason}") from reason
    _prepare_timers((spec, *subprocesses.values()))
    return Definition(key, name, sha256, xml, spec, subprocesses, normalised, decisions)


def _decisions(data: bytes | None) -> DecisionModel | None:
    try:
        return None if data is None else load_decisions(data)
    except DecisionError as reason:
        raise InvalidModel(f"Las decisiones no son válidas: {reason}") from reason


def _prepare_timers(specs: tuple[Any, ...]) -> None:
    """Give each timer our clock; see engine/workflow/timers.py."""
    from engine.workflow.timers import adopt

    for spec in specs:
        for task_spec in spec.task_specs.values():
            adopt(task_spec)


def check_process(
    xml: bytes,
    lookup: Lookup | None = None,
    *,
    known_services: Collection[str] | None = None,
    decisions: bytes | None = None,
    given: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Everything that keeps a model from running, what is worth a second look, and what was rewritten.

    known_services: the services that models may call, where they are known; decisions: the package's
    DMN; given: the names that the data has from the start, to look for those that nobody gives.
    """
    normalised = normalise(xml)
    looked_at = _looked_at(normalised, lookup, known_services, decisions, given)
    return _in_order([*normalised.findings, *looked_at])


def _looked_at(
    normalised: Normalised,
    lookup: Lookup | None,
    known_services: Collection[str] | None,
    decisions: bytes | None,
    given: Collection[str],
) -> list[Finding]:
    """The checks of a normalised model, as far as what was found lets them go."""
    if any(item.code in _BLIND for item in normalised.findings if item.level == "error"):
        return []
    root = parse_xml(normalised.xml, max_bytes=MAX_BYTES)
    if main_process(root) is None:
        message = "El modelo no tiene ningún proceso ejecutable."
        if any(item.code == "not-executable" for item in normalised.findings):
            return []
        return [error("not-executable", "", message)]
    try:
        known = _names_of(_decisions(decisions))
    except InvalidModel as reason:
        return [error("decision", "", str(reason))]
    around = Surroundings(known_services, known, lookup, given)
    findings = [*check_elements(root, around), *check_paths(root), *check_names(root, given)]
    if normalised.ok and not any(item.level == "error" for item in findings):
        findings += _try_to_parse(normalised.xml, decisions)
    return findings


_BLIND = frozenset(["xml", "format", "size", "depth", "duplicate", "no-id"])
"""Errors after which there is no model to look at."""


def _names_of(model: DecisionModel | None) -> frozenset[str] | None:
    if model is None:
        return None
    return frozenset(name for item in model.decisions.values() for name in (item.id, item.name))


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Each finding once, the errors first."""
    levels = ("error", "warning", "info")
    return tuple(sorted(dict.fromkeys(findings), key=lambda item: levels.index(item.level)))


def _try_to_parse(xml: bytes, decisions: bytes | None) -> tuple[Finding, ...]:
    """What only SpiffWorkflow's own parser sees."""
    try:
        parse_model(xml, _decisions(decisions))
    except ValidationException as reason:
        element = str(getattr(reason, "id", "") or "")
        return (error("parse", element, f"El modelo no se puede ejecutar: {reason}"),)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as reason:
        message = f"El modelo no se puede leer ({type(reason).__name__})."
        return (error("parse", "", message),)
    return ()


__all__ = [
    "BPMN",
    "MAX_BYTES",
    "SPIFF",
    "Definition",
    "Finding",
    "InvalidModel",
    "LegalTerm",
    "Normalised",
    "check_process",
    "fingerprint",
    "in_deep_stack",
    "legal_term",
    "library",
    "load_definition",
    "normalise",
    "takes_decisions",
]
