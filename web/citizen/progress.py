"""How far an application is: the state of each page, what comes after it, where an error is mended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.expedientes.drafts.identity import identity
from engine.expedientes.drafts.queries import DraftView
from forms.definition import Attachment, Page
from forms.validation import FieldError, read_page, relevant_attachments, relevant_pages
from web.form_pages import as_sent


class PageState(StrEnum):
    """How a page stands; an optional one that nobody filled in is not missing."""

    DONE = "done"
    WRONG = "wrong"
    EMPTY = "empty"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Place:
    """Where something is in an application: a page, an item of it, an attachment, or none of them."""

    page: Page | None = None
    item: int | None = None
    attachment: str = ""


def pages_of(view: DraftView) -> tuple[Page, ...]:
    """The pages that the answers so far lead through."""
    return relevant_pages(view.form, view.answers)


def attachments_of(view: DraftView) -> tuple[Attachment, ...]:
    """The documents that the answers so far ask for."""
    return relevant_attachments(view.form, view.answers)


def items_of(view: DraftView, page: Page) -> tuple[Mapping[str, Any], ...]:
    """The items of a repeating page."""
    return tuple(view.answers.get(page.repeat) or ())


def typed_on(view: DraftView, page: Page, item: int | None = None) -> Mapping[str, Any] | None:
    """What was typed on a page; None when it was never saved."""
    return view.typed.get(page.id if item is None else f"{page.id}/{item}")


def errors_on(view: DraftView, page: Page, item: int | None = None) -> tuple[FieldError, ...]:
    """What is wrong with what was typed on a page; nothing when it was never saved."""
    typed = typed_on(view, page, item)
    if typed is None:
        return ()
    return read_page(
        page,
        as_sent(typed),
        view.answers,
        choices=view.choices,
        locked=identity(view.person),
    ).errors


def state_of(view: DraftView, page: Page) -> PageState:
    """How a page stands."""
    if not page.repeat:
        if typed_on(view, page) is None:
            return PageState.EMPTY
        return PageState.WRONG if errors_on(view, page) else PageState.DONE
    count = len(items_of(view, page))
    if count == 0:
        return PageState.EMPTY if page.min_items else PageState.OPTIONAL
    wrong = count < page.min_items or any(errors_on(view, page, item) for item in range(count))
    return PageState.WRONG if wrong else PageState.DONE


def files_state(view: DraftView) -> PageState:
    """How the attachments stand, all together."""
    counts = view.attached()
    asked = attachments_of(view)
    if any(counts.get(item.key, 0) > item.maximum for item in asked):
        return PageState.WRONG
    if all(counts.get(item.key, 0) >= item.minimum for item in asked):
        has_any = any(counts.get(item.key, 0) for item in asked)
        return PageState.DONE if has_any else PageState.OPTIONAL
    return PageState.EMPTY


def following(view: DraftView, page: Page) -> Page | None:
    """The page after this one; None after the last."""
    pages = pages_of(view)
    after = pages[pages.index(page) + 1 :] if page in pages else ()
    return after[0] if after else None


def place_of(view: DraftView, field_id: str) -> Place:
    """Where an error of the whole form is mended."""
    if field_id.startswith("file-"):
        return Place(attachment=field_id.removeprefix("file-"))
    for page in view.form.pages:
        if page.repeat:
            if field_id == page.repeat:
                return Place(page)
            found = re.fullmatch(rf"{re.escape(page.repeat)}-(\d+)-.+", field_id)
            if found:
                return Place(page, int(found[1]))
        elif any(field.name == field_id for field in page.fields):
            return Place(page)
    return Place()
