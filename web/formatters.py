"""Every filter of the templates: money, dates and times as people read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date, format_datetime
from flask import Flask
from flask_babel import get_locale, gettext, ngettext

from engine.clock import MADRID, madrid_date
from engine.money import format_euros
from web.context import now

_KILO = 1000


def init_formatters(app: Flask) -> None:
    """Give the filters to the templates."""
    app.jinja_env.filters.update(
        euros=euros,
        long_date=long_date,
        short_date=short_date,
        iso_day=iso_day,
        date_time=date_time,
        machine_time=machine_time,
        due_in_words=due_in_words,
        file_size=file_size,
        grouped=grouped,
        short_hash=short_hash,
    )


def euros(value: Decimal | None) -> str:
    """`1.234,50 €`; nothing for None."""
    return "" if value is None else format_euros(value).replace(" ", "\u00a0")


def long_date(value: date | datetime | None) -> str:
    """`27 de marzo de 2027`, in the town's time."""
    return "" if value is None else format_date(_day(value), "long", get_locale())


def short_date(value: date | datetime | None) -> str:
    """`27/03/2027`, for tables."""
    return "" if value is None else f"{_day(value):%d/%m/%Y}"


def iso_day(value: str) -> str:
    """`2027-03-27` as `27/03/2027`: the days of a derivation are kept as text."""
    return short_date(date.fromisoformat(value))


def date_time(value: datetime | None) -> str:
    """`27 de marzo de 2027, 10:42`, in the town's time."""
    if value is None:
        return ""
    local = value.astimezone(MADRID)
    return f"{long_date(local)}, {format_datetime(local, 'H:mm', locale=get_locale())}"


def machine_time(value: date | datetime) -> str:
    """For the `datetime` attribute of `<time>`."""
    return value.isoformat()


def due_in_words(value: date | datetime) -> str:
    """`Vence hoy`, `Vence en 3 días`, `Venció hace 2 días`: natural days of the calendar."""
    days = (_day(value) - madrid_date(now())).days
    if days == 0:
        return gettext("Vence hoy")
    if days > 0:
        return ngettext("Vence mañana", "Vence en %(num)d días", days)
    return ngettext("Venció ayer", "Venció hace %(num)d días", -days)


def file_size(size: int) -> str:
    """`812 bytes`, `14 kB`, `2,5 MB`."""
    if size < _KILO:
        return f"{size} bytes"
    if size < _KILO**2:
        return f"{size / _KILO:.0f} kB"
    return f"{size / _KILO**2:.1f} MB".replace(".", ",")


def grouped(code: str) -> str:
    """A secure code in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def short_hash(sha256: str) -> str:
    """The first sixteen characters of a hash, in groups of four: enough to compare by eye."""
    return " ".join(sha256[start : start + 4] for start in range(0, 16, 4))


def _day(value: date | datetime) -> date:
    return madrid_date(value) if isinstance(value, datetime) else value
