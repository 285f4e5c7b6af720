"""Forms on a page: what a person would type, conditions, locked fields, languages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale

from forms.definition import FormDefinition, load_form
from web.form_pages import (
    SHOWN,
    as_sent,
    condition_in_words,
    form_part,
    newly_asked,
    sent,
    typed_value,
    whole_form,
)

FIELDS = [
    {"name": "nombre", "kind": "text", "label": "Nombre", "prefill": "name", "locked": True},
    {"name": "motivo", "kind": "textarea", "label": "Motivo", "max_length": 500, "required": False},
    {
        "name": "lugar",
        "kind": "radios",
        "label": "Lugar",
        "options": [{"value": "acera", "label": "Acera"}, {"value": "plaza", "label": "Plaza"}],
    },
    {
        "name": "plaza",
        "kind": "text",
        "label": "¿Qué plaza?",
        "when": {"eq": ["lugar", "plaza"]},
    },
    {"name": "usos", "kind": "checkboxes", "label": "Usos", "source": "usos"},
    {"name": "dia", "kind": "date", "label": "Día"},
    {"name": "coste", "kind": "money", "label": "Coste", "hint": "Sin IVA."},
    {"name": "metros", "kind": "number", "label": "Metros"},
    {"name": "mesas", "kind": "integer", "label": "Mesas"},
    {"name": "toldo", "kind": "yes-no", "label": "¿Lleva toldo?"},
    {"name": "correo", "kind": "email", "label": "Correo", "autocomplete": "email"},
    {"name": "cuenta", "kind": "iban", "label": "Cuenta"},
]


@pytest.fixture
def form() -> FormDefinition:
    return load_form(
        json.dumps(
            {
                "key": "prueba",
                "version": 1,
                "title": "Prueba",
                "pages": [{"id": "todo", "title": "Todo", "fields": FIELDS}],
                "texts": {"en": {"Mesas": "Tables"}},
            }
        ).encode()
    )


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    """Within a request."""
    with app.test_request_context():
        app.preprocess_request()
        yield


STORED = {
    "lugar": "acera",
    "usos": ["b"],
    "dia": "2027-03-09",
    "coste": "1234.50",
    "metros": "12.5",
    "mesas": 8,
    "toldo": False,
    "cuenta": "ES9121000418450200051332",
}


def test_stored_values_are_shown_as_a_person_would_type_them(
    app: Flask, form: FormDefinition
) -> None:
    with app.test_request_context():
        app.preprocess_request()
        part = form_part(form, form.pages[0], STORED)
    assert part.values == {
        "lugar": "acera",
        "usos": ["b"],
        "dia": "9/3/2027",
        "coste": "1234,50",
        "metros": "12,5",
        "mesas": "8",
        "toldo": "no",
        "cuenta": "ES91 2100 0418 4502 0005 1332",
    }


def test_what_was_typed_wrong_is_shown_again_as_it_was(app: Flask, form: FormDefinition) -> None:
    typed = as_sent({"dia": "31/2/2027", "coste": "mucho", "usos": ["a", "b"]})
    with app.test_request_context():
        app.preprocess_request()
        part = form_part(form, form.pages[0], STORED, data=typed)
    assert part.values["dia"] == "31/2/2027"
    assert part.values["coste"] == "mucho"
    assert part.values["usos"] == ["a", "b"]
    assert "lugar" not in part.values  # it was emptied, and stays so


def test_a_field_with_a_condition_appears_when_what_was_typed_asks_for_it(
    app: Flask, form: FormDefinition
) -> None:
    page = form.pages[0]
    with app.test_request_context():
        app.preprocess_request()
        hidden = [item.name for item in form_part(form, page, STORED).fields]
        shown = [
            item.name for item in form_part(form, page, STORED, data={"lugar": ["plaza"]}).fields
        ]
    assert "plaza" not in hidden
    assert "plaza" in shown


def test_the_page_says_which_fields_it_showed_so_that_new_ones_are_noticed(
    app: Flask, form: FormDefinition
) -> None:
    page = form.pages[0]
    with app.test_request_context(method="POST", data={SHOWN: "lugar usos", "lugar": "plaza"}):
        assert sent() == {"lugar": ["plaza"]}
        assert "plaza" in newly_asked(page, {"lugar": "plaza"})
        assert "plaza" not in newly_asked(page, {"lugar": "acera"})
        assert "nombre" not in newly_asked(page, {}, {"name": "Xuan"})


def test_a_form_of_one_step_shows_every_field_with_its_condition_in_words(
    app: Flask, form: FormDefinition
) -> None:
    with app.test_request_context():
        app.preprocess_request()
        parts, values = whole_form(form, {}, data={"mesas": ["ocho"]})
    assert values == {"mesas": "ocho", "usos": []}
    hints = {item.name: item.hint for item in parts[0].fields}
    assert hints["plaza"] == "Solo si «Lugar» es «Plaza»."


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"in": ["lugar", ["acera", "plaza"]]}, "«Lugar» es «Acera» o «Plaza»"),
        ({"gt": ["mesas", 10]}, "«Mesas» es más de «10»"),
        ({"lt": ["dia", "2027-01-01"]}, "«Día» es menos de «1 de enero de 2027»"),
        ({"present": "motivo"}, "ha rellenado «Motivo»"),
        (
            {"all": [{"eq": ["toldo", True]}, {"not": {"eq": ["lugar", "acera"]}}]},
            "«¿Lleva toldo?» es «Sí» y no se cumple que «Lugar» es «Acera»",
        ),
        (
            {"any": [{"eq": ["toldo", True]}, {"present": "dia"}]},
            "«¿Lleva toldo?» es «Sí» o ha rellenado «Día»",
        ),
    ],
)
def test_conditions_are_said_in_words(
    app: Flask, form: FormDefinition, condition: dict[str, object], words: str
) -> None:
    with app.test_request_context():
        app.preprocess_request()
        assert condition_in_words(form, condition) == words


def test_a_locked_field_is_text_and_not_a_control(app: Flask, form: FormDefinition) -> None:
    with app.test_request_context():
        app.preprocess_request()
        part = form_part(form, form.pages[0], {}, locked={"name": "Xuan Suárez"})
        text = render_template_string(
            '{% import "forms/fields.html" as f with context %}{{ f.fields(part) }}',
            part=part,
            values=part.values,
            errors={"dia": "Escriba el día."},
        )
    assert "Xuan Suárez" in text
    assert 'name="nombre"' not in text
    assert 'name="form-shown" value="nombre motivo lugar' in text
    assert 'id="dia-error"' in text
    assert "Motivo (opcional)" in text


def test_the_labels_are_in_the_language_of_the_page(inside: None, form: FormDefinition) -> None:
    with force_locale("en"):
        fields = {item.name: item.label for item in form_part(form, form.pages[0], {}).fields}
    assert fields["mesas"] == "Tables"
    assert fields["lugar"] == "Lugar"  # what has no translation is Spanish


def test_nothing_is_typed_for_an_empty_value(form: FormDefinition) -> None:
    assert [typed_value(field, None) for field in form.fields()] == [None] * len(FIELDS)
