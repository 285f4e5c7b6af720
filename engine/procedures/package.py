"""A procedure package: its folder of models, forms, decisions and templates, read and checked whole.

docs/procedures.md describes it. Everything in a package is data: none of it is ever run as host code.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator

from engine.decisions.checking import check_decisions
from engine.decisions.errors import DecisionError
from engine.decisions.model import load_decisions
from engine.errors import TownHallError
from engine.money import round2
from engine.procedures.binding import bound_model, check_binding, check_names, parts_of
from engine.procedures.opening import Opening, opening_faults, read_opening
from engine.procedures.parts import PART, SHARED, InvalidPart, gather, read_part
from engine.procedures.references import Parts, Services, check_references
from engine.procedures.silence import (
    ExpiryRule,
    ResolutionRule,
    read_expiry,
    read_resolution,
    silence_findings,
)
from engine.workflow.definitions import Finding, check_process, load_definition
from forms.definition import FormDefinition, FormDefinitionError, load_form

PROCEDURE, MODEL, FORM, DECISIONS = "procedure.toml", "process.bpmn", "form.json", "decisions.dmn"
STAFF, DOCUMENTS = "staff", "documents"
_COMMUNICATE = b"expedientes/communicate"
MAX_TITLE = 240
MAX_FILES = 200
MAX_BYTES = 5_000_000
BEGINNING = frozenset(["request", "person", "expediente", "entry"])
"""The names of the data that a process begins with when it was filed."""
BEGUN_BY_OFFICIAL = frozenset(["request", "person", "expediente", "opened"])
"""The same when an official began it by filling in its form."""
_SCHEMA = Path(__file__).with_name("procedure.schema.json")


class InvalidPackage(TownHallError):
    """A package with faults; the message lists every one."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{item.element}: {item.message}" for item in findings))
        self.findings = findings


@dataclass(frozen=True)
class Fee:
    """What filing costs: a fixed amount, or a decision over the form's answers."""

    concept: str
    explanation: str
    source: str
    amount: Decimal | None
    decision: str | None


@dataclass(frozen=True)
class Procedure:
    """A published version of a procedure, as pages and rooms use it."""

    key: str
    version: int
    title: str
    summary: str
    topic: str
    channel: str
    unit: str
    organ: str
    sia: str | None
    series: str
    who: tuple[str, ...]
    requirements: tuple[str, ...]
    steps: tuple[str, ...]
    legal_basis: tuple[str, ...]
    term: str
    term_rule: str
    term_length: str | None
    silence: str
    silence_text: str
    fee: Fee | None
    phases: Mapping[str, str]
    model: bytes = field(repr=False)
    subject: str = ""
    silence_matter: str | None = None
    opening: Opening | None = None
    resolution: ResolutionRule | None = None
    expiry: ExpiryRule | None = None
    form: FormDefinition | None = field(repr=False, default=None)
    staff_forms: Mapping[str, FormDefinition] = field(repr=False, default_factory=dict)
    decisions: bytes | None = field(repr=False, default=None)
    templates: Mapping[str, str] = field(repr=False, default_factory=dict)

    def fee_for(self, answers: Mapping[str, Any]) -> Decimal | None:
        """What filing these answers costs, in euros; None when there is nothing to pay.

        Raises DecisionError when the decision cannot be taken on them.
        """
        if self.fee is None:
            return None
        amount = self.fee.amount
        if self.fee.decision is not None:
            model = load_decisions(self.decisions or b"")
            result = model.decide(self.fee.decision, _numbers(self, answers)).result
            if not isinstance(result, Decimal | int):
                raise DecisionError("La tasa no se puede calcular con estos datos.")
            amount = Decimal(result)
        return round2(amount) if amount else None

    def title_for(self, answers: Mapping[str, Any]) -> str:
        """The procedure's title completed with what these answers are about, in one line."""
        about = " ".join(str(answers.get(self.subject) or "").split()) if self.subject else ""
        whole = f"{self.title}: {about}" if about else self.title
        return whole if len(whole) <= MAX_TITLE else whole[: MAX_TITLE - 1].rstrip() + "…"

    @property
    def communicates(self) -> bool:
        """Whether its process sends the communication of art. 21.4; else its receipt is that."""
        return _COMMUNICATE in self.model

    def phase_words(self, phase: str) -> str:
        """A phase in plain words for the interested person."""
        return self.phases.get(phase, _PHASES.get(phase, phase))


_PHASES: Mapping[str, str] = MappingProxyType(
    {
        "received": "Recibido",
        "correction": "Pendiente de que usted corrija la solicitud",
        "instruction": "En estudio",
        "report": "En informe técnico",
        "proposal": "Con propuesta de resolución",
        "resolution": "Pendiente de resolución",
        "notification": "Notificación enviada",
        "hearing": "Esperamos sus alegaciones",
        "evidence": "En período de prueba",
        "public_information": "En información pública",
        "appeal": "Pendiente de recurso",
        "in_force": "Concedido y en vigor",
        "closed": "Terminado",
        "withdrawing": "Usted desistió: se le notifica la resolución que lo acepta",
        "withdrawn": "Terminado por desistimiento",
    }
)


def _numbers(procedure: Procedure, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with numbers and amounts as numbers, for decisions."""
    values = dict(answers)
    if procedure.form is not None:
        for item in procedure.form.fields():
            if item.kind.value in ("money", "number") and isinstance(values.get(item.name), str):
                values[item.name] = Decimal(values[item.name])
    return values


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a package by their path inside it, with those of the shared parts that it calls.

    Raises InvalidPackage.
    """
    if not folder.is_dir():
        raise InvalidPackage((_fault("", f"no existe la carpeta {folder}"),))
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or name.startswith(("tests/", ".")) or "__pycache__" in name:
            continue
        if path.is_file():
            files[name] = path.read_bytes()
    files |= gather(files.get(MODEL, b""), folder)
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise InvalidPackage((_fault("", "el paquete es demasiado grande"),))
    return files


def fingerprint(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and contents of a package, in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return digest.hexdigest()


def load_procedure(files: Mapping[str, bytes]) -> Procedure:
    """Read a package; raises InvalidPackage with every fault. Parsed once for each content."""
    return _load(tuple(sorted(files.items())))


@lru_cache(maxsize=200)
def _load(items: tuple[tuple[str, bytes], ...]) -> Procedure:
    files = dict(items)
    errors = tuple(item for item in check_package(files) if item.level == "error")
    if errors:
        raise InvalidPackage(errors)
    raw = tomllib.loads(files[PROCEDURE].decode())
    fee = raw.get("fee")
    return Procedure(
        key=raw["key"],
        version=raw["version"],
        title=raw["title"],
        summary=raw["summary"],
        topic=raw.get("topic", ""),
        channel=raw["channel"],
        unit=raw["unit"],
        organ=raw.get("organ", ""),
        sia=raw.get("sia"),
        series=raw["series"],
        who=tuple(raw.get("who", ())),
        requirements=tuple(raw.get("requirements", ())),
        steps=tuple(raw.get("steps", ())),
        legal_basis=tuple(raw["legal_basis"]),
        term=raw["term"]["text"],
        term_rule=raw["term"].get("rule", "resolve"),
        term_length=raw["term"].get("length"),
        silence=raw["silence"]["effect"],
        silence_text=raw["silence"]["text"],
        silence_matter=raw["silence"].get("matter"),
        fee=None if fee is None else _fee(fee),
        phases=MappingProxyType(dict(raw.get("phases", {}))),
        model=bound_model(files),
        subject=raw.get("subject", ""),
        opening=read_opening(raw.get("opening")),
        resolution=read_resolution(raw),
        expiry=read_expiry(raw),
        form=load_form(files[FORM]) if FORM in files else None,
        staff_forms=MappingProxyType(
            {_stem(name): load_form(data) for name, data in _in(files, STAFF, ".json")}
        ),
        decisions=files.get(DECISIONS),
        templates=MappingProxyType(
            {_stem(name): data.decode() for name, data in _in(files, DOCUMENTS, ".html")}
        ),
    )


def _fee(raw: Mapping[str, str]) -> Fee:
    return Fee(
        raw["concept"],
        raw["explanation"],
        raw["source"],
        Decimal(raw["amount"]) if "amount" in raw else None,
        raw.get("decision"),
    )


def _in(files: Mapping[str, bytes], folder: str, extension: str) -> Iterator[tuple[str, bytes]]:
    """The files of a kind: those of the shared parts, and then the package's own, which stand over them."""
    for name, data in sorted(files.items(), key=lambda item: not item[0].startswith(f"{SHARED}/")):
        place = name.split("/", 2)[2] if name.startswith(f"{SHARED}/") else name
        if place.startswith(f"{folder}/") and name.endswith(extension):
            yield name, data


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]


def check_package(
    files: Mapping[str, bytes], services: Services | None = None
) -> tuple[Finding, ...]:
    """Everything that keeps a package from being published, and what is worth a second look.

    services: those that models may call (`engine.services.SERVICES`), once the rooms are imported;
    without them no call is compared with them.
    """
    shared = PART in files and PROCEDURE not in files
    findings = list(_check_shared(files) if shared else _check_toml(files))
    if MODEL not in files:
        message = "al paquete le falta el modelo BPMN"
        findings.append(Finding("error", "no-model", MODEL, message))
    else:
        findings += check_binding(files)
        findings += check_process(
            bound_model(files), decisions=files.get(DECISIONS), given=_beginning(files)
        )
    findings += _check_forms(files)
    if DECISIONS in files:
        findings += _check_decisions(files[DECISIONS])
    for name, data in _in(files, DOCUMENTS, ".html"):
        try:
            data.decode()
        except UnicodeDecodeError:
            findings.append(_fault(name, "la plantilla no está en UTF-8"))
    if not any(item.level == "error" for item in findings):
        findings += _check_references(files, services)
    return tuple(findings)


def _check_toml(files: Mapping[str, bytes]) -> Iterator[Finding]:
    if PROCEDURE not in files:
        yield _fault(PROCEDURE, "al paquete le falta procedure.toml")
        return
    try:
        raw = tomllib.loads(files[PROCEDURE].decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        yield _fault(PROCEDURE, f"no es TOML: {error}")
        return
    validator = Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
    for fault in sorted(validator.iter_errors(raw), key=lambda item: list(map(str, item.path))):
        where = ".".join(str(part) for part in fault.path) or "raíz"
        yield _fault(PROCEDURE, f"«{where}» no es válido: {_reason(fault)}")
    if "fee" in raw and "decision" in raw["fee"] and DECISIONS not in files:
        yield _fault(PROCEDURE, "la tasa nombra una decisión y falta decisions.dmn")
    if raw.get("channel") == "sede" and FORM not in files:
        yield _fault(FORM, "un procedimiento de la sede necesita su formulario")


def _check_shared(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """A shared part by itself, before any procedure calls it."""
    try:
        yield from check_names(read_part(files[PART]), files)
    except InvalidPart as error:
        yield _fault(PART, str(error))


def _beginning(files: Mapping[str, bytes]) -> frozenset[str]:
    """The names of the data that the package's process begins with."""
    if FORM not in files and PART not in files:
        return frozenset()
    try:
        raw = tomllib.loads(files.get(PROCEDURE, b"").decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return BEGINNING
    told = {name for part in parts_of(files).values() for name in (*part.parameters, *part.reads)}
    return (BEGUN_BY_OFFICIAL if "opening" in raw else BEGINNING) | told


def _reason(error: Any) -> str:
    match error.validator:
        case "required":
            missing = sorted(set(error.validator_value) - set(error.instance))
            return "falta " + ", ".join(missing)
        case "additionalProperties":
            known = set(error.schema.get("properties", {}))
            return "sobra " + ", ".join(sorted(set(error.instance) - known))
        case "enum":
            return "tiene que ser " + " o ".join(map(str, error.validator_value))
        case "pattern":
            return f"«{error.instance}» no tiene la forma {error.validator_value}"
        case "oneOf":
            return "la tasa tiene un importe o una decisión, no las dos cosas"
    return f"«{error.instance!r:.60}» no cumple {error.validator}"


def _check_forms(files: Mapping[str, bytes]) -> Iterator[Finding]:
    names = [name for name, _ in _in(files, STAFF, ".json")]
    for name in ([FORM] if FORM in files else []) + names:
        try:
            load_form(files[name])
        except FormDefinitionError as error:
            for fault in error.faults:
                yield _fault(name, fault)


def _check_decisions(data: bytes) -> Iterator[Finding]:
    for item in check_decisions(data):
        yield Finding(item.level, item.code, DECISIONS, item.text)


def _check_references(files: Mapping[str, bytes], services: Services | None) -> Iterator[Finding]:
    """That the parts of a package fit together: engine/procedures/references.py."""
    raw = tomllib.loads(files.get(PROCEDURE, b"").decode())
    form = load_form(files[FORM]) if FORM in files else None
    definition = load_definition(bound_model(files), files.get(DECISIONS))
    if raw:
        for fault in opening_faults(raw, form):
            yield _fault("opening", fault)
        yield from silence_findings(raw, definition)
    yield from check_references(
        Parts(
            raw=raw,
            definition=definition,
            form=form,
            staff={_stem(name): load_form(data) for name, data in _in(files, STAFF, ".json")},
            templates={_stem(name): data.decode() for name, data in _in(files, DOCUMENTS, ".html")},
            decisions=files.get(DECISIONS),
            known_phases=frozenset(_PHASES) | frozenset(raw.get("phases", {})),
            shared=parts_of(files),
        ),
        services,
    )


def _fault(element: str, message: str) -> Finding:
    return Finding("error", "package", element, message)
