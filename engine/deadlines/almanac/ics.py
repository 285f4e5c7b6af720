"""Calendars as iCalendar files (RFC 5545): whole days with a summary, in and out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from engine.errors import BadInput

_MOST_EVENTS = 1000
_MOST_DAYS_IN_EVENT = 31
_FOLD = 75
_DATE = re.compile(r"\d{8}")
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True)
class WholeDay:
    """An event that takes a whole day. uid: the same in every copy of the file."""

    uid: str
    day: date
    summary: str
    description: str = ""


def read_days(text: str) -> dict[date, str]:
    """The whole days of a calendar file with their summaries; raises BadInput.

    Only whole days are taken: an event at an hour, or one that repeats, is refused by name, because
    what it closes would be a guess.
    """
    if not re.search(r"^BEGIN:VCALENDAR\s*$", text, re.MULTILINE | re.IGNORECASE):
        raise BadInput("El fichero no es un calendario .ics: no empieza por BEGIN:VCALENDAR.")
    days: dict[date, str] = {}
    for number, event in enumerate(_events(text), 1):
        if number > _MOST_EVENTS:
            raise BadInput(f"El calendario trae más de {_MOST_EVENTS} sucesos.")
        if event.get("STATUS", "").upper() == "CANCELLED":
            continue
        summary = _plain(event.get("SUMMARY", "")).strip()
        if not summary:
            raise BadInput(f"El suceso {number} del calendario no dice qué se celebra (SUMMARY).")
        if "RRULE" in event or "RDATE" in event:
            raise BadInput(f"«{summary}» se repite: escriba un suceso por cada año.")
        for day in _days_of(event, summary):
            days[day] = summary
    return days


def _events(text: str) -> Iterator[dict[str, str]]:
    """The properties of each VEVENT, by name; those of its alarms are left out."""
    inside: list[str] = []
    event: dict[str, str] = {}
    for line in _unfolded(text):
        head, _, value = line.partition(":")
        name, word = head.partition(";")[0].strip().upper(), value.strip().upper()
        if name == "BEGIN":
            inside.append(word)
            if word == "VEVENT":
                event = {}
        elif name == "END":
            if not inside or inside.pop() != word:
                raise BadInput("El calendario está mal formado: algo termina sin haber empezado.")
            if word == "VEVENT":
                yield event
        elif inside[-1:] == ["VEVENT"]:
            event[name] = value
    if inside:
        raise BadInput(f"El calendario está cortado: no termina (END:{inside[-1][:40]}).")


def _unfolded(text: str) -> Iterator[str]:
    """The lines of content: one that begins with a blank goes on from the one before (3.1)."""
    whole = ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t"):
            whole += line[1:]
            continue
        if whole:
            yield whole
        whole = line
    if whole:
        yield whole


def _days_of(event: dict[str, str], summary: str) -> list[date]:
    first = _day(event.get("DTSTART", ""), summary)
    if "DTEND" not in event:
        return [first]
    end = _day(event["DTEND"], summary)
    length = (end - first).days  # DTEND is the day after the last one
    if not 0 < length <= _MOST_DAYS_IN_EVENT:
        raise BadInput(f"«{summary}» dura {length} días: se admiten de 1 a {_MOST_DAYS_IN_EVENT}.")
    return [first + timedelta(days=offset) for offset in range(length)]


def _day(value: str, summary: str) -> date:
    plain = value.strip()
    if not _DATE.fullmatch(plain):
        raise BadInput(f"«{summary}» no es de día entero: su fecha «{plain[:40]}» no es AAAAMMDD.")
    try:
        return date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    except ValueError:
        raise BadInput(f"«{summary}» tiene una fecha que no existe: {plain}.") from None


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def write_days(name: str, days: Iterable[WholeDay], made_at: datetime) -> str:
    """A calendar file with an event for each day; `made_at` is aware."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Andecha//ES",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_escaped(name)}",
    ]
    stamp = made_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    for item in days:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{item.uid}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{item.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{item.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(item.summary)}",
        ]
        if item.description:
            lines.append(f"DESCRIPTION:{_escaped(item.description)}")
        lines += ["TRANSP:TRANSPARENT", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    return (
        text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "")
    ).replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line in pieces of at most 75 octets, none of which cuts a letter."""
    pieces, piece, size = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > _FOLD:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + letter, size + octets
    return "\r\n".join([*pieces, piece])
