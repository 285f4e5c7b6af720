"""Prepare an edition of a calendar, look at what it moves, and publish it (arts. 30.6 and 30.7)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from engine.deadlines.almanac.drafts import (
    CalendarDraft,
    Place,
    Source,
    YearDraft,
    checked,
    from_json,
    to_json,
)
from engine.deadlines.almanac.intake import place_draft
from engine.deadlines.almanac.loaded import read_almanac, use
from engine.deadlines.almanac.models import (
    CalendarEdition,
    CalendarPlace,
    CalendarYear,
    EditionState,
    Level,
)
from engine.deadlines.almanac.reach import reached, words
from engine.deadlines.almanac.residents import adopt_residents
from engine.deadlines.almanac.writing import (
    Changes,
    changes_from_json,
    changes_of,
    changes_to_json,
    loaded_days,
    place_of,
    write,
)
from engine.deadlines.models import ChangeKind
from engine.deadlines.redating import Redated, foresee, redate
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.operation import Act, operation

ARTICLE = "art. 30.7 de la Ley 39/2015"
_LOCK_SPACE = 0x0CA1  # the advisory locks of the calendars
_WIDTH = {Level.TOWN: 0, Level.REGION: 1, Level.STATE: 2}


@operation("deadlines.propose_calendar", basis=ARTICLE)
def propose_calendar(act: Act, *, draft: CalendarDraft, origin: str) -> CalendarEdition:
    """Prepare years of a calendar, with the terms that publishing them would move.

    origin: the file, or the form, that they come from. Nothing counts by them until they are published.
    Raises BadInput for what is wrong, or changes nothing.
    """
    return _propose(act, checked(draft), origin)


@operation("deadlines.propose_day", basis=ARTICLE)
def propose_day(act: Act, *, calendar: str, day: date, name: str, source: str) -> CalendarEdition:
    """Prepare a published year with a day of the place's own more, or less.

    name: what is celebrated, empty to take the day away; source: where the change was published.
    """
    place = place_of(act.session, calendar)
    if place is None:
        raise NotFound
    days = loaded_days(act.session, calendar).get(day.year)
    if days is None:
        raise _wrong("day", f"El año {day.year} no está cargado: impórtelo entero.")
    if not name.strip():
        if day not in days:
            raise _wrong(
                "day", f"El {day:%d/%m/%Y} no está entre los días propios de {place.name}."
            )
        del days[day]
    elif day in days:
        raise _wrong("day", f"El {day:%d/%m/%Y} ya es inhábil: {days[day]}.")
    else:
        days[day] = name.strip()
    if not source.strip():
        raise _wrong("source", "Diga dónde se ha publicado el cambio.")
    year = YearDraft(day.year, days, Source(source.strip()))
    change = f"{'Quitar' if not name.strip() else 'Añadir'} el {day:%d/%m/%Y}"
    return _propose(act, checked(CalendarDraft(place_draft(place), (year,))), change)


def _propose(act: Act, draft: CalendarDraft, origin: str) -> CalendarEdition:
    _check_place(act, draft.place)
    changes = changes_of(act.session, draft)
    if not (changes.new_years or changes.days or changes.place):
        raise _wrong("file", "Dice lo mismo que el calendario publicado: no hay nada que cambiar.")
    foreseen = _foreseen(act, draft, changes)
    row = CalendarEdition(
        calendar=draft.place.code,
        content=to_json(draft),
        changes=changes_to_json(changes),
        origin=origin[:200],
        proposed_at=act.now,
        concerned=foreseen.count,
        moved=foreseen.moved,
        left=foreseen.left,
    )
    act.session.add(row)
    act.session.flush()
    act.about("calendar_edition", row.id)
    act.note(calendar=row.calendar, years=[year.year for year in draft.years], moves=row.moved)
    return row


def _check_place(act: Act, place: Place) -> None:
    """The wider place is loaded and wider; whose days they are does not change by itself."""
    before = place_of(act.session, place.code)
    if before is not None and before.level != place.level.value:
        raise _wrong("level", f"«{place.code}» es ya el calendario de otro ámbito.")
    if place.parent is not None:
        wider = place_of(act.session, place.parent)
        if wider is None:
            raise _wrong(
                "parent", f"Falta el calendario «{place.parent}», del que depende: cárguelo antes."
            )
        if _WIDTH[Level(wider.level)] <= _WIDTH[place.level]:
            raise _wrong("parent", f"«{place.parent}» no es de un ámbito más amplio.")
    if place.municipality:
        other = act.session.scalar(
            select(CalendarPlace.code).where(
                CalendarPlace.municipality == place.municipality, CalendarPlace.code != place.code
            )
        )
        if other is not None:
            raise _wrong("municipality", f"El calendario «{other}» es ya el de ese municipio.")


def _foreseen(act: Act, draft: CalendarDraft, changes: Changes) -> Redated:
    """What publishing would move: written, counted and taken back before anybody sees it."""
    session = act.session
    with session.begin_nested() as attempt:
        write(session, draft, version=0, at=act.now)
        adopt_residents(act, draft.place)
        use(session, read_almanac(session, 0))
        found = foresee(act, _condition(act, draft, changes), kind=ChangeKind.CALENDAR)
        attempt.rollback()
    use(session, None)
    return found


@operation("deadlines.publish_calendar", basis="arts. 30.6 y 30.7 de la Ley 39/2015")
def publish_calendar(act: Act, *, edition_id: UUID) -> Redated:
    """Publish an edition: its days count from now on, and the open terms that they touch are dated again.

    Raises RuleBroken for one that was already decided, Stale when what it changes is no longer what
    was looked at.
    """
    row = act.lock(CalendarEdition, edition_id)
    act.about("calendar_edition", row.id)
    if row.state != EditionState.PROPOSED.value:
        raise RuleBroken("Esta edición del calendario ya está decidida.")
    session, draft = act.session, from_json(row.content)
    session.execute(select(func.pg_advisory_xact_lock(_LOCK_SPACE, act.entity_id)))
    _check_place(act, draft.place)
    changes = changes_of(session, draft)
    if changes_to_json(changes) != row.changes:
        raise Stale(
            "El calendario ha cambiado desde que se preparó esta edición: descártela y prepárela otra vez."
        )
    version = 1 + (session.scalar(select(func.max(CalendarYear.version))) or 0)
    write(session, draft, version=version, at=act.now)
    adopt_residents(act, draft.place)
    use(session, read_almanac(session, version))
    found = _redate(act, row, draft, changes)
    row.state, row.decided_at = EditionState.PUBLISHED.value, act.now
    row.concerned, row.moved = found.count, found.moved
    row.left = found.left
    act.note(
        calendar=row.calendar,
        version=version,
        years=[year.year for year in draft.years],
        changed_days=len(changes.days),
        concerned=row.concerned,
        moved=row.moved,
        left=row.left,
    )
    return found


@operation("deadlines.discard_calendar")
def discard_calendar(act: Act, *, edition_id: UUID) -> str:
    """Leave an edition unpublished; the code of its calendar."""
    row = act.lock(CalendarEdition, edition_id)
    act.about("calendar_edition", row.id)
    if row.state != EditionState.PROPOSED.value:
        raise RuleBroken("Esta edición del calendario ya está decidida.")
    row.state, row.decided_at = EditionState.DISCARDED.value, act.now
    act.note(calendar=row.calendar)
    return row.calendar


@operation("deadlines.settle_calendar", basis=ARTICLE)
def settle_calendar(act: Act, *, edition_id: UUID) -> int:
    """Date again the terms that were opened by the old calendar while the new one was being published.

    How many moved. Doing it twice moves nothing more.
    """
    row = act.lock(CalendarEdition, edition_id)
    act.about("calendar_edition", row.id)
    if row.state != EditionState.PUBLISHED.value or row.settled:
        act.note(effect=False)
        return 0
    draft = from_json(row.content)
    found = _redate(act, row, draft, changes_from_json(row.changes))
    row.settled, row.moved = True, row.moved + found.moved
    act.note(calendar=row.calendar, moved=found.moved)
    return found.moved


def _redate(act: Act, row: CalendarEdition, draft: CalendarDraft, changes: Changes) -> Redated:
    return redate(
        act,
        _condition(act, draft, changes),
        kind=ChangeKind.CALENDAR,
        article="art. 30.6 de la Ley 39/2015",
        why=words(draft.place.name, changes),
        reference=row.id,
    )


def _condition(act: Act, draft: CalendarDraft, changes: Changes) -> ColumnElement[bool]:
    places = act.session.execute(select(CalendarPlace.code, CalendarPlace.parent)).all()
    return reached(draft.place.code, [(row.code, row.parent) for row in places], changes)


def _wrong(field: str, message: str) -> BadInput:
    return BadInput(message, ((field, message),))
