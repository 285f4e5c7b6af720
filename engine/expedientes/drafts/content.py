"""What is written in a draft: pages put in and taken out, what was typed kept even when wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import NotFound
from forms.conditions import holds
from forms.definition import Field, FormDefinition, Page
from forms.reading import Unreadable, read
from forms.validation import Choices, FieldError, options_of, read_page

Typed = Mapping[str, Mapping[str, Any]]
_MAX_ITEMS = 100


@dataclass(frozen=True)
class Content:
    """The answers read and, by page, what was typed."""

    answers: dict[str, Any]
    typed: dict[str, Any]


@dataclass(frozen=True)
class Put:
    """A page put in: the content after it, what is wrong in it, the item's place if it repeats."""

    content: Content
    errors: tuple[FieldError, ...]
    item: int | None


def typed_key(page: Page, item: int | None) -> str:
    """Where what was typed on a page is kept: `page`, or `page/0` for an item of a repeating one."""
    return page.id if item is None else f"{page.id}/{item}"


def page_of(form: FormDefinition, page_id: str, answers: Mapping[str, Any]) -> Page:
    """A page that these answers lead through; raises NotFound."""
    page = form.page(page_id)
    if page is None or not holds(page.when, answers):
        raise NotFound("Esa página no forma parte de su solicitud.")
    return page


def put_page(
    page: Page,
    content: Content,
    data: Mapping[str, Sequence[str]],
    item: int | None,
    *,
    choices: Choices,
    locked: Mapping[str, Any],
) -> Put:
    """Read a page into a draft. What cannot be read is not an answer, but stays typed.

    item: the place in a repeating page, None for a new one.
    """
    result = read_page(page, data, content.answers, choices=choices, locked=locked)
    answers, typed = dict(content.answers), dict(content.typed)
    if page.repeat:
        items = list(answers.get(page.repeat) or ())
        item = len(items) if item is None else item
        if not 0 <= item <= len(items) or item >= (page.max_items or _MAX_ITEMS):
            raise NotFound(f"No puede añadir más: {page.item_label or page.title}.")
        items[item : item + 1] = [dict(result.values)]
        answers[page.repeat] = items
    else:
        item = None
        for field in page.fields:
            answers.pop(field.name, None)
        answers.update(result.values)
    typed[typed_key(page, item)] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in result.typed.items()
    }
    return Put(Content(answers, typed), result.errors, item)


def take_item(page: Page, content: Content, item: int) -> Content:
    """The content without an item of a repeating page; raises NotFound."""
    items = list(content.answers.get(page.repeat) or ())
    if not page.repeat or not 0 <= item < len(items):
        raise NotFound("Ese elemento ya no está en su solicitud.")
    typed = dict(content.typed)
    for position in range(item, len(items)):
        typed.pop(typed_key(page, position), None)
        following = content.typed.get(typed_key(page, position + 1))
        if following is not None:
            typed[typed_key(page, position)] = following
    del items[item]
    return Content({**content.answers, page.repeat: items}, typed)


def retyped(typed: Typed) -> dict[str, dict[str, Any]]:
    """What was typed as forms show it: lists of choices as tuples."""
    return {
        key: {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields.items()
        }
        for key, fields in typed.items()
    }


def unreadable(form: FormDefinition, content: Content, choices: Choices) -> tuple[FieldError, ...]:
    """What was typed and could not be read, so that it is not filed as if it had been left empty."""
    return tuple(_unreadable(form, content, choices))


def _unreadable(form: FormDefinition, content: Content, choices: Choices) -> Iterator[FieldError]:
    for page in form.pages:
        if not holds(page.when, content.answers):
            continue
        if not page.repeat:
            yield from _wrong(page, content.typed.get(page.id, {}), content.answers, choices, "")
            continue
        for position, item in enumerate(content.answers.get(page.repeat) or ()):
            typed = content.typed.get(typed_key(page, position), {})
            answers = {**content.answers, **item}
            yield from _wrong(page, typed, answers, choices, f"{page.repeat}-{position}-")


def _wrong(
    page: Page,
    typed: Mapping[str, Any],
    answers: Mapping[str, Any],
    choices: Choices,
    prefix: str,
) -> Iterator[FieldError]:
    for field in page.fields:
        # A required one that has no answer is told by the validation of the whole form.
        if field.required or field.locked or not holds(field.when, answers):
            continue
        problem = _problem(field, typed.get(field.name), choices)
        if problem is not None:
            yield FieldError(f"{prefix}{field.name}", problem)


def _problem(field: Field, raw: Any, choices: Choices) -> str | None:
    try:
        read(field, tuple(raw) if isinstance(raw, list) else raw, options_of(field, choices))
    except Unreadable as error:
        return str(error)
    return None
