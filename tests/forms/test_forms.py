"""Forms as data: definitions with faults are refused, typing is read leniently, only what is relevant counts."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.canonical import AttachedFile, Filing, NotCanonical, canonical_bytes, plain
from forms.conditions import check_condition, holds
from forms.definition import FormDefinition, FormDefinitionError, load_form
from forms.summary import summarise
from forms.validation import read_page, relevant_attachments, validate
from tests.forms.conftest import RIGHT, SAMPLE

FILES = {"plan": 1, "gas": 1}


def messages(
    form: FormDefinition, answers: dict[str, Any], files: dict[str, int] = FILES
) -> dict[str, str]:
    return {item.field_id: item.message for item in validate(form, answers, files)[1]}


def test_right_answers_are_kept_whole(form: FormDefinition) -> None:
    kept, errors = validate(form, RIGHT, FILES)
    assert errors == ()
    assert kept == RIGHT


def test_what_is_not_relevant_is_neither_required_nor_kept(form: FormDefinition) -> None:
    answers = {**RIGHT, "season": "summer"}
    kept, errors = validate(form, answers, {"plan": 1})
    assert errors == ()
    assert "heated" not in kept
    assert "heaters" not in kept
    assert [item.key for item in relevant_attachments(form, kept)] == ["plan"]


def test_what_the_form_does_not_know_is_not_kept(form: FormDefinition) -> None:
    kept, errors = validate(form, {**RIGHT, "is_admin": True, "__proto__": "x"}, FILES)
    assert errors == ()
    assert kept == RIGHT


def test_every_missing_answer_and_file_is_told_at_once(form: FormDefinition) -> None:
    found = messages(form, {}, {})
    assert {
        "premises_name",
        "season",
        "area",
        "starts",
        "holder",
        "phone",
        "tables",
        "file-plan",
    } <= set(found)
    assert found["season"] == "Elija una opción en «Para qué temporada»."
    assert found["premises_name"] == "Rellene «Nombre del local»."
    assert found["file-plan"] == "Adjunte «Plano»."
    assert "heated" not in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("season", "never"), ("season", ["year"]), ("heated", "yes"), ("heaters", 99), ("heaters", 1.5),
        ("heaters", True), ("area", "0"), ("area", 24.5), ("starts", "2027-02-30"), ("starts", "1/3/2027"),
        ("budget", "1234.5"), ("budget", "1e3"), ("budget", "NaN"), ("days", "mon"), ("days", ["tue"]),
        ("holder", "B33000002"), ("holder", "b33000001"), ("phone", "1"), ("postcode", "99999"),
        ("premises_name", "x" * 81), ("premises_name", "a\x00b"), ("premises_name", {"a": 1}),
        ("email", "nobody"), ("account", "ES0000000000000000000000"),
    ],
)  # fmt: skip
def test_a_stored_value_that_is_not_one_is_refused(
    form: FormDefinition, name: str, value: object
) -> None:
    assert name in messages(form, {**RIGHT, name: value})


@pytest.mark.parametrize(
    "tables",
    [
        "x",
        [],
        [{}],
        [{"count": 0, "shade": True}],
        [{"count": 1, "shade": True}] * 4,
        [1],
        {"count": 1},
    ],
)
def test_a_repeating_group_is_checked_item_by_item(form: FormDefinition, tables: object) -> None:
    assert any(key.startswith("tables") for key in messages(form, {**RIGHT, "tables": tables}))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ({"starts": ["1/3/2027"]}, {"starts": "2027-03-01"}),
        (
            {"starts-day": ["1"], "starts-month": ["03"], "starts-year": ["2027"]},
            {"starts": "2027-03-01"},
        ),
        ({"starts": ["1-3-27"]}, {"starts": "2027-03-01"}),
        ({"area": [" 24,50 "]}, {"area": "24.5"}),
        ({"budget": ["1.234,5 €"]}, {"budget": "1234.50"}),
        ({"budget": ["1.234"]}, {"budget": "1234.00"}),
        ({"budget": ["12.5"]}, {"budget": "12.50"}),
        ({"premises_name": ["  El   Chigre "]}, {"premises_name": "El Chigre"}),
        ({"season": ["year"], "heated": ["yes"]}, {"season": "year", "heated": True}),
        ({"days": ["sun", "mon"]}, {"days": ["mon", "sun"]}),
        ({"remarks": ["a\r\nb"]}, {"remarks": "a\nb"}),
        ({"premises_name": ["Cafe\u0301"]}, {"premises_name": "Café"}),
    ],
)
def test_typing_is_read_leniently(
    form: FormDefinition, typed: dict[str, list[str]], read: dict[str, Any]
) -> None:
    values = read_page(form.pages[0], typed, {}).values
    assert {name: values.get(name) for name in read} == read


def test_documents_and_accounts_are_read_with_spaces_and_lower_case(form: FormDefinition) -> None:
    result = read_page(
        form.pages[1],
        {
            "holder": ["b-33.000.001"],
            "phone": ["985 00 00 10"],
            "account": ["es91 2100 0418 4502 0005 1332"],
            "postcode": ["33999"],
        },
        {},
    )
    assert result.errors == ()
    assert result.values["holder"] == "B33000001"
    assert result.values["account"] == "ES9121000418450200051332"


def test_what_was_typed_wrongly_is_shown_again_as_typed(form: FormDefinition) -> None:
    result = read_page(form.pages[0], {"area": ["veinte"], "starts": ["31/2/2027"]}, {})
    assert result.typed["area"] == "veinte"
    assert result.typed["starts"] == "31/2/2027"
    found = {item.field_id: item.message for item in result.errors}
    assert found["area"] == "Escriba un número, como 12,5."
    assert "no existe" in found["starts"]


def test_a_very_long_text_is_an_error_and_not_a_crash(form: FormDefinition) -> None:
    result = read_page(form.pages[0], {"remarks": ["x" * 10_000_000]}, {})
    assert any(item.field_id == "remarks" and "10000" in item.message for item in result.errors)


def test_a_locked_field_keeps_the_value_of_the_identity() -> None:
    raw = copy.deepcopy(SAMPLE)
    raw["pages"][1]["fields"][0].update(prefill="document", locked=True)
    form = load_form(json.dumps(raw).encode())
    sent = {"holder": ["12345678Z"], "phone": ["985000010"], "postcode": ["33999"]}
    result = read_page(form.pages[1], sent, {}, locked={"document": "B33000001"})
    assert result.values["holder"] == "B33000001"


def test_a_summary_reads_as_people_write(form: FormDefinition) -> None:
    sections = summarise(form, RIGHT)
    rows = {row.label: row.answer for section in sections for row in section.rows}
    assert rows["Primer día"] == "1 de marzo de 2027"
    assert rows["Presupuesto"] == "1.234,50 €"
    assert rows["Superficie en metros cuadrados"] == "24,5"
    assert rows["¿Pondrá estufas?"] == "Sí"
    assert rows["Días"] == "Lunes, Domingo"
    assert rows["Observaciones"] == "No consta"
    assert sections[-1].title == "Grupo de mesas 1"


BROKEN: dict[str, Any] = {
    "an unknown key": lambda raw: raw.update(colour="red"),
    "an unknown kind": lambda raw: raw["pages"][0]["fields"][0].update(kind="magic"),
    "no label": lambda raw: raw["pages"][0]["fields"][0].pop("label"),
    "two fields of one name": lambda raw: raw["pages"][1]["fields"][0].update(name="area"),
    "a condition on nothing": lambda raw: raw["pages"][0].update(when={"present": "nothing"}),
    "a condition that is code": lambda raw: raw["pages"][0].update(when="__import__('os')"),
    "no options": lambda raw: raw["pages"][0]["fields"][1].pop("options"),
    "a minimum over the maximum": lambda raw: raw["attachments"][0].update(minimum=5),
    "pages that are no list": lambda raw: raw.update(pages={"a": 1}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_definition_with_faults_is_refused_with_its_place(name: str) -> None:
    raw = copy.deepcopy(SAMPLE)
    BROKEN[name](raw)
    with pytest.raises(FormDefinitionError) as error:
        load_form(json.dumps(raw).encode())
    assert error.value.faults


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"nonsense", b"[" * 100_000, b'{"a":1}', b"x" * 600_000]
)
def test_what_is_not_a_definition_is_refused(data: bytes) -> None:
    with pytest.raises(FormDefinitionError):
        load_form(data)


def test_the_hash_of_a_form_is_of_its_content_and_not_of_its_spaces() -> None:
    one = load_form(json.dumps(SAMPLE).encode())
    two = load_form(json.dumps(SAMPLE, indent=4, sort_keys=True).encode())
    assert one.content_hash == two.content_hash


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"eq": ["a", 1]}, True), ({"eq": ["b", 1]}, False), ({"not": {"eq": ["a", 1]}}, False),
        ({"all": [{"present": "a"}, {"gt": ["a", 0]}]}, True), ({"any": [{"lt": ["a", 0]}, {"present": "z"}]}, False),
        ({"in": ["c", ["x", "y"]]}, True), ({"gt": ["d", "2026-12-31"]}, True), ({"gt": ["c", 3]}, False),
        ({"lt": ["z", 3]}, False), (None, True),
    ],
)  # fmt: skip
def test_conditions_hold_or_not(condition: Any, expected: bool) -> None:
    assert holds(condition, {"a": 1, "c": "x", "d": "2027-01-01"}) is expected


def test_a_condition_cannot_be_nested_without_end() -> None:
    condition: dict[str, Any] = {"present": "a"}
    for _ in range(20):
        condition = {"not": condition}
    assert check_condition(condition, frozenset({"a"})) == ["la condición tiene demasiados niveles"]


def filing(answers: dict[str, Any]) -> Filing:
    return Filing(
        procedure="terrace-permit",
        procedure_version=1,
        form_version=3,
        form_sha256="0" * 64,
        answers=answers,
        attachments=[AttachedFile("plan", "plano.pdf", "application/pdf", 10, "1" * 64)],
        fee={"amount": "12.50", "lines": []},
        declarations=[{"id": "truth", "version": 1}],
        person={"document": "12345678Z", "name": "Xana"},
        representative=None,
        at="2026-11-24T09:00:00.000000Z",
    )


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcñ", max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcñ", max_size=5), plain_values, max_size=5), st.randoms())
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(
    answers: dict[str, Any], chance: Any
) -> None:
    keys = list(answers)
    chance.shuffle(keys)
    data = canonical_bytes(filing(answers))
    assert data == canonical_bytes(filing({key: answers[key] for key in keys}))
    assert json.loads(data)["answers"] == plain(answers)


@pytest.mark.parametrize("value", [1.5, float("nan"), {1: "x"}, b"x", object(), 2**60])
def test_what_cannot_be_written_exactly_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical_bytes(filing({"x": value}))
