"""The calendars that come with the program: the demonstration's, the wider places first."""

from __future__ import annotations

from engine.deadlines.almanac.drafts import CalendarDraft
from engine.deadlines.almanac.models import Level
from engine.deadlines.almanac.reading import draft_of_toml
from engine.deadlines.calendars import CALENDARS, read_toml

_ORDER = list(Level)


def packaged_drafts() -> tuple[CalendarDraft, ...]:
    """Each of them, so that none comes before the one that it belongs to."""
    found = [draft_of_toml(read_toml(path)) for path in sorted(CALENDARS.glob("*.toml"))]
    return in_order(found)


def in_order(drafts: list[CalendarDraft]) -> tuple[CalendarDraft, ...]:
    """The State's first, then the regions', then the towns'."""
    return tuple(sorted(drafts, key=lambda item: (_ORDER.index(item.place.level), item.place.code)))
