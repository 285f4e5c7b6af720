"""Calendars from TOML, CSV and iCalendar files; what cannot be taken says where and why."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deadlines.almanac.drafts import CalendarDraft, from_json, to_json
from engine.deadlines.almanac.ics import WholeDay, read_days, write_days
from engine.deadlines.almanac.models import Level
from engine.deadlines.almanac.packaged import packaged_drafts
from engine.deadlines.almanac.reading import MAX_BYTES, read_file
from engine.deadlines.calendars import load_calendar
from engine.errors import BadInput

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HEAD = 'id = "lena"\nname = "Lena"\ntimezone = "Europe/Madrid"\nyears = [2027]\n'
ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Europe/Madrid
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270624
SUMMARY:San Juan\\, patrón
  de la villa
BEGIN:VALARM
TRIGGER:-P1D
SUMMARY:Mañana
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270913
DTEND;VALUE=DATE:20270915
SUMMARY:Ferias
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20271001
SUMMARY:La que se quitó
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
"""

TOWN_DAYS = {
    "valdecandamo": ["2026-06-24", "2026-09-16", "2027-06-24", "2027-09-16"],
    "castroquemado": ["2026-05-15", "2026-12-03", "2027-05-14", "2027-12-03"],
}
SHARED = [
    "2026-01-01", "2026-01-06", "2026-04-02", "2026-04-03", "2026-05-01", "2026-08-15", "2026-09-08",
    "2026-10-12", "2026-11-02", "2026-12-07", "2026-12-08", "2026-12-25",
    "2027-01-01", "2027-01-06", "2027-03-25", "2027-03-26", "2027-05-01", "2027-09-08", "2027-10-12",
    "2027-11-01", "2027-12-06", "2027-12-08", "2027-12-25",
]  # fmt: skip


@pytest.mark.parametrize("town", list(TOWN_DAYS))
def test_a_town_s_calendar_is_its_days_with_those_of_the_region_and_the_state(town: str) -> None:
    """PLZ-18: the union of the three levels, the same days as when they stood in one file."""
    found = load_calendar(town)
    assert sorted(map(str, found.holidays)) == sorted(SHARED + TOWN_DAYS[town])
    assert found.years == {2026, 2027}


def test_the_packaged_calendars_come_the_wider_first_and_each_names_its_source() -> None:
    drafts = packaged_drafts()
    assert [draft.place.level for draft in drafts][:2] == [Level.STATE, Level.REGION]
    assert all(year.source.text and year.source.published_on for d in drafts for year in d.years)
    for draft in drafts:
        assert from_json(to_json(draft)) == draft


def test_a_toml_file_is_a_whole_calendar() -> None:
    text = (
        HEAD
        + 'level = "town"\nparent = "asturias"\nmunicipality = "Lena"\n'
        + '[[sources]]\nyear = 2027\ntext = "Pleno"\npublished_on = "2026-11-03"\n'
        + '[[holidays]]\ndate = 2027-06-24\nname = "San Juan"\n'
    )
    found = read_file("lena.toml", text.encode())
    assert isinstance(found, CalendarDraft)
    (year,) = found.years
    assert (found.place.parent, found.place.municipality) == ("asturias", "Lena")
    assert (year.days, year.source.published_on) == (
        {date(2027, 6, 24): "San Juan"},
        date(2026, 11, 3),
    )


@pytest.mark.parametrize(
    "text",
    [
        "fecha;nombre\n24/06/2027;San Juan\n2027-09-16;Feria\n",
        "24/06/2027,San Juan\n16-9-2027,Feria\n",
        "\ufeffDate,Name\r\n2027-06-24,San Juan\r\n\r\n2027-09-16,Feria\r\n",
        'día;nombre\n24.6.2027;"San Juan"\n16.9.2027;Feria;sobra\n',
    ],
)
def test_a_csv_file_is_days_with_their_names(text: str) -> None:
    found = read_file("fiestas.CSV", text.encode())
    assert found == {date(2027, 6, 24): "San Juan", date(2027, 9, 16): "Feria"}


def test_an_ics_file_is_its_whole_days_unfolded_and_unescaped() -> None:
    assert read_file("fiestas.ics", ICS.replace("\n", "\r\n").encode()) == {
        date(2027, 6, 24): "San Juan, patrón de la villa",
        date(2027, 9, 13): "Ferias",
        date(2027, 9, 14): "Ferias",
    }


def event(*lines: str) -> bytes:
    inside = "\n".join(lines)
    return f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{inside}\nEND:VEVENT\nEND:VCALENDAR\n".encode()


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.pdf", b"x", "elija un fichero"),
        ("a.toml", b"x" * (MAX_BYTES + 1), "demasiado grande"),
        ("a.csv", b"\xff\xfe\x00", "UTF-8"),
        ("a.csv", b"24/06/2027;a\x00b", "no es un fichero de texto"),
        ("a.toml", b"id = ", "no se entiende"),
        ("a.toml", b'id = "lena"', "falta la clave"),
        ("a.toml", (HEAD + 'level = "village"').encode(), "nivel"),
        ("a.toml", (HEAD + "[[sources]]\nyear = 2027").encode(), "cada fuente"),
        ("a.toml", (HEAD + "source = [1]\nsources = 3").encode(), "cada fuente"),
        ("a.toml", HEAD.replace("[2027]", '["dosmil"]').encode(), "no válido"),
        ("a.toml", HEAD.replace("[2027]", "[99]").encode(), "no está entre"),
        (
            "a.toml",
            (HEAD + '[[holidays]]\ndate = 2027-06-24T10:00:00\nname = "a"').encode(),
            "no es una fecha",
        ),
        ("a.toml", (HEAD + '[[holidays]]\ndate = 2028-06-24\nname = "a"').encode(), "fuera"),
        ("a.csv", b"", "ninguna fecha"),
        ("a.csv", b"fecha;nombre\n", "ninguna fecha"),
        ("a.csv", b"24/06/2027\n", "la línea 1"),
        ("a.csv", b"24/06/2027;\n", "la línea 1"),
        ("a.csv", b"24/06/2027;a\n31/02/2027;b\n", "la línea 2"),
        ("a.csv", b"24/06/2027;a\n24/06/2027;b\n", "repite"),
        ("a.csv", b"24/06/2027;a\n" * 1001, "repite"),
        ("a.csv", b";\n" * 1001, "1000 l"),
        ("a.ics", b"hello", "BEGIN:VCALENDAR"),
        ("a.ics", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "cortado"),
        ("a.ics", b"BEGIN:VCALENDAR\nEND:VEVENT\n", "mal formado"),
        ("a.ics", event("DTSTART;VALUE=DATE:20270624"), "SUMMARY"),
        ("a.ics", event("SUMMARY:a"), "día entero"),
        ("a.ics", event("SUMMARY:a", "DTSTART:20270624T100000Z"), "día entero"),
        ("a.ics", event("SUMMARY:a", "DTSTART:20270231"), "no existe"),
        ("a.ics", event("SUMMARY:a", "DTSTART:20270624", "DTEND:20270624"), "dura 0"),
        ("a.ics", event("SUMMARY:a", "DTSTART:20270624", "DTEND:20280624"), "dura 366"),
        ("a.ics", event("SUMMARY:a", "DTSTART:20270624", "RRULE:FREQ=YEARLY"), "se repite"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(name: str, data: bytes, why: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read_file(name, data)
    assert why in wrong.value.message
    assert "file" in dict(wrong.value.errors)


@given(
    st.dictionaries(
        st.dates(date(2000, 1, 1), date(2199, 12, 31)),
        st.text(
            st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=120
        )
        .map(str.strip)
        .filter(bool),
        max_size=20,
    )
)
def test_what_is_written_as_ics_reads_back_the_same(days: dict[date, str]) -> None:
    text = write_days(
        "Días", [WholeDay(f"{day}@x", day, name) for day, name in sorted(days.items())], NOW
    )
    assert read_days(text) == days
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
