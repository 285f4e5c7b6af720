"""A procedure package: a folder with procedure.toml, process.bpmn, form.json, decisions.dmn, documents/.

docs/procedures.md documents the schema of procedure.toml.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.errors import ConfigurationError
from forms.definition import FormDefinition, load_form

MAX_FILE_BYTES = 2_000_000
MAX_PACKAGE_FILES = 200
DEFAULT_RESOLVE_TERM = "3 months"


class StartedBy(StrEnum):
    """Who begins an expediente of this procedure (arts. 54 and 58–62 of Ley 39/2015)."""

    APPLICATION = "application"
    OFFICE = "office"


class Silence(StrEnum):
    """What happens when the term to resolve passes (arts. 24 and 25 of Ley 39/2015)."""

    GRANTED = "granted"
    DENIED = "denied"
    NONE = "none"


@dataclass(frozen=True)
class Organs:
    """The organs that art. 41.2 of Ley 40/2015 asks for before anything acts without a person."""

    specification: str
    programming: str
    maintenance: str
    supervision: str
    quality: str
    audit: str
    appeals: str


@dataclass(frozen=True)
class Procedure:
    """What procedure.toml says: what a citizen reads and what the engine needs."""

    key: str
    version: int
    title: str
    summary: str
    topic: str
    unit: str
    sia: str
    started_by: StartedBy
    who: str
    requirements: tuple[str, ...]
    documents: tuple[str, ...]
    fee_text: str
    fee_decision: str | None
    resolve_term: str
    resolve_term_basis: str
    silence: Silence
    silence_text: str
    legal_basis: tuple[str, ...]
    after_filing: tuple[str, ...]
    appeal: str
    organ: str
    minutes: int
    signature_required: bool
    renewal: str
    organs: Organs
    states: Mapping[str, str]


@dataclass(frozen=True)
class Package:
    """A package as read: its description and its files by relative name."""

    procedure: Procedure
    files: Mapping[str, bytes]

    @cached_property
    def sha256(self) -> str:
        """A hash over every file's name and bytes: the identity of the version's content."""
        digest = hashlib.sha256()
        for name in sorted(self.files):
            digest.update(name.encode() + b"\x00")
            digest.update(hashlib.sha256(self.files[name]).digest())
        return digest.hexdigest()

    @cached_property
    def form(self) -> FormDefinition | None:
        """The citizen's form, absent where the office begins the expediente."""
        content = self.files.get("form.json")
        return None if content is None else load_form(content)

    @property
    def model(self) -> bytes:
        """The BPMN process."""
        return self.files["process.bpmn"]

    @property
    def decisions(self) -> bytes | None:
        """The DMN decisions, if any."""
        return self.files.get("decisions.dmn")

    def staff_form(self, name: str) -> FormDefinition:
        """A form that officials (or the person, for a correction) fill in during the process."""
        content = self.files.get(f"forms/{name}.json")
        if content is None:
            raise ConfigurationError(
                f"El procedimiento «{self.procedure.key}» no tiene el formulario «{name}»."
            )
        return load_form(content)

    def template(self, name: str) -> str:
        """A document template."""
        content = self.files.get(f"documents/{name}.html")
        if content is None:
            raise ConfigurationError(
                f"El procedimiento «{self.procedure.key}» no tiene la plantilla «{name}»."
            )
        return content.decode("utf-8")


def read_package(folder: Path) -> Package:
    """Read a package from a folder; raises ConfigurationError that says what is wrong."""
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if not path.is_file() or relative.startswith("tests/") or path.name.startswith("."):
            continue
        if path.stat().st_size > MAX_FILE_BYTES or len(files) >= MAX_PACKAGE_FILES:
            raise ConfigurationError(f"El paquete {folder.name} es demasiado grande ({relative}).")
        files[relative] = path.read_bytes()
    return package_of(files, folder.name)


def package_of(files: Mapping[str, bytes], label: str) -> Package:
    """A package from its files by name; `label` names it in errors."""
    for needed in ("procedure.toml", "process.bpmn"):
        if needed not in files:
            raise ConfigurationError(f"Al paquete {label} le falta {needed}.")
    try:
        raw = tomllib.loads(files["procedure.toml"].decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{label}/procedure.toml no se entiende: {error}.") from error
    return Package(_procedure(raw, label), dict(files))


def _procedure(raw: Mapping[str, Any], label: str) -> Procedure:
    try:
        return Procedure(
            key=raw["key"],
            version=int(raw["version"]),
            title=raw["title"],
            summary=raw["summary"],
            topic=raw["topic"],
            unit=raw["unit"],
            sia=raw.get("sia", ""),
            started_by=StartedBy(raw["started_by"]),
            who=raw["who"],
            requirements=tuple(raw.get("requirements", ())),
            documents=tuple(raw.get("documents", ())),
            fee_text=raw["fee"]["text"],
            fee_decision=raw["fee"].get("decision"),
            resolve_term=raw["term"].get("resolve", DEFAULT_RESOLVE_TERM),
            resolve_term_basis=raw["term"]["basis"],
            silence=Silence(raw["silence"]["effect"]),
            silence_text=raw["silence"]["text"],
            legal_basis=tuple(raw["legal_basis"]),
            after_filing=tuple(raw.get("after_filing", ())),
            appeal=raw["appeal"],
            organ=raw["organ"],
            minutes=int(raw.get("minutes", 10)),
            signature_required=bool(raw.get("signature_required", True)),
            renewal=raw.get("renewal", ""),
            organs=Organs(**raw["automated_action"]),
            states=dict(raw["states"]),
        )
    except KeyError as error:
        raise ConfigurationError(f"A {label}/procedure.toml le falta la clave {error}.") from error
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{label}/procedure.toml tiene un valor no válido: {error}."
        ) from error
