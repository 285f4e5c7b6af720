"""Values of forms on their way to a process: staff forms read whole, amounts as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from forms.definition import Field, FormDefinition, Kind
from forms.validation import Choices, FieldError, read_page, relevant_pages

_NUMERIC = (Kind.MONEY, Kind.NUMBER)


def read_form(
    form: FormDefinition, data: Mapping[str, Sequence[str]], choices: Choices
) -> tuple[dict[str, Any], tuple[FieldError, ...]]:
    """Every page of a staff form, sent at once: its values and every error.

    A staff form has no repeating pages: what it asks is about one matter.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for page in form.pages:
        if page.repeat or page not in relevant_pages(form, values):
            continue
        result = read_page(page, data, values, choices=choices)
        values.update(result.values)
        errors += result.errors
    return values, tuple(errors)


def with_numbers(form: FormDefinition | None, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as processes use them: amounts and numbers are Decimal, all else as it is."""
    if form is None:
        return dict(answers)
    found = dict(answers)
    for page in form.pages:
        if not page.repeat:
            found.update(_numbers(page.fields, answers))
        elif isinstance(answers.get(page.repeat), list):
            found[page.repeat] = [
                {**item, **_numbers(page.fields, item)} for item in answers[page.repeat]
            ]
    return found


def _numbers(fields: Sequence[Field], answers: Mapping[str, Any]) -> dict[str, Decimal]:
    return {
        field.name: Decimal(answers[field.name])
        for field in fields
        if field.kind in _NUMERIC and isinstance(answers.get(field.name), str)
    }
