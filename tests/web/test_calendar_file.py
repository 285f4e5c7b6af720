"""Terms as a calendar file: whole days, escaped, folded, with the same UID each time."""

from __future__ import annotations

from datetime import datetime

from engine.clock import MADRID
from web.calendar_file import Entry, calendar_file

MADE = datetime(2026, 11, 24, 10, 0, tzinfo=MADRID)
END = datetime(2026, 12, 9, 23, 59, 59, tzinfo=MADRID)


def made(**changes: object) -> list[str]:
    values: dict[str, object] = {
        "key": "0192",
        "title": "Fin de plazo",
        "text": "Un plazo",
        "ends_at": END,
        "address": "https://sede.example/x",
    }
    entry = Entry(**{**values, **changes})  # type: ignore[arg-type]
    text = calendar_file("Plazos", [entry], domain="l01", made_at=MADE)
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return text.split("\r\n")[:-1]


def test_a_term_of_days_is_a_whole_day_whatever_the_zone() -> None:
    """PLZ-20: its last day, not a midnight that another zone would move."""
    lines = made()
    assert "DTSTART;VALUE=DATE:20261209" in lines
    assert "DTEND;VALUE=DATE:20261210" in lines
    assert "DTSTAMP:20261124T090000Z" in lines
    assert "UID:0192@l01" in lines
    assert made() == lines, "the same term gives the same event"


def test_a_term_of_hours_is_an_instant_in_utc() -> None:
    lines = made(ends_at=datetime(2026, 12, 9, 14, 30, tzinfo=MADRID), revision=3)
    assert "DTSTART:20261209T133000Z" in lines
    assert "SEQUENCE:3" in lines


def test_what_a_title_holds_is_text_and_never_another_line() -> None:
    """A title of somebody's cannot add an event nor a property to the file."""
    title = "Obra; calle, n.º 2\\3\r\nATTACH:http://mal.example\x00\x0b\nEND:VEVENT"
    (line,) = [each for each in made(title=title, text="") if each.startswith("SUMMARY")]
    assert line.startswith("SUMMARY:Obra\\; calle\\, n.º 2\\\\3\\nATTACH:http://mal.example")
    assert sum(each == "END:VEVENT" for each in made(title=title)) == 1


def test_long_lines_are_folded_at_seventy_five_octets_between_characters() -> None:
    title = "ñandú " * 60
    lines = made(title=title)
    assert all(len(line.encode()) <= 75 for line in lines)
    start = next(index for index, line in enumerate(lines) if line.startswith("SUMMARY:"))
    whole = lines[start]
    for line in lines[start + 1 :]:
        if not line.startswith(" "):
            break
        whole += line[1:]
    assert whole == f"SUMMARY:{title}"
