"""The time of the load: a clock that moves through the last weeks, always forward, never past the present."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from engine.clock import MADRID, Clock, madrid_date
from engine.deadlines.calendars import Calendar, NoCalendarForYear, load_calendar
from engine.townhall import TownHall

_SATURDAY = 5
_BREATH = timedelta(seconds=4)


class Timeline:
    """A town hall's clock while its past is written; `close` gives the town its own clock back.

    Moments are told as business days before today and an hour in Madrid.
    """

    def __init__(self, townhall: TownHall, *, not_before: datetime | None = None) -> None:
        self._townhall = townhall
        self._own: Clock = townhall.clock
        self._end = townhall.clock.now()
        self._floor = not_before or datetime.min.replace(tzinfo=self._end.tzinfo)
        # The load publishes it once the clock stands at the first day of the past.
        self._calendar = load_calendar(townhall.settings.town.calendar)
        self._now = self._floor
        townhall.clock = self

    def now(self) -> datetime:
        """The instant at which the load stands."""
        return self._now

    @property
    def today(self) -> date:
        """The day on which the load ends."""
        return madrid_date(self._end)

    def moment(self, days_ago: int, hour: str) -> datetime:
        """The instant of an hour of a business day; today's hours that have not come are now."""
        day = self.today
        for _ in range(days_ago):
            day = _business_day_before(self._calendar, day)
        instant = datetime.combine(day, time.fromisoformat(hour), tzinfo=MADRID)
        return min(instant.astimezone(self._end.tzinfo), self._end)

    def move_to(self, instant: datetime) -> None:
        """Go on to an instant; one that has passed changes nothing."""
        self._now = max(self._now, min(instant, self._end))

    def breathe(self) -> None:
        """Let a few seconds pass, as between two acts of people."""
        self.move_to(self._now + _BREATH)

    def close(self) -> None:
        """Give the town its own clock back."""
        self._townhall.clock = self._own


def _business_day_before(calendar: Calendar, day: date) -> date:
    day -= timedelta(days=1)
    while _is_closed(calendar, day):
        day -= timedelta(days=1)
    return day


def _is_closed(calendar: Calendar, day: date) -> bool:
    """Whether nobody works on a day; of a year without calendar only the weekends are known."""
    try:
        return calendar.why_closed(day) is not None
    except NoCalendarForYear:
        return day.weekday() >= _SATURDAY
