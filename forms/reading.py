"""Read what a person typed: leniently, one field at a time, or say in Spanish what to type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from stdnum import iban
from stdnum.es import nif

from forms.definition import Field, Kind, Option

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[0-9]{9,15}")
_POSTAL = re.compile(r"(0[1-9]|[1-4][0-9]|5[0-2])[0-9]{3}")
_MONEY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_DATE_PARTS = ("day", "month", "year")


class Unreadable(ValueError):
    """What was typed is not a value of the field; the message says what to type."""


def typed(field: Field, data: Mapping[str, Sequence[str]]) -> str | tuple[str, ...] | None:
    """What was typed for a field, as typed: for showing it again; None when nothing was."""
    if field.kind is Kind.CHECKBOXES:
        return tuple(data.get(field.name, ()))
    if field.kind is Kind.DATE:
        parts = [_first(data, f"{field.name}-{part}") for part in _DATE_PARTS]
        if any(parts):
            return "/".join(part.strip() for part in parts)
    text = _first(data, field.name)
    return text if text.strip() else None


def _first(data: Mapping[str, Sequence[str]], name: str) -> str:
    values = data.get(name, ())
    return values[0] if values else ""


def read(field: Field, raw: str | tuple[str, ...] | None, options: Sequence[Option]) -> Any:
    """The value of a field, or None for nothing; raises Unreadable.

    Values are text, booleans, integers and lists of text only: money is text with two decimals and
    dates are ISO, so that the canonical bytes never hold a binary fraction.
    """
    if raw is None or raw == ():
        return None
    if isinstance(raw, tuple):
        return _choices(field, raw, options)
    text = _clean(raw, field)
    if not text:
        return None
    if field.kind in (Kind.RADIOS, Kind.SELECT):
        return _choice(text, options)
    return _READERS[field.kind](text, field)


def _clean(raw: str, field: Field) -> str:
    text = unicodedata.normalize("NFC", raw).replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise Unreadable("El texto tiene caracteres que no se pueden guardar: escríbalo de nuevo.")
    if len(text) > field.limit:
        raise Unreadable(
            f"El texto tiene {len(text)} caracteres y el máximo son {field.limit}: acórtelo."
        )
    if field.kind is not Kind.TEXTAREA:
        text = " ".join(text.split())
    return text


def _choice(text: str, options: Sequence[Option]) -> str:
    if text not in {option.value for option in options}:
        raise Unreadable("Elija una de las opciones.")
    return text


def _choices(field: Field, raw: tuple[str, ...], options: Sequence[Option]) -> list[str]:
    known = [option.value for option in options]
    if len(raw) > len(known) or any(value not in known for value in raw):
        raise Unreadable("Elija entre las opciones.")
    return [value for value in known if value in raw]


def _text(text: str, _field: Field) -> str:
    return text


def _date(text: str, field: Field) -> str:
    parts = re.split(r"[/\-. ]+", text)
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", text):
        parts = parts[::-1]
    if len(parts) != 3 or not all(part.isdigit() and len(part) <= 4 for part in parts):
        raise Unreadable("Escriba el día, el mes y el año, como 27/3/2027.")
    day, month, year = (int(part) for part in parts)
    try:
        value = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        raise Unreadable("Esa fecha no existe: revise el día y el mes.") from None
    if not 1900 <= value.year <= 2200:
        raise Unreadable("Revise el año.")
    _bounds(value.isoformat(), field, lambda bound: f"{date.fromisoformat(bound):%d/%m/%Y}")
    return value.isoformat()


def _money(text: str, field: Field) -> str:
    value = _decimal(text.replace("€", "").strip(), _MONEY, "Escriba un importe, como 1.234,50.")
    _bounds(value, field, lambda bound: f"{bound} €")
    return f"{value:.2f}"


def _number(text: str, field: Field) -> str:
    value = _decimal(text, _NUMBER, "Escriba un número, como 12,5.")
    _bounds(value, field, str)
    return format(value.normalize(), "f")


def _integer(text: str, field: Field) -> int:
    value = _decimal(text, re.compile(r"-?[0-9]{1,12}"), "Escriba un número entero, sin decimales.")
    _bounds(value, field, str)
    return int(value)


def _decimal(text: str, shape: re.Pattern[str], message: str) -> Decimal:
    """A number as Spaniards write it; a single point before three digits is a thousands mark."""
    plain = text.replace(" ", "")
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{3})+", plain):
        plain = plain.replace(".", "")
    if not shape.fullmatch(plain):
        raise Unreadable(message)
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise Unreadable(message) from None


def _bounds(value: Any, field: Field, shown: Any) -> None:
    kind = type(value)
    if field.minimum and value < kind(field.minimum):
        raise Unreadable(f"Tiene que ser {shown(field.minimum)} o más.")
    if field.maximum and value > kind(field.maximum):
        raise Unreadable(f"Tiene que ser {shown(field.maximum)} o menos.")


def _yes_no(text: str, _field: Field) -> bool:
    if text not in ("yes", "no"):
        raise Unreadable("Elija sí o no.")
    return text == "yes"


def _email(text: str, _field: Field) -> str:
    if not _EMAIL.fullmatch(text):
        raise Unreadable("Escriba una dirección de correo, como nombre@ejemplo.es.")
    return text


def _phone(text: str, _field: Field) -> str:
    plain = re.sub(r"[\s.\-()]", "", text)
    if not _PHONE.fullmatch(plain):
        raise Unreadable("Escriba un teléfono de nueve cifras, como 985 000 010.")
    return plain


def _nif(text: str, _field: Field) -> str:
    plain = re.sub(r"[\s.\-]", "", text).upper()
    if not nif.is_valid(plain) or len(plain) != 9:
        raise Unreadable("Escriba un DNI, NIE o NIF con su letra, como 12345678Z.")
    return plain


def _iban(text: str, _field: Field) -> str:
    plain = re.sub(r"[\s\-]", "", text).upper()
    if not iban.is_valid(plain):
        raise Unreadable("Escriba la cuenta completa: ES y 22 cifras.")
    return plain


def _postal_code(text: str, _field: Field) -> str:
    if not _POSTAL.fullmatch(text):
        raise Unreadable("Escriba un código postal de cinco cifras.")
    return text


_READERS = {
    Kind.TEXT: _text,
    Kind.TEXTAREA: _text,
    Kind.DATE: _date,
    Kind.MONEY: _money,
    Kind.NUMBER: _number,
    Kind.INTEGER: _integer,
    Kind.YES_NO: _yes_no,
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.NIF: _nif,
    Kind.IBAN: _iban,
    Kind.POSTAL_CODE: _postal_code,
}
