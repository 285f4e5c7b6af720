"""Dates, times and instants as DMN 1.5 writes them (10.3.2.3.4 to 10.3.2.3.6).

Years go from 1 to 9999 and fractions of a second to the microsecond, as the town hall's clock does.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.feel.errors import FeelError
from engine.feel.values import Months, is_date, offset_of, parse_duration

_MAX_OFFSET = timedelta(hours=14)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,18}))?"
    r"(?P<zone>Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*)?"
)


def parse_date(text: str) -> date:
    """A date such as 2026-11-24; raises FeelError."""
    if not _DATE.fullmatch(text):
        raise FeelError(f"«{text[:60]}» no es una fecha como 2026-11-24.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FeelError(f"«{text}» no está en el calendario.") from None


def parse_time(text: str) -> time:
    """A time such as 10:30:00, with `Z`, an offset or `@Europe/Madrid` after it; raises FeelError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise FeelError(f"«{text[:60]}» no es una hora como 10:30:00.")
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    try:
        return time(
            int(match["hour"]),
            int(match["minute"]),
            int(match["second"]),
            int(fraction),
            tzinfo=_zone(match["zone"]),
        )
    except ValueError:
        raise FeelError(f"«{text}» no está en el reloj.") from None


def parse_date_and_time(text: str) -> datetime:
    """An instant such as 2026-11-24T10:30:00@Europe/Madrid, or a date at midnight; raises FeelError."""
    day, letter, clock = text.partition("T")
    if not letter:
        return datetime.combine(parse_date(day), time())
    return datetime.combine(parse_date(day), parse_time(clock))


def parse_temporal(text: str) -> Any:
    """A date, a time, a date and time or a duration, as after `@`; raises FeelError."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    if "T" in text:
        return parse_date_and_time(text)
    return parse_time(text) if ":" in text else parse_date(text)


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in ("Z", "z"):
        return UTC
    if text.startswith("@"):
        return named_zone(text[1:])
    hours, minutes, *rest = (int(part) for part in text[1:].split(":"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=rest[0] if rest else 0)
    return fixed_zone(-offset if text[0] == "-" else offset)


@lru_cache(maxsize=1000)
def named_zone(name: str) -> tzinfo:
    """A zone of the IANA database; raises FeelError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FeelError(f"«{name[:60]}» no es un huso horario conocido.") from None


def fixed_zone(offset: timedelta) -> tzinfo:
    """A zone at an offset, of 14 hours at most; raises FeelError."""
    if abs(offset) > _MAX_OFFSET:
        raise FeelError("Un huso horario no se aparta más de 14 horas.")
    return timezone(offset) if offset else UTC


def zone_text(value: time | datetime) -> str:
    """A zone as FEEL writes it after a time: `Z`, an offset, `@` and a name, or nothing."""
    zone = value.tzinfo
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo) and zone.key:
        return f"@{zone.key}"
    offset = offset_of(value) or timedelta()
    if not offset:
        return "Z"
    total = int(abs(offset).total_seconds())
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    tail = f":{seconds:02}" if seconds else ""
    return f"{'-' if offset < timedelta() else '+'}{hours:02}:{minutes:02}{tail}"


def clock_text(value: time) -> str:
    """A time as FEEL writes it."""
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    return f"{value.hour:02}:{value.minute:02}:{value.second:02}{fraction}{zone_text(value)}"


def as_instant(value: Any) -> Any:
    """A date as its midnight in UTC, which is what DMN makes of one among instants."""
    return datetime.combine(value, time(), tzinfo=UTC) if is_date(value) else value


def temporal_part(value: Any, key: str) -> Any:
    """The parts that DMN names, one by one; null for what the value does not have."""
    part: Any = None
    if isinstance(value, date):
        part = _date_part(value, key)
    if part is None and isinstance(value, datetime | time):
        part = _clock_part(value, key)
    if isinstance(value, Months) and key in ("years", "months"):
        years, months = divmod(abs(value.count), 12)
        part = (years if key == "years" else months) * (-1 if value.count < 0 else 1)
    if isinstance(value, timedelta):
        part = _duration_part(value, key)
    return Decimal(part) if isinstance(part, int) else part


def _date_part(value: date, key: str) -> int | None:
    if key == "year":
        return value.year
    if key == "month":
        return value.month
    if key == "day":
        return value.day
    return value.isoweekday() if key == "weekday" else None


def _clock_part(value: time | datetime, key: str) -> Any:
    if key == "hour":
        return value.hour
    if key == "minute":
        return value.minute
    if key == "second":
        whole = Decimal(value.second)
        return whole + Decimal(value.microsecond).scaleb(-6) if value.microsecond else whole
    if key == "time offset":
        return offset_of(value)
    if key == "timezone":
        zone = value.tzinfo
        return zone.key if isinstance(zone, ZoneInfo) else None
    return None


def _duration_part(value: timedelta, key: str) -> Any:
    length = abs(value)
    seconds = length.days * 86400 + length.seconds
    sign = -1 if value < timedelta() else 1
    if key == "days":
        return sign * (seconds // 86400)
    if key == "hours":
        return sign * (seconds % 86400 // 3600)
    if key == "minutes":
        return sign * (seconds % 3600 // 60)
    if key == "seconds":
        fraction = Decimal(length.microseconds).scaleb(-6) if length.microseconds else Decimal(0)
        return sign * (Decimal(seconds % 60) + fraction)
    return None
