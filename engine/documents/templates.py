"""Document templates: plain data in, HTML out, in a sandbox that can reach nothing else.

A template is the Jinja text of a document's body. A field that it names and that nobody gave does
not stop it: it is marked on the page and reported, so that the person who drafts can complete it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from jinja2 import TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from engine.clock import MADRID
from engine.errors import BadInput

MAX_TEMPLATE_CHARACTERS = 200_000
_MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)


@dataclass(frozen=True)
class Composition:
    """A composed body; missing: the paths of the fields that nobody gave, in order."""

    html: str
    missing: tuple[str, ...]


def compose(source: str, context: Mapping[str, Any]) -> Composition:
    """Fill a template with data.

    context: text, whole numbers, Decimal, dates, aware instants, lists and mappings of these.
    Raises BadInput when the template is wrong, TypeError when the context is not plain data.
    """
    if len(source) > MAX_TEMPLATE_CHARACTERS:
        raise BadInput("La plantilla es demasiado larga.")
    missing: list[str] = []
    environment = _environment(missing)
    values = {str(key): plain(value) for key, value in context.items()}
    try:
        html = environment.from_string(source).render(values)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise BadInput(f"La plantilla no se puede rellenar: {error}.") from error
    return Composition(html, tuple(dict.fromkeys(missing)))


def template_fault(source: str) -> str | None:
    """What is wrong with a template before any data: its length, its syntax, an unknown filter."""
    if len(source) > MAX_TEMPLATE_CHARACTERS:
        return "es demasiado larga"
    try:
        _environment([]).from_string(source)
    except TemplateError as error:
        return str(error)
    return None


def plain(value: Any) -> Any:
    """The value as templates may see it: no object with methods of ours ever enters the sandbox."""
    match value:
        case None | bool() | int() | Decimal() | date():
            return value.value if isinstance(value, Enum) else value
        case Enum():
            return plain(value.value)
        case str():
            return unicodedata.normalize("NFC", str(value))
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not plain data for a template")


def _environment(missing: list[str]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=_recording(missing),
        trim_blocks=True,
        lstrip_blocks=True,
        loader=None,
    )
    environment.globals.clear()
    environment.filters.update(
        money=money, day=day, instant=instant, number=number, lines=lines, yesno=yesno
    )
    return environment


def _recording(missing: list[str]) -> type[Undefined]:
    """A class for what is not there: it can be printed, tested and walked into, and it tells."""

    class Missing(Undefined):
        __slots__ = ()

        def _path(self) -> str:
            parent, own = self._undefined_obj, str(self._undefined_name)
            return f"{parent._path()}.{own}" if isinstance(parent, Missing) else own  # noqa: SLF001 - its own class

        def _marked(self) -> Markup:
            path = self._path()
            missing.append(path)
            return Markup('<mark class="missing">[falta: {}]</mark>').format(path)

        def __str__(self) -> str:
            return self._marked()

        def __html__(self) -> str:
            return self._marked()

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return Missing(obj=self, name=name)

        def __getitem__(self, name: Any) -> Any:
            return Missing(obj=self, name=str(name))

    return Missing


def money(value: Any) -> str:
    """`1.234,50 €`, half up; what is missing stays marked."""
    if isinstance(value, Undefined):
        return str(value)
    return f"{_grouped(Decimal(str(value)), 2)}\u00a0€"


def number(value: Any, decimals: int = 0) -> str:
    """A number with Spanish separators, half up."""
    if isinstance(value, Undefined):
        return str(value)
    return _grouped(Decimal(str(value)), decimals)


def _grouped(value: Decimal, decimals: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def day(value: Any) -> str:
    """`24 de noviembre de 2026`, of a date or of an instant in the official time."""
    if isinstance(value, Undefined):
        return str(value)
    moment = _moment(value)
    local = moment.astimezone(MADRID).date() if isinstance(moment, datetime) else moment
    return f"{local.day} de {_MONTHS[local.month - 1]} de {local.year}"


def instant(value: Any) -> str:
    """`24 de noviembre de 2026, 10:00:05 (hora oficial peninsular)` of an aware instant."""
    if isinstance(value, Undefined):
        return str(value)
    moment = _moment(value)
    if not isinstance(moment, datetime):
        raise TypeError("an instant has a time of day")
    return f"{day(moment)}, {moment.astimezone(MADRID):%H:%M:%S} (hora oficial peninsular)"


def _moment(value: Any) -> datetime | date:
    """A date or an aware instant, also from its ISO text, as process data keeps them."""
    moment = value
    if isinstance(value, str):
        moment = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(moment, datetime) and moment.tzinfo is None:
        raise ValueError("an instant needs its zone")
    if not isinstance(moment, date):
        raise TypeError(f"{type(value).__name__} is not a date")
    return moment


def lines(value: Any) -> Markup:
    """Text with its line breaks kept."""
    if isinstance(value, Undefined):
        return Markup(value)  # noqa: S704 - a missing field escapes its own name
    return Markup("<br>").join(escape(line) for line in str(value).splitlines())


def yesno(value: Any) -> str:
    """`Sí` or `No`."""
    if isinstance(value, Undefined):
        return str(value)
    return "Sí" if value else "No"
