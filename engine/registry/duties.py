"""The recurrent work of the registry: effective instants that waited for a calendar."""

from __future__ import annotations

from sqlalchemy import select

from engine.deadlines.calendars import NoCalendarForYear
from engine.deadlines.filing import filing_instant
from engine.jobs import duty
from engine.registry.calendar import sede_calendar
from engine.registry.models import RegistryEntry
from engine.registry.operations import settle_effective
from engine.townhall import TownHall


@duty("registry.settle", every=3600)
def settle_waiting(townhall: TownHall) -> None:
    """Date the entries made on a non-business day before next year's calendar was published."""
    with townhall.database.reading() as session:
        waiting = list(
            session.execute(
                select(RegistryEntry.id, RegistryEntry.presented_at)
                .where(RegistryEntry.effective_at.is_(None))
                .order_by(RegistryEntry.presented_at)
                .limit(1000)
            )
        )
        calendar = sede_calendar(townhall, session) if waiting else None
    for entry_id, presented_at in waiting:
        try:
            if calendar is not None:
                filing_instant(presented_at, calendar)
        except NoCalendarForYear:
            continue
        settle_effective(townhall.system("registry.settle"), entry_id=entry_id)
