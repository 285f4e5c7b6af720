"""`andecha deadline`: compute a legal term and explain it."""

from __future__ import annotations

import json
from datetime import date, datetime

import click

from engine.errors import BadInput


@click.group()
def deadline() -> None:
    """Los plazos."""


@deadline.command()
@click.option("--start", required=True, help="Fecha y hora del acto, ISO 8601.")
@click.option("--term", required=True, help="«10 business days», «3 months»…")
@click.option("--calendar", required=True, help="Identificador de un calendario o fichero TOML.")
@click.option("--person-calendar", help="Calendario del municipio de la persona interesada.")
@click.option("--suspend", multiple=True, help="DESDE/HASTA, ambos incluidos.")
@click.option("--urgent", is_flag=True, help="Tramitación de urgencia (art. 33).")
@click.option("--filing", is_flag=True, help="START es una presentación en el registro.")
@click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")
def compute(
    start: str,
    term: str,
    calendar: str,
    person_calendar: str | None,
    suspend: tuple[str, ...],
    urgent: bool,
    filing: bool,
    as_json: bool,
) -> int:
    """Calcula cuándo vence un plazo y explica cada día."""
    from engine.deadlines.calendars import Calendars, load_calendar
    from engine.deadlines.computation import compute as compute_term
    from engine.deadlines.term import Term
    from engine.settings import load_settings

    town = load_settings().town
    seat = load_calendar(calendar)
    derivation = compute_term(
        _instant(start, seat.timezone),
        Term.parse(term),
        Calendars(seat, load_calendar(person_calendar) if person_calendar else None),
        suspensions=[_suspension(item) for item in suspend],
        urgent=urgent,
        odd_half=town.odd_half,
        filing=filing,
        filing_term_from=town.filing_term_from,
    )
    result = derivation.to_dict()
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    for step in derivation.days:
        counted = "cuenta   " if step.counted else "no cuenta"
        click.echo(f"{step.date:%d/%m/%Y}  {counted}  art. {step.article}: {step.why}")
    ends = f"{derivation.due:%d/%m/%Y a las %H:%M:%S}"
    click.echo(f"Vence el {ends} (Ley 39/2015, arts. {', '.join(result['articles'])})")
    return 0


def _instant(text: str, zone: object) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"«{text}» no es una fecha ISO, como 2026-09-10T12:00.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)  # type: ignore[arg-type]


def _suspension(text: str):  # type: ignore[no-untyped-def]
    from engine.deadlines.computation import Suspension

    first, _, last = text.partition("/")
    try:
        return Suspension(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise BadInput(
            f"La suspensión «{text}» no es DESDE/HASTA, como 2026-06-01/2026-06-20."
        ) from None
