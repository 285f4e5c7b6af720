"""One validator for every channel: what is relevant is required and checked, the rest is not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.conditions import holds
from forms.definition import Attachment, Field, FormDefinition, Kind, Option, Page
from forms.reading import Unreadable, read, typed

Answers = Mapping[str, Any]
Choices = Mapping[str, Sequence[Option]]


@dataclass(frozen=True)
class FieldError:
    """What is wrong with a field: its id in the page and what to do."""

    field_id: str
    message: str


@dataclass(frozen=True)
class PageResult:
    """A page as it was sent: the values read, what was typed, and the errors."""

    values: Mapping[str, Any]
    typed: Mapping[str, str | tuple[str, ...]]
    errors: tuple[FieldError, ...]


def options_of(field: Field, choices: Choices | None = None) -> Sequence[Option]:
    """A field's options: its own, or those that the caller has for its `source`."""
    return (choices or {}).get(field.source, ()) if field.source else field.options


def relevant_pages(form: FormDefinition, answers: Answers) -> tuple[Page, ...]:
    """The pages that these answers lead through."""
    return tuple(page for page in form.pages if holds(page.when, answers))


def relevant_fields(page: Page, answers: Answers) -> tuple[Field, ...]:
    """The fields of a page that these answers ask for."""
    return tuple(field for field in page.fields if holds(field.when, answers))


def relevant_attachments(form: FormDefinition, answers: Answers) -> tuple[Attachment, ...]:
    """The documents that these answers ask for."""
    return tuple(item for item in form.attachments if holds(item.when, answers))


def read_page(
    page: Page,
    data: Mapping[str, Sequence[str]],
    answers: Answers,
    *,
    choices: Choices | None = None,
    locked: Answers | None = None,
) -> PageResult:
    """Read a page's fields from what a browser sent.

    answers: those of the rest of the form, which conditions may ask about; locked: values that the
    person cannot change (their identity), set again here whatever was sent.
    """
    values: dict[str, Any] = {}
    shown: dict[str, str | tuple[str, ...]] = {}
    errors: list[FieldError] = []
    for field in page.fields:
        if not holds(field.when, {**answers, **values}):
            continue
        if field.locked and locked is not None and field.prefill in locked:
            values[field.name] = locked[field.prefill]
            continue
        raw = typed(field, data)
        if raw is not None:
            shown[field.name] = raw
        try:
            value = read(field, raw, options_of(field, choices))
        except Unreadable as error:
            errors.append(FieldError(field.name, str(error)))
            continue
        if value is None:
            if field.required:
                errors.append(FieldError(field.name, missing_message(field)))
            continue
        values[field.name] = value
    return PageResult(values, shown, tuple(errors))


def missing_message(field: Field) -> str:
    """What to do about an empty field."""
    if field.missing:
        return field.missing
    label = field.label.rstrip("?:.").lstrip("¿")
    if field.kind in (Kind.RADIOS, Kind.SELECT, Kind.CHECKBOXES, Kind.YES_NO):
        return f"Elija una opción en «{label}»."
    return f"Rellene «{label}»."


def validate(
    form: FormDefinition, answers: Answers, attached: Mapping[str, int] | None = None
) -> tuple[dict[str, Any], tuple[FieldError, ...]]:
    """The whole form: the answers worth keeping and every error.

    attached: how many files each attachment has. Answers of fields that are not relevant, or that
    the form does not know, are left out.
    """
    kept: dict[str, Any] = {}
    errors: list[FieldError] = []
    for page in form.pages:
        if not holds(page.when, answers):
            continue
        if page.repeat:
            items, found = _items(page, answers)
            kept[page.repeat] = items
            errors += found
            continue
        for field in relevant_fields(page, {**answers, **kept}):
            errors += _keep(field, answers, kept, field.name)
    errors += _attachments(form, kept, attached or {})
    return kept, tuple(errors)


def _keep(
    field: Field, answers: Answers, kept: dict[str, Any], identifier: str
) -> Iterator[FieldError]:
    value = answers.get(field.name)
    if value in (None, "", []):
        if field.required:
            yield FieldError(identifier, missing_message(field))
        return
    problem = _problem(field, value)
    if problem is not None:
        yield FieldError(identifier, problem)
        return
    kept[field.name] = value


def _problem(field: Field, value: Any) -> str | None:
    """Why a stored value is not one of the field: it must read back as itself."""
    if field.kind is Kind.YES_NO:
        return None if isinstance(value, bool) else "Elija sí o no."
    if field.kind is Kind.INTEGER and (not isinstance(value, int) or isinstance(value, bool)):
        return "Escriba un número entero, sin decimales."
    raw: str | tuple[str, ...]
    if field.kind is Kind.CHECKBOXES:
        if not isinstance(value, list):
            return "Elija entre las opciones."
        raw = tuple(str(item) for item in value)
    else:
        if field.kind is not Kind.INTEGER and not isinstance(value, str):
            return "Escriba un texto."
        raw = (
            str(value).replace(".", ",") if field.kind in (Kind.MONEY, Kind.NUMBER) else str(value)
        )
    if field.source:
        return None
    try:
        again = read(field, raw, field.options)
    except Unreadable as error:
        return str(error)
    return None if again == value else "El valor no tiene la forma en que se guarda."


def _items(page: Page, answers: Answers) -> tuple[list[dict[str, Any]], list[FieldError]]:
    found = answers.get(page.repeat) or []
    errors: list[FieldError] = []
    items: list[dict[str, Any]] = []
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        return [], [FieldError(page.repeat, "La lista no se entiende.")]
    label = page.item_label or "elemento"
    if len(found) < page.min_items:
        errors.append(FieldError(page.repeat, f"Añada al menos {page.min_items}: {label}."))
    if page.max_items and len(found) > page.max_items:
        errors.append(FieldError(page.repeat, f"Como mucho puede haber {page.max_items}: {label}."))
    for position, item in enumerate(found[: page.max_items or 100]):
        kept: dict[str, Any] = {}
        for field in page.fields:
            if holds(field.when, {**answers, **item}):
                errors += _keep(field, item, kept, f"{page.repeat}-{position}-{field.name}")
        items.append(kept)
    return items, errors


def _attachments(
    form: FormDefinition, answers: Answers, attached: Mapping[str, int]
) -> Iterator[FieldError]:
    for item in relevant_attachments(form, answers):
        count = attached.get(item.key, 0)
        if count < item.minimum:
            yield FieldError(f"file-{item.key}", f"Adjunte «{item.title}».")
        if count > item.maximum:
            yield FieldError(
                f"file-{item.key}", f"De «{item.title}» puede adjuntar {item.maximum} como mucho."
            )
