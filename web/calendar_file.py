"""Terms as an iCalendar file (RFC 5545), for the calendar of whoever has to keep them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Response

from engine.clock import MADRID

_LINE = 75
"""The most octets of a line (section 3.1)."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Entry:
    """A term: ends_at is its last second; a term of days is a whole day in a calendar, whatever its zone.

    key: what makes its UID, the same however often the file is made; revision: how often it moved.
    """

    key: str
    title: str
    text: str
    ends_at: datetime
    address: str
    revision: int = 0


def calendar_file(name: str, entries: Iterable[Entry], *, domain: str, made_at: datetime) -> str:
    """The file's text, with the line ends of the standard. domain: completes each UID."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Andecha//Plazos//ES",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for entry in entries:
        lines += _event(entry, domain, made_at)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(entry: Entry, domain: str, made_at: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.key}@{domain}"
    yield f"DTSTAMP:{_instant(made_at)}"
    yield f"SEQUENCE:{entry.revision}"
    yield from _when(entry.ends_at)
    yield f"SUMMARY:{_text(entry.title)}"
    yield f"DESCRIPTION:{_text(entry.text)}"
    yield f"URL:{_CONTROL.sub('', entry.address)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _when(ends_at: datetime) -> Iterator[str]:
    local = ends_at.astimezone(MADRID)
    if (local + timedelta(seconds=1)).date() > local.date():
        yield f"DTSTART;VALUE=DATE:{local:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{local + timedelta(days=1):%Y%m%d}"
        return
    yield f"DTSTART:{_instant(ends_at)}"
    yield f"DTEND:{_instant(ends_at)}"


def _instant(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A TEXT value (section 3.3.11): no control character, the separators escaped."""
    plain = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    for character in ("\\", ";", ","):
        plain = plain.replace(character, f"\\{character}")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in parts of 75 octets, never in the middle of a character; those that follow are indented."""
    part, size = "", 0
    for character in line:
        weight = len(character.encode())
        if size + weight > _LINE:
            yield part
            part, size = " ", 1
        part += character
        size += weight
    yield part


def calendar_answer(text: str, name: str) -> Response:
    """The file as an answer, to be opened by a calendar."""
    answer = Response(text.encode(), mimetype="text/calendar")
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
