"""NOT-4: of what several channels tell, in every order in which it may come, the law takes one end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from typing import Any

import pytest
from factories.notifications import (
    Notify,
    acknowledgements,
    dispatch_of,
    state_of,
    term_of,
    themselves,
)
from sqlalchemy import select, text

from engine.clock import FixedClock
from engine.deadlines.models import DeadlineState
from engine.errors import NotFound
from engine.ids import new_id
from engine.notifications import operations
from engine.notifications.adapters import ChannelName, EventKind
from engine.notifications.duties import expire_overdue
from engine.notifications.exchange import queries as exchange
from engine.notifications.exchange.models import NotificationChannelEvent
from engine.notifications.exchange.operations import take_event
from engine.notifications.models import Notification, NotificationState
from engine.notifications.precedence import KnownEnd, Ruling, Window, rule
from engine.people.models import Person
from engine.townhall import TownHall

OPENS = datetime(2026, 11, 24, 9, tzinfo=UTC)
DUE = datetime(2026, 12, 4, 22, 59, 59, tzinfo=UTC)
LATER = DUE + timedelta(days=30)
ENDS = {
    "sede opened on the second day": OPENS + timedelta(days=2),
    "dehu accessed on the first day": OPENS + timedelta(days=1),
    "dehu rejected on the third day": OPENS + timedelta(days=3),
    "dehu accessed in the last second": DUE + timedelta(milliseconds=900),
    "dehu accessed after the term": DUE + timedelta(days=2),
    "dehu accessed before it was at disposal": OPENS - timedelta(seconds=1),
}
EXPIRY = "the term ended"


def test_in_every_order_of_arrival_the_earliest_valid_end_stays() -> None:
    """NOT-4, NOT-6: every ordered choice of ends of two channels and of the expiry: 13,699 of them."""
    seen = 0
    names = (*ENDS, EXPIRY)
    for length in range(1, len(names) + 1):
        for order in permutations(names, length):
            seen += 1
            valid = [ENDS[name] for name in order if name in ENDS and _in_time(ENDS[name])]
            wanted = KnownEnd(min(valid)) if valid else None
            if wanted is None and EXPIRY in order:
                wanted = KnownEnd(DUE, expired=True)
            assert _after(order) == wanted, order
    assert seen == 13_699


def _in_time(at: datetime) -> bool:
    return OPENS <= at < DUE + timedelta(seconds=1)


def _after(order: tuple[str, ...]) -> KnownEnd | None:
    """The end that stands once these were told, one by one."""
    known: KnownEnd | None = None
    for name in order:
        if name == EXPIRY:
            known = known or KnownEnd(DUE, expired=True)
        elif rule(known, ENDS[name], Window(OPENS, DUE), LATER).counts:
            known = KnownEnd(ENDS[name])
    return known


@dataclass(frozen=True)
class Message:
    """What the simulated DEHú tells of a notification, in one of three moments; day: of its instant."""

    name: str
    kind: EventKind
    day: float


ACCESSED = Message("accessed", EventKind.ACCESSED, 1)
REJECTED = Message("rejected", EventKind.REJECTED, 3)
AGAIN = ACCESSED
SOON, AFTER, LATE = 1.5, 4.0, 20.0
"""Days on which messages arrive: before the act in the sede, after it, and after the term ended."""


@dataclass(frozen=True)
class Story:
    """One order of arrival: what was done in the sede on day two, and what came of DEHú, and when."""

    in_sede: NotificationState | None
    arrivals: tuple[tuple[float, Message], ...]

    @property
    def end(self) -> tuple[str, float | None]:
        """The state and the day of the end that the law gives; day None: its term ended."""
        ends = [(message.day, message.kind) for _, message in self.arrivals]
        states = [
            (day, "accepted" if kind is EventKind.ACCESSED else "rejected") for day, kind in ends
        ]
        if self.in_sede is not None:
            states.append((2, self.in_sede.value))
        if not states:
            return "expired", None
        day, state = min(states)
        return state, day


def stories() -> Iterator[Story]:
    acts = (None, NotificationState.ACCEPTED, NotificationState.REJECTED)
    subsets = [(), (ACCESSED,), (REJECTED,), (ACCESSED, REJECTED), (ACCESSED, REJECTED, AGAIN)]
    for in_sede, messages in product(acts, subsets):
        found = set()
        for order in permutations(messages):
            moments = [[at for at in (SOON, AFTER, LATE) if at >= each.day] for each in order]
            for chosen in product(*moments):
                if list(chosen) == sorted(chosen):
                    found.add(tuple(zip(chosen, order, strict=True)))
        for arrivals in sorted(found, key=str):
            yield Story(in_sede, arrivals)


def tell(
    hall: TownHall, row: Notification, kind: EventKind, at: datetime, reference: str, **more: Any
) -> NotificationChannelEvent:
    dispatch = dispatch_of(hall, row, ChannelName.DEHU)
    return take_event(
        hall.system("notifications.collect"),
        channel=ChannelName.DEHU,
        reference=reference,
        dispatch_id=dispatch.id,
        kind=kind,
        at=at,
        **more,
    )


def test_the_town_ends_each_notification_as_the_law_says_in_every_order(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    """NOT-4: sede and DEHú, late, duplicated and contradictory; the end and its term are mended."""
    began = clock.now()
    told = [(story, notify(electronic, reference=str(new_id()))) for story in stories()]
    due = term_of(hall, told[0][1]).due_at
    citizen = hall.call(themselves(electronic))
    for moment in (SOON, 2.0, AFTER, LATE):
        clock.advance(began + timedelta(days=moment) - clock.now())
        if moment == LATE:
            expire_overdue(hall)
        for story, row in told:
            if moment == 2.0 and story.in_sede is NotificationState.ACCEPTED:
                operations.open_notification(citizen, notification_id=row.id)
            elif moment == 2.0 and story.in_sede is NotificationState.REJECTED:
                operations.reject(citizen, notification_id=row.id)
            for at, message in story.arrivals:
                if at == moment:
                    instant = began + timedelta(days=message.day)
                    tell(hall, row, message.kind, instant, f"{row.id}-{message.name}")
    states = Counter(story.end[0] for story, _ in told)
    assert len(told) > 80
    assert set(states) == {"accepted", "rejected", "expired"}
    for story, row in told:
        state, day = story.end
        ended = due if day is None else began + timedelta(days=day)
        found = state_of(hall, row)
        assert (found.state, found.closed_at) == (state, ended), story
        term = term_of(hall, row)
        met = DeadlineState.EXPIRED if day is None else DeadlineState.MET
        assert (term.state, term.ended_at) == (met, ended), story
        parcel = exchange.to_tell(hall, dispatch_of(hall, row, ChannelName.DEHU).id)
        assert parcel is not None, story
        assert (parcel[1].state, parcel[1].at) == (state, ended), story
        assert len(recorded_events(hall, row)) == len({m.name for _, m in story.arrivals})
    assert _signals(hall) == len(told)


def recorded_events(hall: TownHall, row: Notification) -> list[NotificationChannelEvent]:
    with hall.database.reading() as session:
        return list(
            session.scalars(
                select(NotificationChannelEvent).where(
                    NotificationChannelEvent.notification_id == row.id
                )
            )
        )


def _signals(hall: TownHall) -> int:
    with hall.database.reading() as session:
        found: int = session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'workflow.signal'")
        ).scalar_one()
    return found


def test_an_access_known_after_the_expiry_mends_it_with_a_new_acknowledgement(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    """NOT-4, NOT-9: the process was told once; the date, the term and the proof are mended."""
    row = notify(electronic, reference="token-1")
    accessed = clock.now() + timedelta(days=3)
    due = term_of(hall, row).due_at
    clock.advance(due - clock.now() + timedelta(hours=9))
    expire_overdue(hall)
    first = state_of(hall, row)
    assert (first.state, first.closed_at) == ("expired", due)
    event = tell(hall, row, EventKind.ACCESSED, accessed, "dehu-1", receiver="Xuan (12345678Z)")
    found = state_of(hall, row)
    assert event.ruling == Ruling.CORRECTS
    assert (found.state, found.closed_at, found.closed_via) == ("accepted", accessed, "dehu")
    assert found.acknowledgement_id != first.acknowledgement_id
    assert (term_of(hall, row).state, term_of(hall, row).ended_at) == ("met", accessed)
    assert len(acknowledgements(hall)) == 2
    page = _text_of(hall, found.acknowledgement_id)
    assert "Dirección Electrónica Habilitada única" in page
    assert "Xuan (12345678Z)" in page
    assert _signals(hall) == 1


def _text_of(hall: TownHall, document_id: Any) -> str:
    (document,) = [item for item in acknowledgements(hall) if item.id == document_id]
    return hall.storage.get(1, document.sha256).decode()


@pytest.mark.parametrize(
    ("kind", "after", "state", "ruling"),
    [
        (EventKind.AVAILABLE, timedelta(minutes=1), "available", None),
        (EventKind.ACCESSED, timedelta(seconds=-1), "available", "impossible"),
        (EventKind.REJECTED, timedelta(days=300), "available", "impossible"),
        # Its own count of the days is the channel's: the town's term still runs.
        (EventKind.EXPIRED, timedelta(hours=1), "available", None),
        (EventKind.REFUSED, timedelta(minutes=1), "available", None),
    ],
)
def test_what_ends_nothing_is_kept_and_ends_nothing(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    clock: FixedClock,
    kind: EventKind,
    after: timedelta,
    state: str,
    ruling: str | None,
) -> None:
    """NOT-4, NOT-6: what a channel says is worth what the law says."""
    row = notify(electronic)
    began = clock.now()
    clock.advance(timedelta(days=1))
    event = tell(hall, row, kind, began + after, "dehu-1")
    assert event.ruling == ruling
    assert state_of(hall, row).state == state
    assert acknowledgements(hall) == []


def test_what_a_channel_says_after_the_term_ends_it_by_the_term(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    """NOT-6: an access after the last day is late, even if no worker had written the expiry."""
    row = notify(electronic)
    due = term_of(hall, row).due_at
    clock.advance(due - clock.now() + timedelta(hours=5))
    event = tell(hall, row, EventKind.ACCESSED, clock.now() - timedelta(hours=1), "dehu-1")
    assert event.ruling == Ruling.LATE
    found = state_of(hall, row)
    assert (found.state, found.closed_at, found.closed_via) == ("expired", due, "sede")


def test_an_access_in_the_term_known_before_any_expiry_leaves_one_acknowledgement(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    row = notify(electronic)
    accessed = clock.now() + timedelta(days=2)
    clock.advance(timedelta(days=30))
    assert tell(hall, row, EventKind.ACCESSED, accessed, "dehu-1").ruling == Ruling.ENDS
    expire_overdue(hall)
    assert state_of(hall, row).closed_at == accessed
    assert len(acknowledgements(hall)) == 1


def test_the_same_reference_counts_once_and_tells_when_it_contradicts_itself(
    hall: TownHall, notify: Notify, electronic: Person, clock: FixedClock
) -> None:
    """NOT-4: a message that comes again with other words changes nothing, and is marked."""
    row, other = notify(electronic), notify(electronic)
    clock.advance(timedelta(days=2))
    accessed = clock.now() - timedelta(hours=1)
    tell(hall, row, EventKind.ACCESSED, accessed, "dehu-1")
    assert not tell(hall, row, EventKind.ACCESSED, accessed, "dehu-1").contradicted
    again = tell(hall, row, EventKind.REJECTED, accessed - timedelta(hours=1), "dehu-1")
    assert again.contradicted
    tell(hall, other, EventKind.REJECTED, accessed, "dehu-1")
    assert state_of(hall, row).closed_at == accessed
    assert state_of(hall, other).state == "available"
    assert len(recorded_events(hall, row)) == 1


def test_a_parcel_that_was_never_given_is_nobodys(hall: TownHall) -> None:
    with pytest.raises(NotFound):
        take_event(
            hall.system("test"),
            channel=ChannelName.DEHU,
            reference="dehu-1",
            dispatch_id=new_id(),
            kind=EventKind.ACCESSED,
            at=hall.clock.now(),
        )
