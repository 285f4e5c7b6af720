"""The scenarios of a package: what is given, what has to happen, and how much of the model they walk.

A scenario is a JSON file in the package's `tests` folder; docs/procedures.md describes it. It is played
in memory with nobody: no database, no clock but the one that is given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from engine.errors import BadInput
from engine.procedures.binding import bound_model
from engine.procedures.package import DECISIONS, MODEL, PROCEDURE, read_folder
from engine.procedures.parts import keys_of
from engine.workflow.codec import to_json
from engine.workflow.definitions import load_definition
from engine.workflow.simulate import Simulation, simulate
from engine.workflow.trace import Trace, whole_of

TESTS = "tests"
MAX_BYTES = 1_000_000
THRESHOLD = 100
"""The share of nodes and flows, in percent, that a package's scenarios walk unless it says another."""
_SCHEMA = Path(__file__).with_name("scenario.schema.json")


@dataclass(frozen=True)
class Played:
    """A scenario that was played: what did not happen as it says."""

    name: str
    title: str
    faults: tuple[str, ...]
    trace: Trace

    def to_dict(self) -> dict[str, Any]:
        """The scenario for `--json`."""
        return {
            "name": self.name,
            "title": self.title,
            "ok": not self.faults,
            "faults": list(self.faults),
        }


@dataclass(frozen=True)
class Coverage:
    """How much of a model was walked, in percent, and what was not."""

    nodes: int
    flows: int
    missed: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """The tests of a package. threshold: the percentage of nodes and flows that it asks for."""

    path: str
    scenarios: tuple[Played, ...]
    coverage: Coverage
    threshold: int

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the tests as a whole."""
        found = []
        if not self.scenarios:
            found.append("El paquete no tiene ningún escenario en su carpeta tests.")
        for name, share in (("elementos", self.coverage.nodes), ("flujos", self.coverage.flows)):
            if self.scenarios and share < self.threshold:
                found.append(
                    f"Los escenarios recorren el {share} % de los {name} y el paquete pide el "
                    f"{self.threshold} %."
                )
        return tuple(found)

    @property
    def ok(self) -> bool:
        return not self.faults and all(not each.faults for each in self.scenarios)

    def to_dict(self) -> dict[str, Any]:
        """The report for `--json`."""
        return {
            "path": self.path,
            "ok": self.ok,
            "faults": list(self.faults),
            "scenarios": [each.to_dict() for each in self.scenarios],
            "coverage": {
                "nodes": self.coverage.nodes,
                "flows": self.coverage.flows,
                "threshold": self.threshold,
                "missed": list(self.coverage.missed),
            },
        }


def run_tests(folder: Path, now: datetime) -> Report:
    """Play every scenario of a package, or of a shared part; raises BadInput, InvalidPackage or InvalidModel.

    What is walked is counted over its own model: the parts that it calls have scenarios of their own.
    """
    files = read_folder(folder)
    if MODEL not in files:
        raise BadInput(f"{folder} no es un paquete de procedimiento: le falta {MODEL}.")
    model = bound_model(files)
    definition = load_definition(model, files.get(DECISIONS))
    played = tuple(
        play(path, model, files.get(DECISIONS), now)
        for path in sorted((folder / TESTS).glob("*.json"))
    )
    return Report(
        str(folder),
        played,
        _coverage(whole_of(definition, without=keys_of(files)), [each.trace for each in played]),
        _threshold(files.get(PROCEDURE)),
    )


def play(path: Path, model: bytes, decisions: bytes | None, now: datetime) -> Played:
    """Play one scenario; a file that is not one is a fault of its own."""
    try:
        scenario = read_scenario(path)
    except BadInput as error:
        return Played(path.stem, path.stem, (error.message,), Trace())
    result = simulate(model, scenario["input"], now, decisions)
    faults = tuple(_differences(scenario, result))
    return Played(path.stem, scenario.get("title", path.stem), faults, result.trace)


def read_scenario(path: Path) -> dict[str, Any]:
    """A scenario file; raises BadInput with what is wrong in it."""
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise BadInput("El escenario pasa de un megabyte.")
        scenario = json.loads(data, parse_float=Decimal)
    except (ValueError, RecursionError, OSError) as error:
        raise BadInput(f"El escenario no se puede leer: {error}") from None
    fault = next(iter(_validator().iter_errors(scenario)), None)
    if fault is not None:
        where = ".".join(str(part) for part in fault.path) or "raíz"
        raise BadInput(f"El escenario no es válido en «{where}»: {fault.message}")
    return dict(scenario)


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))


def _differences(scenario: Mapping[str, Any], result: Simulation) -> Iterable[str]:
    """What happened otherwise than the scenario says."""
    for finding in result.findings:
        if finding.level == "error":
            yield f"{finding.element}: {finding.message}"
    yield from _path(scenario.get("steps"), result.steps)
    waiting = scenario.get("waiting", [])
    if not waiting and not result.completed:
        yield f"no llega al fin: espera {', '.join(result.waiting) or 'nada'}"
    elif waiting and sorted(waiting) != sorted(result.waiting):
        yield f"espera {', '.join(result.waiting) or 'nada'} y no {', '.join(waiting)}"
    for key, what in (
        ("work_items", "el trabajo"),
        ("documents", "el documento"),
        ("deadlines", "el plazo"),
    ):
        if key in scenario:
            yield from _listed(what, scenario[key], getattr(result, key))
    for key, value in scenario.get("data", {}).items():
        found = to_json(result.data.get(key))
        if found != to_json(value):
            yield f"el dato «{key}» es {_shown(found)} y no {_shown(to_json(value))}"


def _path(expected: Sequence[str] | None, steps: Sequence[str]) -> Iterable[str]:
    if expected is None or list(expected) == list(steps):
        return
    at = next(
        (n for n, pair in enumerate(zip(expected, steps, strict=False)) if pair[0] != pair[1]),
        min(len(expected), len(steps)),
    )
    wanted = expected[at] if at < len(expected) else "el fin"
    found = steps[at] if at < len(steps) else "nada más"
    yield f"en el paso {at + 1} se esperaba {wanted} y hay {found}"


def _listed(
    what: str, expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> Iterable[str]:
    """Each expected entry has to be there, in order, with at least what it says."""
    remaining = list(found)
    for entry in expected:
        at = next((n for n, each in enumerate(remaining) if _contains(each, entry)), None)
        if at is None:
            yield f"falta {what} {_shown(entry)}"
        else:
            del remaining[: at + 1]


def _contains(found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return all(to_json(found.get(key)) == to_json(value) for key, value in expected.items())


def _shown(value: Any) -> str:
    return json.dumps(to_json(value), ensure_ascii=False, sort_keys=True)[:200]


def _coverage(whole: Trace, walked: Sequence[Trace]) -> Coverage:
    reached = Trace()
    for each in walked:
        reached |= each
    missed = sorted((whole.nodes - reached.nodes) | (whole.flows - reached.flows))
    return Coverage(
        _share(reached.nodes & whole.nodes, whole.nodes),
        _share(reached.flows & whole.flows, whole.flows),
        tuple(missed),
    )


def _share(part: frozenset[str], whole: frozenset[str]) -> int:
    """Whole percent, rounded down, so that 100 means all."""
    return 100 if not whole else 100 * len(part) // len(whole)


def _threshold(procedure: bytes | None) -> int:
    import tomllib

    if procedure is None:
        return THRESHOLD
    try:
        raw = tomllib.loads(procedure.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{PROCEDURE} no es TOML: {error}") from None
    tests = raw.get("tests", {})
    return int(tests.get("coverage", THRESHOLD)) if isinstance(tests, dict) else THRESHOLD
