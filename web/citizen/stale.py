"""The page of an application that was changed in another window: both values, and the choice."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from werkzeug.wrappers import Response

from engine.expedientes.drafts.queries import DraftView
from forms.definition import Field, Page
from forms.reading import Unreadable, read, typed
from forms.summary import in_words
from forms.validation import options_of
from web.form_pages import Sent
from web.rendering import page


@dataclass(frozen=True)
class Difference:
    """A field that says one thing here and another there, in words."""

    label: str
    mine: str
    saved: str


def stale_page(view: DraftView, page_id: str, item: int | None, mine: Sent) -> Response:
    """What was just typed beside what is saved; the person keeps one or the other."""
    shown = view.form.page(page_id)
    again = url_for(".draft", draft_id=view.id)
    if shown is not None:
        again = url_for(".page", draft_id=view.id, page_id=page_id)
    return page(
        "citizen/stale.html",
        status=409,
        view=view,
        differences=[] if shown is None else differences(view, shown, item, mine),
        sent=[(name, value) for name, values in mine.items() for value in values],
        action=request.path,
        again=again,
    )


def differences(view: DraftView, shown: Page, item: int | None, mine: Sent) -> list[Difference]:
    """The fields of a page in which what was typed is not what is saved."""
    saved = view.answers
    if shown.repeat:
        items = view.answers.get(shown.repeat) or ()
        saved = items[item] if item is not None and item < len(items) else {}
    found = []
    for field in shown.fields:
        if field.locked:
            continue
        here = _typed_words(field, mine, view)
        there = in_words(field, saved.get(field.name), view.choices)
        if here != there:
            found.append(Difference(field.label, here, there))
    return found


def _typed_words(field: Field, mine: Sent, view: DraftView) -> str:
    """What was typed as it would be read, or as it is when it cannot be read."""
    raw = typed(field, mine)
    try:
        value = read(field, raw, options_of(field, view.choices))
    except Unreadable:
        return ", ".join(raw) if isinstance(raw, tuple) else str(raw)
    return in_words(field, value, view.choices)
