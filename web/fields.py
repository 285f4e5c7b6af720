"""The small pieces that the field macros share: values, errors and options in the components' shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask
from flask_babel import gettext
from jinja2 import pass_context
from jinja2.runtime import Context


def init_fields(app: Flask) -> None:
    """Give them to the macros under names that say they are theirs."""
    app.jinja_env.globals.update(
        _value=value_of,
        _error=error_of,
        _text=text_of,
        _label=label_of,
        _fieldset=fieldset_of,
        _options=options_of,
        _list=list_of,
    )


@pass_context
def value_of(context: Context, name: str, given: Any) -> Any:
    """What was typed, else what the page gives; None when there is neither."""
    values: Mapping[str, Any] = context.get("values") or {}
    return values.get(name, given)


@pass_context
def error_of(context: Context, name: str) -> dict[str, str] | None:
    """What is wrong with a field."""
    errors: Mapping[str, str] = context.get("errors") or {}
    if name not in errors:
        return None
    return {"text": errors[name], "visuallyHiddenText": gettext("Error")}


def text_of(text: str | None) -> dict[str, str] | None:
    """A text as the components take it."""
    return None if text is None else {"text": text}


def label_of(label: str, optional: bool) -> str:
    """The label; what may be left empty says so."""
    return f"{label} ({gettext('opcional')})" if optional else label


def fieldset_of(legend: str, page_heading: bool) -> dict[str, Any]:
    """A question over several options; it may be the page's h1."""
    size = "l" if page_heading else "s"
    return {
        "legend": {
            "text": legend,
            "isPageHeading": page_heading,
            "classes": f"govuk-fieldset__legend--{size}",
        }
    }


def options_of(options: Iterable[tuple[str, ...]]) -> list[dict[str, Any]]:
    """(value, text) or (value, text, hint) as the components take them."""
    return [
        {"value": option[0], "text": option[1]}
        | ({"hint": {"text": option[2]}} if len(option) > 2 and option[2] else {})
        for option in options
    ]


def list_of(value: Any) -> list[Any]:
    """One value, several or none, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
