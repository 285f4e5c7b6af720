"""The manifest of a batch, and the same file when it comes back with what the postman did.

A CSV with semicolons, in UTF-8, that a spreadsheet opens: one line for each attempt. A manifest's
lines have the result empty; a line is repeated for the second attempt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from engine.clock import MADRID
from engine.errors import BadInput
from engine.notifications.delivery import Receiver
from engine.notifications.models import PostalResult

MAX_RESULT_BYTES = 1_000_000
MAX_LINES = 2_000
_KEYS = ("salida", "fecha", "hora", "resultado", "receptor", "documento_receptor", "mayor_de_14")
COLUMNS = (
    "salida",
    "destinatario",
    "direccion",
    *_KEYS[1:],
)
RESULT_WORDS = {
    "entregada": PostalResult.DELIVERED,
    "rechazada": PostalResult.REJECTED,
    "ausente": PostalResult.ABSENT,
    "desconocida": PostalResult.UNKNOWN,
}
_YES = frozenset({"si", "sí", "s", "x", "1"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ManifestLine:
    """One paper of a batch."""

    exit_code: str
    addressee: str
    address: str


@dataclass(frozen=True)
class ResultLine:
    """One attempt as the file tells it; number: the line of the file, the heading is the first."""

    number: int
    exit_code: str
    at: datetime
    result: PostalResult
    receiver: Receiver | None


@dataclass(frozen=True)
class ResultFault:
    """A line that could not be taken, and why."""

    line: int
    text: str


@dataclass(frozen=True)
class ResultsTaken:
    """What a file did."""

    applied: int
    repeated: int
    faults: tuple[ResultFault, ...]


def manifest(lines: tuple[ManifestLine, ...]) -> bytes:
    """The CSV of a batch, to be filled in; nothing in it runs as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        values = (line.exit_code, line.addressee, line.address)
        writer.writerow([*map(_plain, values), *[""] * (len(COLUMNS) - len(values))])
    return out.getvalue().encode("utf-8-sig")


def _plain(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def read_results(data: bytes) -> tuple[list[ResultLine], list[ResultFault]]:
    """The attempts of a file and the lines that are wrong; raises BadInput when it is not such a file."""
    rows = _rows(data)
    heading = [name.strip().casefold() for name in next(rows, [])]
    missing = [name for name in _KEYS[:4] if name not in heading]
    if missing:
        raise BadInput(
            "Al fichero le faltan columnas: " + ", ".join(missing) + ".",
            (("file", "Use el fichero que acompaña al lote, con sus columnas."),),
        )
    lines: list[ResultLine] = []
    faults: list[ResultFault] = []
    for number, row in enumerate(rows, start=2):
        if number > MAX_LINES + 1:
            raise BadInput(f"El fichero tiene más de {MAX_LINES} líneas: divídalo.")
        cells = dict(zip(heading, (cell.strip() for cell in row), strict=False))
        if not any(cells.get(name) for name in _KEYS[1:4]):
            continue
        found = _line(number, cells)
        if isinstance(found, ResultLine):
            lines.append(found)
        else:
            faults.append(found)
    return lines, faults


def _rows(data: bytes) -> Iterator[list[str]]:
    if len(data) > MAX_RESULT_BYTES:
        raise BadInput("El fichero es demasiado grande.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(
            "El fichero no está en UTF-8.",
            (("file", "Guárdelo como «CSV UTF-8» y vuelva a elegirlo."),),
        ) from None
    if "\0" in text:
        raise BadInput("El fichero no es un CSV.", (("file", "Elija un fichero CSV."),))
    return csv.reader(io.StringIO(text, newline=""), delimiter=";")


def _line(number: int, cells: dict[str, str]) -> ResultLine | ResultFault:
    result = RESULT_WORDS.get(cells.get("resultado", "").casefold())
    if result is None:
        return ResultFault(number, f"el resultado debe ser {', '.join(RESULT_WORDS)}")
    at = _instant(cells.get("fecha", ""), cells.get("hora", ""))
    if at is None:
        return ResultFault(number, "la fecha debe ser como 27/3/2027 y la hora como 10:45")
    code = cells.get("salida", "").lstrip("'")
    if not code:
        return ResultFault(number, "falta el número de salida")
    name, document = cells.get("receptor", ""), cells.get("documento_receptor", "")
    of_age = cells.get("mayor_de_14", "").casefold() in _YES
    receiver = Receiver(name, document, of_age) if name or document or of_age else None
    return ResultLine(number, code, at, result, receiver)


def _instant(day: str, hour: str) -> datetime | None:
    try:
        date = datetime.strptime(day, "%d/%m/%Y").date()  # noqa: DTZ007 - a day, the hour comes apart
        return datetime.combine(date, time.fromisoformat(hour.zfill(5)), tzinfo=MADRID)
    except ValueError:
        return None
