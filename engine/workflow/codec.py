"""How the data of instances is stored: JSON with our own tags, which no user key can imitate.

Tagged values are objects with the single key `$`: ["$", tag, text]. A user's object whose keys begin
with `$` has them escaped with another `$`, so hostile keys (`$`, `typename`) are only data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from engine.errors import BadInput, TownHallError
from engine.feel.functions import to_text
from engine.feel.values import Months, parse_duration

MAX_BYTES = 1_000_000
MAX_DEPTH = 60
MAX_VALUES = 200_000
"""How many values one datum may hold, however often the same one comes in it."""
_MAX_BITS = 10_000
LARGE_BYTES = 1_000
"""A value whose text is longer is stored once, by its hash."""
_MARK = "$"
_PAYLOAD = "payload"

Payloads = Mapping[str, str]
"""The stored texts of large values by their SHA-256."""


class NotStorable(BadInput):
    """A value that the state of an instance cannot hold: whoever gave it is told."""


class Damaged(TownHallError):
    """Stored data that are not ours or are broken."""


def encode(value: Any) -> str:
    """The stored text of a value; raises NotStorable for floats, unknown types and monsters."""
    plain = _plain(value, 0, [MAX_VALUES])
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if len(text.encode()) > MAX_BYTES:
        raise NotStorable("Los datos del expediente son demasiado grandes para guardarlos.")
    return text


def decode(text: str) -> Any:
    """The value of a stored text; raises Damaged for an unknown tag or a broken text."""
    try:
        return _value(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise Damaged(f"Los datos guardados del expediente no se entienden: {error}") from None


def to_json(value: Any) -> Any:
    """A value as JSON with our tags, for a JSON column; raises NotStorable."""
    return _plain(value, 0, [MAX_VALUES])


def from_json(value: Any, payloads: Payloads | None = None) -> Any:
    """The value of JSON with our tags; raises Damaged.

    payloads: the large values, which `packed` took out of the entries of the object.
    """
    if payloads is None or not isinstance(value, dict) or set(value) == {_MARK}:
        return _value(value)
    return {_unescaped(key): unpacked(item, payloads) for key, item in value.items()}


def packed(values: Mapping[str, Any], payloads: dict[str, str]) -> dict[str, Any]:
    """Entries as JSON with our tags; the large ones go to `payloads` and leave their hash."""
    plain: dict[str, Any] = {}
    for key, value in values.items():
        stored = _plain(value, 1, [MAX_VALUES])
        if stored and (isinstance(stored, dict | list) or _is_long(stored)):
            text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
            if len(text) > LARGE_BYTES:
                if len(text.encode()) > MAX_BYTES:
                    raise NotStorable(
                        f"El dato «{key[:60]}» es demasiado grande para guardarlo en el expediente."
                    )
                sha256 = hashlib.sha256(text.encode()).hexdigest()
                payloads[sha256] = text
                stored = _tagged(_PAYLOAD, sha256)
        plain[_key(key)] = stored
    return plain


def _is_long(stored: Any) -> bool:
    return isinstance(stored, str) and len(stored) > LARGE_BYTES // 8


def payload_of(stored: Any) -> str | None:
    """The hash that a stored entry leaves in place of a large value, if it does."""
    if isinstance(stored, dict) and set(stored) == {_MARK}:
        content = stored[_MARK]
        if isinstance(content, list) and len(content) == 2 and content[0] == _PAYLOAD:
            return str(content[1])
    return None


def unpacked(stored: Any, payloads: Payloads) -> Any:
    """The value of one stored entry."""
    sha256 = payload_of(stored)
    if sha256 is None:
        return _value(stored)
    if sha256 not in payloads:
        raise Damaged("Falta un dato grande del expediente.")
    return decode(payloads[sha256])


def _plain(value: Any, depth: int, left: list[int]) -> Any:  # noqa: C901, PLR0912 - one case for each type
    """A value as JSON with our tags; `left` holds how many more there may be."""
    if depth > MAX_DEPTH:
        raise NotStorable("Los datos del expediente tienen demasiados niveles.")
    left[0] -= 1
    if left[0] < 0:
        raise NotStorable("Los datos del expediente tienen demasiados elementos.")
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            if value.bit_length() > _MAX_BITS:
                raise NotStorable("Un número tiene demasiadas cifras para guardarlo.")
            return _tagged("int", str(value)) if abs(value) > 2**53 - 1 else value
        case Decimal():
            if not value.is_finite():
                raise NotStorable("Un número infinito o indefinido no se puede guardar.")
            return _tagged("decimal", str(value))
        case datetime():
            if value.tzinfo is None:
                raise NotStorable("Una fecha con hora necesita su zona para guardarse.")
            return _tagged("instant", value.isoformat())
        case date():
            return _tagged("date", value.isoformat())
        case time():
            return _tagged("time", value.isoformat())
        case timedelta() | Months():
            return _tagged("duration", str(to_text(value)))
        case UUID():
            return _tagged("uuid", str(value))
        case Mapping():
            return {_key(key): _plain(item, depth + 1, left) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, depth + 1, left) for item in value]
    raise NotStorable(f"Un valor de tipo {type(value).__name__} no se puede guardar.")


def _text(value: str) -> str:
    """A text that a database can hold: any, but for the null character and half characters."""
    if "\x00" in value:
        raise NotStorable("Un texto tiene un carácter nulo, que no se puede guardar.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotStorable("Un texto tiene un carácter roto, que no se puede guardar.") from None
    return value


def _tagged(tag: str, text: str) -> dict[str, list[str]]:
    return {_MARK: [tag, text]}


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise NotStorable("Las claves de los datos son texto.")
    _text(key)
    return f"{_MARK}{key}" if key.startswith(_MARK) else key


_READERS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "decimal": Decimal,
    "instant": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "duration": parse_duration,
    "uuid": UUID,
}


def _value(stored: Any) -> Any:
    if isinstance(stored, list):
        return [_value(item) for item in stored]
    if not isinstance(stored, dict):
        if isinstance(stored, float):
            raise Damaged("Hay un número con coma flotante en los datos guardados.")
        return stored
    if set(stored) == {_MARK}:
        return _untagged(stored[_MARK])
    return {_unescaped(key): _value(item) for key, item in stored.items()}


def _unescaped(key: str) -> str:
    return key[len(_MARK) :] if key.startswith(_MARK) else key


def _untagged(content: Any) -> Any:
    if not (isinstance(content, list) and len(content) == 2 and isinstance(content[1], str)):
        raise Damaged("Una etiqueta de los datos guardados está dañada.")
    reader = _READERS.get(content[0]) if isinstance(content[0], str) else None
    if reader is None:
        raise Damaged(f"La etiqueta «{content[0]}» de los datos guardados no se conoce.")
    try:
        return reader(content[1])
    except (ValueError, ArithmeticError):
        raise Damaged(f"El valor «{content[1][:40]}» de los datos guardados está dañado.") from None
