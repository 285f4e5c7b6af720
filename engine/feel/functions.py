"""The built-in functions of DMN 1.5 (10.3.4): a closed table; a wrong argument gives null."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    InvalidOperation,
)
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.feel.arithmetic import NUMBERS
from engine.feel.errors import FeelError, FeelLimitExceeded
from engine.feel.scope import Scope, call
from engine.feel.values import Months, Range, compare, equal, is_number, parse_duration

MAX_TEXT = 100_000
_MAX_SCALE = 100


class BuiltIn:
    """A built-in: its parameters by name, the optional ones after `|`; `*` takes any number."""

    feel_function = True
    __slots__ = ("_body", "_names", "_required", "_with_scope", "name")

    def __init__(
        self, name: str, signature: str, body: Callable[..., Any], *, with_scope: bool = False
    ) -> None:
        required, _, optional = signature.partition("|")
        self.name = name
        self._names = None if signature == "*" else (*required.split(), *optional.split())
        self._required = len(required.split())
        self._body = body
        self._with_scope = with_scope

    def __call__(self, scope: Scope, positional: list[Any], named: dict[str, Any]) -> Any:
        arguments = self._arguments(positional, named)
        try:
            return self._body(scope, *arguments) if self._with_scope else self._body(*arguments)
        except (
            InvalidOperation,
            OverflowError,
            ValueError,
            TypeError,
            KeyError,
            IndexError,
        ) as error:
            if isinstance(error, FeelError):
                raise
            return None

    def _arguments(self, positional: list[Any], named: dict[str, Any]) -> list[Any]:
        if self._names is None:
            if named:
                raise FeelError(f"«{self.name}» no recibe argumentos con nombre.")
            if len(positional) == 1 and isinstance(positional[0], list):
                return positional
            return [positional]
        if named:
            wrong = set(named) - set(self._names)
            if positional or wrong:
                raise FeelError(f"«{self.name}» no tiene esos argumentos.")
            given = [named.get(key) for key in self._names]
            while len(given) > self._required and given[-1] is None:
                given.pop()
            positional = given
        if not self._required <= len(positional) <= len(self._names):
            raise FeelError(f"«{self.name}» recibe {self._required} argumentos.")
        return positional


def _number(text: Any, grouping: Any = None, decimal: Any = None) -> Any:
    plain = str(text)
    if grouping:
        plain = plain.replace(grouping, "")
    if decimal:
        plain = plain.replace(decimal, ".")
    return Decimal(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def to_text(value: Any) -> Any:
    """A value as text, as FEEL writes it."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value.normalize(), "f") if value else "0"
        case timedelta():
            return _duration_text(value)
        case date() | time():
            return value.isoformat()
        case list():
            return "[" + ", ".join(_nested(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {_nested(item)}" for key, item in value.items()) + "}"
    return str(value)


def _nested(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(to_text(value) or "null")


def _duration_text(value: timedelta) -> str:
    seconds = int(abs(value).total_seconds())
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    clock = "".join(
        f"{n}{letter}" for n, letter in ((hours, "H"), (minutes, "M"), (left, "S")) if n
    )
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if value < timedelta(0) else "") + "P" + (text or "T0S")


def _date(*parts: Any) -> Any:
    if len(parts) == 3:
        return date(*(int(part) for part in parts))
    value = parts[0]
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)


def _time(*parts: Any) -> Any:
    if len(parts) >= 3:
        return time(int(parts[0]), int(parts[1]), int(parts[2]))
    value = parts[0]
    return value.timetz() if isinstance(value, datetime) else time.fromisoformat(value)


def _date_and_time(first: Any, second: Any = None) -> Any:
    if second is not None:
        return datetime.combine(_date(first), second)
    if isinstance(first, datetime):
        return first
    plain, _, zone = first.partition("@")
    value = datetime.fromisoformat(plain)
    if zone:
        try:
            return value.replace(tzinfo=ZoneInfo(zone))
        except ZoneInfoNotFoundError:
            return None
    return value


def _between_months(start: Any, end: Any) -> Any:
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return Months(months)


def _rounded(mode: str) -> Callable[..., Any]:
    def body(value: Any, scale: Any = Decimal(0)) -> Any:
        if not is_number(value) or not is_number(scale) or abs(scale) > _MAX_SCALE:
            return None
        return value.quantize(Decimal(1).scaleb(-int(scale)), rounding=mode, context=NUMBERS)

    return body


def _substring(text: Any, start: Any, length: Any = None) -> Any:
    begin = int(start)
    if begin == 0:
        return None
    first = begin - 1 if begin > 0 else len(text) + begin
    last = len(text) if length is None else first + int(length)
    return text[max(0, first) : max(0, last)]


def _pattern(text: str, flags: Any = None) -> re.Pattern[str]:
    """A pattern, without the repetitions inside repetitions that can take for ever."""
    if len(text) > 200 or re.search(r"[*+}]\s*\)\s*[*+{]", text):
        raise FeelLimitExceeded("Ese patrón de texto no se admite.")
    known = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}
    chosen = re.NOFLAG
    for letter in flags or "":
        chosen |= known[letter]
    try:
        return re.compile(text, chosen)
    except re.error:
        raise FeelError(f"«{text}» no es un patrón de texto.") from None


def _sum(items: list[Any]) -> Any:
    total = Decimal(0)
    for item in items:
        if not is_number(item):
            return None
        total = NUMBERS.add(total, item)
    return total if items else None


def _mean(items: list[Any]) -> Any:
    total = _sum(items)
    return None if total is None else NUMBERS.divide(total, Decimal(len(items)))


def _median(items: list[Any]) -> Any:
    ordered = sorted(items)
    middle = len(ordered) // 2
    if not ordered:
        return None
    return (
        ordered[middle]
        if len(ordered) % 2
        else NUMBERS.divide(ordered[middle - 1] + ordered[middle], Decimal(2))
    )


def _extreme(operator: str) -> Callable[[list[Any]], Any]:
    def body(items: list[Any]) -> Any:
        best = items[0] if items else None
        for item in items[1:]:
            better = compare(operator, item, best)
            if better is None:
                return None
            best = item if better else best
        return best

    return body


def _all(items: list[Any]) -> Any:
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


def _any(items: list[Any]) -> Any:
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


def _contains(items: Any, value: Any) -> Any:
    return any(equal(item, value) is True for item in items)


def _distinct(items: Any) -> Any:
    kept: list[Any] = []
    for item in items:
        if not _contains(kept, item):
            kept.append(item)
    return kept


def _flatten(items: Any) -> Any:
    return [
        inner for item in items for inner in (_flatten(item) if isinstance(item, list) else [item])
    ]


def _sort(scope: Scope, items: Any, precedes: Any = None) -> Any:
    import functools

    def order(left: Any, right: Any) -> int:
        before = (
            compare("<", left, right)
            if precedes is None
            else call(scope, precedes, [left, right], {})
        )
        after = (
            compare(">", left, right)
            if precedes is None
            else call(scope, precedes, [right, left], {})
        )
        return -1 if before is True else 1 if after is True else 0

    return sorted(items, key=functools.cmp_to_key(order))


def _insert(items: Any, position: Any, value: Any) -> Any:
    index = int(position)
    at = index - 1 if index > 0 else len(items) + index
    return [*items[:at], value, *items[at:]]


def _remove(items: Any, position: Any) -> Any:
    index = int(position)
    at = index - 1 if index > 0 else len(items) + index
    return [*items[:at], *items[at + 1 :]]


def _sublist(items: Any, start: Any, length: Any = None) -> Any:
    return _substring(items, start, length)


def _modulo(left: Any, right: Any) -> Any:
    if right == 0:
        return None
    return left - right * (left / right).to_integral_value(ROUND_FLOOR)


def _includes(first: Any, second: Any) -> Any:
    if isinstance(first, Range) and not isinstance(second, Range):
        return first.contains(second)
    return None


def _day_of_week(value: Any) -> Any:
    return ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[
        value.weekday()
    ]


def _last_day(value: Any) -> Any:
    following = value.replace(day=28) + timedelta(days=4)
    return Decimal((following - timedelta(days=following.day)).day)


_TABLE: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("number", "from | groupingSeparator decimalSeparator", _number),
    ("string", "from", to_text),
    ("date", "from | month day", _date),
    ("time", "from | minute second offset", _time),
    ("date and time", "from | time", _date_and_time),
    ("duration", "from", parse_duration),
    ("years and months duration", "from to", _between_months),
    ("not", "negand", lambda value: not value if isinstance(value, bool) else None),
    ("substring", "string startPosition | length", _substring),
    ("string length", "string", lambda text: Decimal(len(text))),
    ("upper case", "string", lambda text: text.upper()),
    ("lower case", "string", lambda text: text.lower()),
    ("substring before", "string match", lambda text, part: text.partition(part)[0] if part in text else ""),
    ("substring after", "string match", lambda text, part: text.partition(part)[2] if part in text else ""),
    ("contains", "string match", lambda text, part: part in text if isinstance(text, str) else None),
    ("starts with", "string match", lambda text, part: text.startswith(part)),
    ("ends with", "string match", lambda text, part: text.endswith(part)),
    ("matches", "input pattern | flags", lambda text, pattern, flags=None: _pattern(pattern, flags).search(text[:MAX_TEXT]) is not None),
    ("replace", "input pattern replacement | flags", lambda text, pattern, new, flags=None: _pattern(pattern, flags).sub(re.sub(r"\$(\d)", r"\\\1", new), text[:MAX_TEXT])),
    ("split", "string delimiter", lambda text, pattern: _pattern(pattern).split(text[:MAX_TEXT])),
    ("trim", "string", lambda text: text.strip()),
    ("list contains", "list element", _contains),
    ("count", "list", lambda items: Decimal(len(items)) if isinstance(items, list) else None),
    ("min", "*", _extreme("<")),
    ("max", "*", _extreme(">")),
    ("sum", "*", _sum),
    ("mean", "*", _mean),
    ("median", "*", _median),
    ("all", "*", _all),
    ("any", "*", _any),
    ("append", "list item", lambda items, item: [*items, item]),
    ("concatenate", "first second", lambda first, second: [*first, *second]),
    ("insert before", "list position newItem", _insert),
    ("remove", "list position", _remove),
    ("reverse", "list", lambda items: items[::-1]),
    ("index of", "list match", lambda items, value: [Decimal(at + 1) for at, item in enumerate(items) if equal(item, value) is True]),
    ("union", "first second", lambda first, second: _distinct([*first, *second])),
    ("distinct values", "list", _distinct),
    ("flatten", "list", _flatten),
    ("sublist", "list startPosition | length", _sublist),
    ("decimal", "n scale", _rounded(ROUND_HALF_EVEN)),
    ("floor", "n | scale", _rounded(ROUND_FLOOR)),
    ("ceiling", "n | scale", _rounded(ROUND_CEILING)),
    ("round up", "n | scale", _rounded(ROUND_UP)),
    ("round down", "n | scale", _rounded(ROUND_DOWN)),
    ("round half up", "n | scale", _rounded(ROUND_HALF_UP)),
    ("round half down", "n | scale", _rounded(ROUND_HALF_DOWN)),
    ("abs", "n", abs),
    ("modulo", "dividend divisor", _modulo),
    ("sqrt", "number", lambda value: value.sqrt(NUMBERS) if value >= 0 else None),
    ("odd", "number", lambda value: value % 2 != 0),
    ("even", "number", lambda value: value % 2 == 0),
    ("includes", "range point", _includes),
    ("get value", "m key", lambda values, key: values.get(key)),
    ("get entries", "m", lambda values: [{"key": key, "value": value} for key, value in values.items()]),
    ("is defined", "value", lambda value: value is not None),
    ("day of week", "date", _day_of_week),
    ("day of year", "date", lambda value: Decimal(value.timetuple().tm_yday)),
    ("last day of month", "date", _last_day),
)  # fmt: skip

FUNCTIONS: dict[str, BuiltIn] = {
    name: BuiltIn(name, signature, body) for name, signature, body in _TABLE
} | {"sort": BuiltIn("sort", "list | precedes", _sort, with_scope=True)}
