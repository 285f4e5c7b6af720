"""The terms of people whose municipality had no calendar until now: they count by it from now on (art. 30.6)."""

from __future__ import annotations

from sqlalchemy import select, update

from engine.deadlines.almanac.drafts import Place
from engine.deadlines.models import RUNNING, Deadline
from engine.operation import Act
from engine.people.models import Person
from engine.people.names import sort_key

_TOWN = Person.address["town"].astext


def adopt_residents(act: Act, place: Place) -> None:
    """Name the calendar in the terms under way of those who live there; they are dated again after.

    The seat's own terms name it already, and another calendar that a term names is left to it.
    """
    if not place.municipality or place.code == act.settings.town.calendar:
        return
    wanted = sort_key(place.municipality)
    mine = (
        Deadline.state.in_(RUNNING),
        Deadline.person_calendar.is_(None),
        Deadline.person_id == Person.id,
    )
    towns = act.session.scalars(select(_TOWN).distinct().where(*mine)).all()
    named = [town for town in towns if town and sort_key(town) == wanted]
    if named:
        act.session.execute(
            update(Deadline)
            .where(*mine, _TOWN.in_(named))
            .values(person_calendar=place.code)
            .execution_options(synchronize_session=False)
        )
