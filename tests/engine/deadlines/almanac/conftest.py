"""A town with the calendars of the demonstration, and ways to open terms and publish changes in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from engine.deadlines.almanac.drafts import CalendarDraft, YearDraft
from engine.deadlines.almanac.operations import (
    propose_calendar,
    propose_day,
    publish_calendar,
)
from engine.deadlines.almanac.packaged import packaged_drafts
from engine.deadlines.models import Deadline
from engine.deadlines.operations import open_deadline
from engine.deadlines.redating import Redated
from engine.people.models import PersonKind
from engine.people.operations import register_person
from engine.townhall import TownHall

BEGUN = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def begin(townhall: TownHall) -> Callable[..., Deadline]:
    """Open the ten business days of a correction, from the 24th of November on."""

    def begin(rule: str = "correction", *, town: str = "", starts_at: datetime = BEGUN) -> Deadline:
        person_id = _resident(townhall, town) if town else None
        return open_deadline(
            townhall.system("test"), rule=rule, starts_at=starts_at, person_id=person_id
        )

    return begin


def _resident(townhall: TownHall, town: str) -> UUID:
    number = {"Castroquemado": "12345678Z", "Oviedo": "87654321X"}[town]
    person = register_person(
        townhall.system("test"),
        kind=PersonKind.INDIVIDUAL,
        document_number=number,
        name="Xuan",
        surname1="Suárez",
        address={"town": town},
    )
    return person.id


@pytest.fixture
def add_day(townhall: TownHall) -> Callable[..., Redated]:
    """Publish a day more, or less when it has no name."""

    def add_day(calendar: str, day: date, name: str = "Fiesta nueva") -> Redated:
        call = townhall.system("test")
        row = propose_day(call, calendar=calendar, day=day, name=name, source="Bando")
        return publish_calendar(call, edition_id=row.id)

    return add_day


@pytest.fixture
def publish(townhall: TownHall) -> Callable[[CalendarDraft], Redated]:
    """Publish a draft."""

    def publish(draft: CalendarDraft) -> Redated:
        call = townhall.system("test")
        row = propose_calendar(call, draft=draft, origin="prueba")
        return publish_calendar(call, edition_id=row.id)

    return publish


def packaged(code: str) -> CalendarDraft:
    """The draft of a calendar that comes with the program."""
    return next(draft for draft in packaged_drafts() if draft.place.code == code)


def next_year(draft: CalendarDraft, year: int = 2028) -> CalendarDraft:
    """The same place with one more year, that has the days of 2027."""
    last = draft.years[-1]
    days = {day.replace(year=year): name for day, name in last.days.items()}
    return replace(draft, years=(YearDraft(year, days, last.source),))
