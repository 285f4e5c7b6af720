"""Forms of procedures on a page: the same fields for citizens and for officials.

A route asks for the part and gives it to its template, with the values and the errors that the
component macros read:

    part = form_part(form, form_page, answers, data=sent or None, choices=choices, locked=locked)
    return page("…/task.html", errors=errors, values=part.values, part=part, …)

    {% import "forms/fields.html" as f with context %}
    {% call c.form(url_for("…")) %}{{ f.fields(part) }}{{ c.button(…) }}{% endcall %}

`sent()` is what the browser sent, for `forms.reading` and the operations. A form of one step, such as
a task of an official, is shown whole: `whole_form(form, …)` gives a part for each of its pages, with
the conditional fields always there and their condition in words, since nobody comes back to the page.
Elsewhere a field with a condition is there when what is answered, or has just been typed, asks for it;
`newly_asked()` says which fields a saved page should now be shown again for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from flask_babel import get_locale, gettext

from forms.definition import Field, FormDefinition, Kind, Page
from forms.summary import in_words
from forms.validation import Choices, options_of, read_page, relevant_fields

Sent = Mapping[str, Sequence[str]]
SHOWN = "form-shown"
"""The name under which a page sends which fields it showed."""

_OURS = frozenset({"csrf_token", SHOWN})
_INPUT_MODES = {
    Kind.MONEY: "decimal",
    Kind.NUMBER: "decimal",
    Kind.INTEGER: "numeric",
    Kind.POSTAL_CODE: "numeric",
    Kind.PHONE: "tel",
    Kind.EMAIL: "email",
}
_TYPES = {Kind.EMAIL: "email", Kind.PHONE: "tel"}
_WIDTHS = {
    Kind.MONEY: "10",
    Kind.NUMBER: "10",
    Kind.INTEGER: "5",
    Kind.POSTAL_CODE: "5",
    Kind.PHONE: "20",
    Kind.NIF: "10",
    Kind.IBAN: "30",
}
_EXACT = frozenset({Kind.EMAIL, Kind.NIF, Kind.IBAN, Kind.PHONE, Kind.POSTAL_CODE})
_SHORT, _NARROW = 10, 20


@dataclass(frozen=True)
class ShownField:
    """A field ready to show.

    options: (value, words) pairs; limit: the characters that a long text says it takes, 0 for none;
    locked: what stands in place of a control when the person cannot change it.
    """

    name: str
    kind: Kind
    label: str
    hint: str | None
    options: tuple[tuple[str, str], ...] = ()
    type: str = "text"
    width: str = "full"
    inputmode: str | None = None
    autocomplete: str | None = None
    suffix: str | None = None
    spellcheck: bool | None = None
    limit: int = 0
    locked: str | None = None


@dataclass(frozen=True)
class FormPart:
    """A page of a form on a page of ours; values: what its controls hold, as a person would type it."""

    title: str
    intro: str
    fields: tuple[ShownField, ...]
    values: Mapping[str, Any]

    @property
    def names(self) -> str:
        """The fields that are shown, for the hidden control that says so."""
        return " ".join(item.name for item in self.fields)


def sent() -> dict[str, list[str]]:
    """What the browser sent, field by field."""
    return {name: values for name, values in request.form.lists() if name not in _OURS}


def form_part(
    form: FormDefinition,
    page: Page,
    answers: Mapping[str, Any],
    *,
    data: Sent | None = None,
    choices: Choices | None = None,
    locked: Mapping[str, Any] | None = None,
    everything: bool = False,
) -> FormPart:
    """A page of a form with what is known of it.

    answers: stored values, of this page and of the rest (of the item too, in a repeating page);
    data: what was typed, right or wrong, which is shown instead of them;
    locked: values that the person cannot change, as in `forms.validation.read_page`;
    everything: show the fields whose condition does not hold too, with the condition in words.
    """
    known = dict(answers)
    if data is not None:
        for name in (field.name for field in page.fields):
            known.pop(name, None)
        known.update(read_page(page, data, known, choices=choices, locked=locked).values)
    fields = page.fields if everything else relevant_fields(page, known)
    values: dict[str, Any] = {}
    for field in fields:
        value = (
            _typed(field, data) if data is not None else typed_value(field, known.get(field.name))
        )
        if value is not None:
            values[field.name] = value
    shown = tuple(
        _shown(form, field, choices, _locked(form, field, known, locked), everything)
        for field in fields
    )
    return FormPart(text_of(form, page.title), text_of(form, page.intro), shown, values)


def whole_form(
    form: FormDefinition,
    answers: Mapping[str, Any],
    *,
    data: Sent | None = None,
    choices: Choices | None = None,
) -> tuple[tuple[FormPart, ...], dict[str, Any]]:
    """Every page of a form of one step, and the values of them all together."""
    parts = tuple(
        form_part(form, page, answers, data=data, choices=choices, everything=True)
        for page in form.pages
        if not page.repeat
    )
    return parts, {name: value for part in parts for name, value in part.values.items()}


def newly_asked(
    page: Page, answers: Mapping[str, Any], locked: Mapping[str, Any] | None = None
) -> frozenset[str]:
    """The fields that these answers ask for and that the page just sent did not show."""
    told = request.form.get(SHOWN)
    if told is None:
        return frozenset()
    asked = {
        field.name
        for field in relevant_fields(page, answers)
        if not (field.locked and locked is not None and field.prefill in locked)
    }
    return frozenset(asked - set(told.split()))


def as_sent(typed: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a draft keeps of a page (one text for a field, or a list) in a browser's form."""
    return {
        name: [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
        for name, value in typed.items()
    }


def typed_value(field: Field, value: Any) -> str | list[str] | None:
    """A stored value as a person would type it: 27/3/2027 and 1234,50."""
    if value is None or value == "":
        return None
    match field.kind:
        case Kind.CHECKBOXES:
            return [str(item) for item in value]
        case Kind.YES_NO:
            return "yes" if value else "no"
        case Kind.DATE:
            day = date.fromisoformat(value)
            return f"{day.day}/{day.month}/{day.year}"
        case Kind.MONEY | Kind.NUMBER:
            return str(value).replace(".", ",")
        case Kind.IBAN:
            return in_words(field, value)
    return str(value)


def _typed(field: Field, data: Sent) -> str | list[str] | None:
    if field.kind is Kind.CHECKBOXES:
        return list(data.get(field.name, ()))
    values = data.get(field.name) or ()
    return values[0] if values else None


def _locked(
    form: FormDefinition,
    field: Field,
    known: Mapping[str, Any],
    locked: Mapping[str, Any] | None,
) -> str | None:
    if not field.locked or locked is None or field.prefill not in locked:
        return None
    return text_of(form, in_words(field, locked[field.prefill] or known.get(field.name)))


def _shown(
    form: FormDefinition,
    field: Field,
    choices: Choices | None,
    locked: str | None,
    everything: bool,
) -> ShownField:
    label = text_of(form, field.label)
    if not field.required and locked is None:
        label = f"{label} ({gettext('opcional')})"
    return ShownField(
        name=field.name,
        kind=field.kind,
        label=label,
        hint=_hint(form, field, everything),
        options=_options(form, field, choices),
        type=_TYPES.get(field.kind, "text"),
        width=_width(field),
        inputmode=_INPUT_MODES.get(field.kind),
        autocomplete=field.autocomplete or None,
        suffix="€" if field.kind is Kind.MONEY else None,
        spellcheck=False if field.kind in _EXACT else None,
        limit=field.max_length if field.kind is Kind.TEXTAREA else 0,
        locked=locked,
    )


def _options(
    form: FormDefinition, field: Field, choices: Choices | None
) -> tuple[tuple[str, str], ...]:
    if field.kind is Kind.YES_NO:
        return (("yes", gettext("Sí")), ("no", gettext("No")))
    return tuple((item.value, text_of(form, item.label)) for item in options_of(field, choices))


def _width(field: Field) -> str:
    if field.kind in _WIDTHS:
        return _WIDTHS[field.kind]
    if field.kind is Kind.TEXT and field.max_length:
        for limit in (_SHORT, _NARROW):
            if field.max_length <= limit:
                return str(limit)
    return "full"


def _hint(form: FormDefinition, field: Field, everything: bool) -> str | None:
    parts = [text_of(form, field.hint)] if field.hint else []
    if everything and field.when is not None:
        words = condition_in_words(form, field.when)
        parts.insert(0, gettext("Solo si %(condition)s.", condition=words))
    return " ".join(parts) or None


def condition_in_words(form: FormDefinition, condition: Mapping[str, Any]) -> str:
    """`«¿Procede?» es «Sí»`: a condition of the form as a person reads it."""
    ((operator, operand),) = condition.items()
    match operator:
        case "all":
            return gettext(" y ").join(condition_in_words(form, item) for item in operand)
        case "any":
            return gettext(" o ").join(condition_in_words(form, item) for item in operand)
        case "not":
            return gettext("no se cumple que %(what)s", what=condition_in_words(form, operand))
        case "present":
            return gettext("ha rellenado %(field)s", field=_named(form, operand))
    name = _named(form, operand[0])
    values = operand[1] if isinstance(operand[1], list) else [operand[1]]
    words = gettext(" o ").join(f"«{_words(form, operand[0], value)}»" for value in values)
    match operator:
        case "gt":
            return gettext("%(field)s es más de %(value)s", field=name, value=words)
        case "lt":
            return gettext("%(field)s es menos de %(value)s", field=name, value=words)
    return gettext("%(field)s es %(value)s", field=name, value=words)


def _fields_called(form: FormDefinition, name: str) -> Iterator[Field]:
    return (field for page in form.pages for field in page.fields if field.name == name)


def _named(form: FormDefinition, name: str) -> str:
    field = next(_fields_called(form, name), None)
    return f"«{name if field is None else text_of(form, field.label)}»"


def _words(form: FormDefinition, name: str, value: Any) -> str:
    field = next(_fields_called(form, name), None)
    return str(value) if field is None else text_of(form, in_words(field, value))


def text_of(form: FormDefinition, message: str) -> str:
    """A text of the form in the language of the page."""
    return form.text(message, str(get_locale() or "es"))
