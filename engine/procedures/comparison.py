"""Two versions of a procedure side by side: their models, forms, decisions, templates and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from engine.procedures.package import Procedure
from engine.workflow.definitions import load_definition
from engine.workflow.versions.compare import ADDED, CHANGED, REMOVED, Comparison, compare
from forms.definition import Attachment, Declaration, Field, FormDefinition

APPLICATION = ""
"""The name of the form that is filed, beside those of the officials' tasks."""

_APART = frozenset(["key", "version", "model", "form", "staff_forms", "decisions", "templates"])
_Part = Field | Attachment | Declaration


@dataclass(frozen=True)
class FormDifference:
    """A part of a form that differs.

    form: its name, empty for the one that is filed; part: the field's, attachment's or declaration's
    name, empty for the whole form; label: what people read.
    """

    form: str
    part: str
    label: str
    mark: str


@dataclass(frozen=True)
class ProcedureComparison:
    """What differs between two versions, besides their numbers.

    templates: the documents by name with their mark; texts: the keys of procedure.toml that changed;
    decisions: whether the decisions changed.
    """

    model: Comparison
    forms: tuple[FormDifference, ...]
    templates: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    decisions: bool


def compare_procedures(source: Procedure, target: Procedure) -> ProcedureComparison:
    """The difference from an older version to a newer one."""
    return ProcedureComparison(
        compare(
            load_definition(source.model, source.decisions),
            load_definition(target.model, target.decisions),
        ),
        tuple(_forms(source, target)),
        tuple(_named(source.templates, target.templates)),
        tuple(_texts(source, target)),
        source.decisions != target.decisions,
    )


def _texts(source: Procedure, target: Procedure) -> Iterator[str]:
    for item in fields(Procedure):
        if item.name not in _APART and getattr(source, item.name) != getattr(target, item.name):
            yield item.name


def _forms(source: Procedure, target: Procedure) -> Iterator[FormDifference]:
    before, after = _all_forms(source), _all_forms(target)
    for name, mark in _named(before, after):
        if mark == CHANGED:
            yield from _form(name, before[name], after[name])
        else:
            title = (before.get(name) or after[name]).title
            yield FormDifference(name, "", title, mark)


def _all_forms(procedure: Procedure) -> dict[str, FormDefinition]:
    found = dict(procedure.staff_forms)
    if procedure.form is not None:
        found[APPLICATION] = procedure.form
    return found


def _form(name: str, before: FormDefinition, after: FormDefinition) -> Iterator[FormDifference]:
    old, new = _parts(before), _parts(after)
    for part, mark in _named(old, new):
        label = _label(new.get(part) or old[part])
        yield FormDifference(name, part, label, mark)


def _parts(form: FormDefinition) -> dict[str, _Part]:
    found: dict[str, _Part] = {item.name: item for page in form.pages for item in page.fields}
    found.update({item.key: item for item in form.attachments})
    found.update({item.id: item for item in form.declarations})
    return found


def _label(part: _Part) -> str:
    match part:
        case Field():
            return part.label
        case Attachment():
            return part.title
        case Declaration():
            return part.text


def _named(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The names whose content differs, with their mark, in the order of the older version."""
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield name, REMOVED
        elif name not in before:
            yield name, ADDED
        elif before[name] != after[name]:
            yield name, CHANGED
