"""`andecha calendar`: the calendars of non-business days, loaded, listed and shown."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.errors import BadInput

if TYPE_CHECKING:
    from engine.deadlines.almanac.drafts import CalendarDraft
    from engine.townhall import TownHall

_JSON = click.option("--json", "as_json", is_flag=True, help="Resultado legible por programas.")


@click.group()
def calendar() -> None:
    """Los calendarios de días inhábiles: del Estado, de la comunidad y del municipio."""


@calendar.command("import")
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--packaged", is_flag=True, help="Los que vienen con el programa (demostración).")
@click.option("--calendar", "code", help="De qué calendario cargado son los días (CSV y .ics).")
@click.option("--year", type=int, help="De qué año son los días (CSV y .ics).")
@click.option("--source", default="", help="Dónde se publicó (CSV y .ics).")
@click.option("--dry-run", is_flag=True, help="Solo dice qué cambiaría.")
@_JSON
def import_files(
    files: tuple[Path, ...],
    packaged: bool,
    code: str | None,
    year: int | None,
    source: str,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Carga calendarios de ficheros TOML, CSV o .ics, y vuelve a fechar los plazos abiertos que toquen.

    Un fichero TOML trae el lugar y sus años enteros; uno CSV (fecha y nombre) o .ics, los días de un
    año de un calendario que ya está cargado. Los de ámbito más amplio se cargan primero.
    """
    from engine.deadlines.almanac.packaged import in_order, packaged_drafts
    from web.cli.townhall import opened

    if bool(files) == packaged:
        raise click.UsageError("Diga qué ficheros, o --packaged.")
    with opened() as townhall:
        if packaged:
            drafts = [(draft, "Viene con el programa") for draft in packaged_drafts()]
        else:
            read = [(_read(townhall, path, code, year, source), path.name) for path in files]
            order = in_order([draft for draft, _ in read])
            drafts = sorted(read, key=lambda item: order.index(item[0]))
        results = [_take(townhall, draft, origin, dry_run) for draft, origin in drafts]
    if as_json:
        click.echo(json.dumps({"calendars": results}, ensure_ascii=False, indent=2))
    else:
        for item in results:
            click.echo(_told(item))
    return 0


def _read(
    townhall: TownHall, path: Path, code: str | None, year: int | None, source: str
) -> CalendarDraft:
    from engine.deadlines.almanac.intake import draft_of_days
    from engine.deadlines.almanac.reading import MAX_BYTES, read_file

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"No se puede leer {path}: {error.strerror}.") from None
    found = read_file(path.name, data)
    if not isinstance(found, dict):
        return found
    if code is None or year is None:
        raise BadInput(f"{path.name} solo trae días: diga de qué calendario y de qué año son.")
    with townhall.database.reading() as session:
        return draft_of_days(session, code, year, found, source)


def _take(townhall: TownHall, draft: CalendarDraft, origin: str, dry_run: bool) -> dict[str, Any]:
    from engine.deadlines.almanac import operations
    from engine.deadlines.almanac.writing import changes_of

    result: dict[str, Any] = {
        "calendar": draft.place.code,
        "years": [item.year for item in draft.years],
        "changed": False,
        "published": False,
    }
    with townhall.database.reading() as session:
        changes = changes_of(session, draft)
    if not (changes.new_years or changes.days or changes.place):
        return {**result, "concerned": 0, "moved": 0, "left": 0}
    call = townhall.system("calendar import")
    row = operations.propose_calendar(call, draft=draft, origin=origin)
    concerned, moved, left = row.concerned, row.moved, row.left
    if dry_run:
        operations.discard_calendar(call, edition_id=row.id)
    else:
        found = operations.publish_calendar(call, edition_id=row.id)
        concerned, moved, left = found.count, found.moved, found.left
    return {
        **result,
        "changed": True,
        "published": not dry_run,
        "concerned": concerned,
        "moved": moved,
        "left": left,
    }


def _told(item: dict[str, Any]) -> str:
    years = ", ".join(map(str, item["years"]))
    if not item["changed"]:
        return f"{item['calendar']} ({years}): dice lo mismo que el publicado."
    done = "publicado" if item["published"] else "sin publicar"
    return (
        f"{item['calendar']} ({years}): {done}; {item['concerned']} plazos abiertos lo usan, "
        f"{item['moved']} cambian de fecha y {item['left']} se quedan como estaban."
    )


@calendar.command("list")
@_JSON
def list_calendars(as_json: bool) -> int:
    """Los calendarios cargados y los años que cubre cada uno."""
    from engine.deadlines.almanac.queries import places
    from web.cli.townhall import opened

    with opened() as townhall, townhall.database.reading() as session:
        rows = places(session)
    if as_json:
        found = [
            {
                "id": row.code,
                "name": row.name,
                "level": row.level.value,
                "parent": row.parent,
                "municipality": row.municipality,
                "years": list(row.years),
                "covered": list(row.covered),
            }
            for row in rows
        ]
        click.echo(json.dumps({"calendars": found}, ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        years = ", ".join(map(str, row.covered)) or "ninguno entero"
        click.echo(f"{row.code:<20} {row.name:<24} {years}")
    if not rows:
        click.echo("No hay ningún calendario cargado.", err=True)
    return 0


@calendar.command()
@click.argument("code")
@click.option("--year", type=click.IntRange(2000, 2199), help="El año; si no, el presente.")
@click.option("--ics", is_flag=True, help="En formato iCalendar.")
@_JSON
def show(code: str, year: int | None, ics: bool, as_json: bool) -> int:
    """Los días inhábiles de un año, con su ámbito y dónde se publicaron."""
    from engine.clock import madrid_date
    from engine.deadlines.almanac.export import year_as_ics
    from engine.deadlines.almanac.queries import year_of
    from web.cli.townhall import opened

    with opened() as townhall, townhall.database.reading() as session:
        wanted = year or madrid_date(townhall.clock.now()).year
        row = year_of(session, code, wanted)
        made_at = townhall.clock.now()
    if row is None:
        raise BadInput(f"No hay ningún calendario cargado que se llame «{code}».")
    if ics:
        click.echo(year_as_ics(row, made_at), nl=False)
    elif as_json:
        click.echo(
            json.dumps(
                {
                    "id": row.place.code,
                    "name": row.place.name,
                    "year": row.year,
                    "complete": not row.missing,
                    "missing": list(row.missing),
                    "days": [
                        {"date": item.day.isoformat(), "name": item.name, "place": item.place}
                        for item in row.days
                    ],
                    "sources": [
                        {
                            "place": item.place,
                            "source": item.text,
                            "bulletin": item.bulletin,
                            "url": item.url,
                            "published_on": _iso(item.published_on),
                        }
                        for item in row.sources
                    ],
                },
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        for item in row.days:
            click.echo(f"{item.day:%d/%m/%Y}  {item.name} ({item.place})")
        for name in row.missing:
            click.echo(f"Falta el año {row.year} de {name}: no se puede calcular en él.", err=True)
    return 0


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
