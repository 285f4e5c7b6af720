"""docs/procedures.md and docs/forms.md name everything that there is, and nothing that there is not."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

from engine.expedientes.models import Outcome
from engine.procedures import package
from engine.procedures.references import PROPERTIES
from engine.services import SERVICES
from forms.conditions import OPERATORS
from forms.definition import Attachment, Declaration, Field, FormDefinition, Kind, Page

DOCS = Path(__file__).parents[3] / "docs"
PROCEDURES = (DOCS / "procedures.md").read_text(encoding="utf-8")
FORMS = (DOCS / "forms.md").read_text(encoding="utf-8")


def documented_services() -> dict[str, tuple[set[str], set[str]]]:
    """Each service with its needed and its optional parameters, as the table says."""
    found = {}
    for line in PROCEDURES.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3:
            continue
        for name in re.findall(r"`([a-z]+/[a-z_]+)`", cells[0]):
            optional = set(re.findall(r"\[`([a-z_0-9]+)`\]", cells[1]))
            found[name] = (set(re.findall(r"`([a-z_0-9]+)`", cells[1])) - optional, optional)
    return found


def test_every_service_is_documented_with_its_parameters() -> None:
    real = {}
    for name, function in SERVICES.items():
        given = [
            item
            for item in inspect.signature(function).parameters.values()
            if item.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        needed = {item.name for item in given if item.default is inspect.Parameter.empty}
        real[name] = (needed, {item.name for item in given} - needed)
    assert documented_services() == real


def test_every_key_of_procedure_toml_and_every_property_is_documented() -> None:
    schema = json.loads(Path(package.__file__).with_name("procedure.schema.json").read_text())
    for key, value in schema["properties"].items():
        names = [f"{key}.{inner}" for inner in value.get("properties", ())] or [key]
        for name in names:
            assert re.search(rf"`{re.escape(name)}[`.]", PROCEDURES), name
    for name in PROPERTIES:
        assert f"| `{name}` |" in PROCEDURES
    for outcome in Outcome:
        assert f"`{outcome.value}`" in PROCEDURES


def test_every_kind_key_and_condition_of_forms_is_documented() -> None:
    for kind in Kind:
        assert f"`{kind.value}`" in FORMS
    for operator in OPERATORS:
        assert f"`{operator}`" in FORMS
    for part in (FormDefinition, Page, Field, Attachment, Declaration):
        for name in set(part.__dataclass_fields__) - {"source"}:
            assert f"`{name}`" in FORMS, f"{part.__name__}.{name}"
