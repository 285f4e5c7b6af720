"""The recurrent work of the calendars: terms opened while an edition was being published."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from engine.deadlines.almanac.models import CalendarEdition, EditionState
from engine.deadlines.almanac.operations import settle_calendar
from engine.jobs import duty
from engine.townhall import TownHall

_LONGEST_ACT = timedelta(minutes=2)
"""An act that began before the edition was published has ended by then: no transaction lasts so long."""


@duty("deadlines.settle_calendars", every=60)
def settle_calendars(townhall: TownHall) -> None:
    """Look again, once, at the terms that count by each edition published a while ago."""
    with townhall.database.reading() as session:
        waiting = session.scalars(
            select(CalendarEdition.id)
            .where(
                CalendarEdition.state == EditionState.PUBLISHED.value,
                CalendarEdition.settled.is_(False),
                CalendarEdition.decided_at <= townhall.clock.now() - _LONGEST_ACT,
            )
            .order_by(CalendarEdition.decided_at)
        ).all()
    for edition_id in waiting:
        settle_calendar(townhall.system("deadlines.settle_calendars"), edition_id=edition_id)
