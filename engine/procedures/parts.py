"""Shared parts: processes written once, under processes/shared/, that procedures call by their key.

docs/procedures.md describes them. A part says in part.toml what it is given, what it reads of the data and
what it leaves; a package that calls it takes its files in under `shared/KEY/`, and keeps them for ever.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.settings import ROOT
from engine.workflow.bpmn.names import BPMN, MAX_BYTES
from signatures.safe_xml import UnsafeXml, parse_xml

PART, SHARED = "part.toml", "shared"
SHIPPED = ROOT / "processes" / SHARED
_KEY = re.compile(r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$")
_KNOWN = frozenset(
    ["key", "title", "summary", "legal_basis", "rules", "parameters", "reads", "results", "tests"]
)
_REQUIRED = ("key", "title", "summary", "legal_basis")


class InvalidPart(Exception):
    """A part.toml with faults; the message says the first."""


@dataclass(frozen=True)
class Parameter:
    """What a call may give to a part.

    default: for a call that does not say it, FEEL over the caller's data or the name of another parameter;
    None if each call must say it.
    """

    name: str
    text: str
    default: str | None


@dataclass(frozen=True)
class Result:
    """What a part leaves to who calls it. value: FEEL over what its end knows."""

    name: str
    text: str
    value: str


@dataclass(frozen=True)
class Part:
    """A part as its part.toml describes it. reads: names of the caller's data with what they are."""

    key: str
    title: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    reads: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)

    @property
    def kept(self) -> str:
        """FEEL for the context of its results."""
        return "{" + ", ".join(f"{item.name}: {item.value}" for item in self.results.values()) + "}"

    @property
    def prefix(self) -> str:
        """How the ids of its elements begin: `admission_` for core-admission."""
        return self.key.partition("-")[2].replace("-", "_") + "_"


def read_part(data: bytes) -> Part:
    """A part.toml; raises InvalidPart."""
    try:
        raw = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidPart(f"no es TOML: {error}") from None
    missing = [name for name in _REQUIRED if not raw.get(name)]
    unknown = sorted(raw.keys() - _KNOWN)
    if missing or unknown:
        told = [f"falta {name}" for name in missing] + [f"sobra {name}" for name in unknown]
        raise InvalidPart(", ".join(told))
    if not _KEY.match(str(raw["key"])):
        raise InvalidPart(f"«{raw['key']}» no es la clave de una parte, como «core-admission»")
    return Part(
        raw["key"],
        raw["title"],
        {
            name: Parameter(name, said["text"], said.get("default"))
            for name, said in _tables("parameters", raw, "default")
        },
        _reads(raw.get("reads", {})),
        {
            name: Result(name, said["text"], said.get("value", name))
            for name, said in _tables("results", raw, "value")
        },
    )


def _tables(
    key: str, raw: Mapping[str, Any], optional: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Each name of a table of part.toml with what it says of it; what is FEEL is FEEL."""
    found = raw.get(key, {})
    for name, said in found.items() if isinstance(found, dict) else [(key, None)]:
        if not isinstance(said, dict) or not said.get("text") or said.keys() - {"text", optional}:
            raise InvalidPart(f"«{key}.{name}» dice «text» y, si hace falta, «{optional}»")
        try:
            compile_expression(said.get(optional, name))
        except FeelError as error:
            raise InvalidPart(f"«{key}.{name}» no es FEEL: {error}") from None
        yield name, said


def _reads(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise InvalidPart("«reads» dice en palabras qué es cada dato")
    return dict(found)


def calls(model: bytes) -> tuple[str, ...]:
    """The keys of the processes that a model calls and does not hold; none for one that is not XML."""
    try:
        root = parse_xml(model, max_bytes=MAX_BYTES)
    except UnsafeXml:
        return ()
    inside = {node.get("id") for node in root.iter(f"{BPMN}process")}
    called = (str(node.get("calledElement")) for node in root.iter(f"{BPMN}callActivity"))
    return tuple(dict.fromkeys(key for key in called if key not in inside and _KEY.match(key)))


def gather(model: bytes, folder: Path) -> dict[str, bytes]:
    """The files of the parts that a model calls, and of those that these call, under `shared/KEY/`.

    folder: the package's; its parts are in `shared` beside it, or else those that come with Andecha.
    A part that is nowhere is left out: the check of the package tells which call it was.
    """
    files: dict[str, bytes] = {}
    waiting = list(calls(model))
    while waiting:
        key = waiting.pop()
        model_name = f"{SHARED}/{key}/process.bpmn"
        place = next(
            (shelf / key for shelf in _shelves(folder) if (shelf / key / PART).is_file()), None
        )
        if model_name in files or place is None:
            continue
        for path in sorted(place.rglob("*")):
            name = path.relative_to(place).as_posix()
            if path.is_file() and not path.is_symlink() and not name.startswith(("tests/", ".")):
                files[f"{SHARED}/{key}/{name}"] = path.read_bytes()
        waiting.extend(calls(files.get(model_name, b"")))
    return files


def _shelves(folder: Path) -> tuple[Path, ...]:
    beside = folder.parent if folder.parent.name == SHARED else folder.parent / SHARED
    return beside, SHIPPED


def keys_of(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The keys of the parts whose files a package has."""
    found = (name.split("/") for name in sorted(files) if name.startswith(f"{SHARED}/"))
    return tuple(dict.fromkeys(parts[1] for parts in found if len(parts) > 2))
