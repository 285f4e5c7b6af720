"""Templates: plain data in, HTML out, missing fields told, nothing of the host within reach."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.documents.templates import compose
from engine.errors import BadInput


def html(source: str, **context: Any) -> str:
    return compose(source, context).html


def test_data_is_escaped() -> None:
    assert html("{{ nombre }}", nombre="<script>") == "&lt;script&gt;"


def test_a_field_that_nobody_gave_is_marked_and_reported_once() -> None:
    composition = compose("{{ a.b.c }} {{ a.b.c }} {{ d }} {{ e }}", {"e": "sí"})
    assert composition.missing == ("a.b.c", "d")
    assert composition.html.count('<mark class="missing">[falta: a.b.c]</mark>') == 2
    assert composition.html.endswith("sí")


def test_a_missing_field_inside_given_data_is_told_by_its_path() -> None:
    assert compose("{{ p.apellido }}", {"p": {"nombre": "Xuan"}}).missing == ("apellido",)


def test_asking_whether_a_field_is_there_is_not_missing_it() -> None:
    composition = compose("{% if a %}sí{% else %}no{% endif %}{% for x in b %}x{% endfor %}", {})
    assert (composition.html, composition.missing) == ("no", ())


@pytest.mark.parametrize("name", ["money", "day", "instant", "number", "lines", "yesno"])
def test_a_filter_keeps_the_mark_of_a_missing_field(name: str) -> None:
    composition = compose(f"{{{{ importe|{name} }}}}", {})
    assert composition.missing == ("importe",)
    assert '<mark class="missing">' in composition.html


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1234.505"), "1.234,51\u00a0€"),
        ("0.005", "0,01\u00a0€"),
        (-1500, "-1.500,00\u00a0€"),
    ],
)
def test_money_is_written_in_spanish_and_rounded_half_up(value: Any, written: str) -> None:
    assert html("{{ v|money }}", v=value) == written


def test_days_and_instants_are_written_in_the_official_time() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert html("{{ v|day }}", v=late) == "25 de noviembre de 2026"
    assert html("{{ v|day }}", v="2026-01-02") == "2 de enero de 2026"
    assert html("{{ v|day }}", v=date(2026, 3, 1)) == "1 de marzo de 2026"
    assert html("{{ v|instant }}", v=late) == (
        "25 de noviembre de 2026, 00:30:00 (hora oficial peninsular)"
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ x.__class__ }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as o %}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ lista.append(1) }}",
        "{{ x.format(x) }}{{ '{0.__class__}'.format(1) }}",
        "{% for i in range(100000000) %}a{% endfor %}",
    ],
)
def test_a_template_reaches_nothing_of_the_host(source: str) -> None:
    try:
        composed = compose(source, {"x": "texto", "lista": [1]})
    except BadInput:
        return
    assert "&lt;class" not in composed.html
    assert "object at" not in composed.html
    assert composed.missing


def test_an_object_of_ours_never_enters_a_template() -> None:
    with pytest.raises(TypeError, match="not plain data"):
        compose("{{ x }}", {"x": object()})
    with pytest.raises(TypeError, match="not plain data"):
        compose("{{ x }}", {"x": {"y": 1.5}})


def test_a_wrong_template_says_what_is_wrong() -> None:
    with pytest.raises(BadInput, match="plantilla"):
        compose("{% if %}", {})
    with pytest.raises(BadInput, match="plantilla"):
        compose("{{ v|money }}", {"v": "mucho"})


def test_line_breaks_are_kept_and_still_escaped() -> None:
    assert html("{{ v|lines }}", v="uno\n<dos>") == "uno<br>&lt;dos&gt;"
