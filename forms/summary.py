"""The answers as people read them: for the check page, the document that is signed and the official."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from forms.definition import Field, FormDefinition, Kind, Page
from forms.validation import Choices, options_of, relevant_fields, relevant_pages

MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
    "noviembre", "diciembre",
)  # fmt: skip


@dataclass(frozen=True)
class SummaryRow:
    """A question and its answer in words."""

    label: str
    answer: str


@dataclass(frozen=True)
class SummarySection:
    """A page's answers; `item` numbers those of a repeating page from 1."""

    title: str
    page_id: str
    rows: tuple[SummaryRow, ...]
    item: int = 0


def summarise(
    form: FormDefinition, answers: Mapping[str, Any], choices: Choices | None = None
) -> tuple[SummarySection, ...]:
    """Every relevant answer, page by page."""
    sections: list[SummarySection] = []
    for page in relevant_pages(form, answers):
        if not page.repeat:
            sections.append(
                SummarySection(page.title, page.id, _rows(page, answers, answers, choices))
            )
            continue
        for position, item in enumerate(answers.get(page.repeat) or (), start=1):
            rows = _rows(page, {**answers, **item}, item, choices)
            title = f"{page.item_label or page.title} {position}"
            sections.append(SummarySection(title, page.id, rows, position))
    return tuple(sections)


def _rows(
    page: Page, context: Mapping[str, Any], answers: Mapping[str, Any], choices: Choices | None
) -> tuple[SummaryRow, ...]:
    return tuple(
        SummaryRow(field.label, in_words(field, answers.get(field.name), choices))
        for field in relevant_fields(page, context)
    )


def in_words(field: Field, value: Any, choices: Choices | None = None) -> str:
    """A stored value as it is read; «No consta» for nothing."""
    if value in (None, "", []):
        return "No consta"
    labels = {option.value: option.label for option in options_of(field, choices)}
    if field.kind is Kind.CHECKBOXES:
        return ", ".join(labels.get(item, item) for item in value)
    if field.kind in (Kind.RADIOS, Kind.SELECT):
        return labels.get(value, str(value))
    if field.kind is Kind.YES_NO:
        return "Sí" if value else "No"
    if field.kind is Kind.DATE:
        day = date.fromisoformat(value)
        return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"
    if field.kind is Kind.MONEY:
        return _thousands(f"{Decimal(value):,.2f}") + " €"
    if field.kind is Kind.NUMBER:
        return _thousands(f"{Decimal(value):,f}")
    if field.kind is Kind.IBAN:
        return " ".join(value[at : at + 4] for at in range(0, len(value), 4))
    return str(value)


def _thousands(text: str) -> str:
    return text.replace(",", "_").replace(".", ",").replace("_", ".")
