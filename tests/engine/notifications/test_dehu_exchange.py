"""The exchange with the DEHú by its folder: handed over once, silent, told of ends, told by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories.notifications import Notify, dispatch_of, open_it, state_of, themselves
from sqlalchemy import select

from engine.clock import FixedClock
from engine.documents.models import Document
from engine.errors import ConfigurationError, Unavailable
from engine.ids import new_id
from engine.notifications.adapters import ChannelAdapter, ChannelName, EventKind
from engine.notifications.adapters.configured import CHANNELS_PART, channels_of
from engine.notifications.exchange import jobs, queries
from engine.notifications.exchange.duties import collect
from engine.notifications.exchange.models import DispatchState, NotificationDispatch
from engine.notifications.models import Notification
from engine.people.models import Person
from engine.settings import load_town
from engine.townhall import TownHall
from web.simulators.dehu import DehuBehaviour, SimulatedDehu


@pytest.fixture
def folder(hall: TownHall) -> Path:
    return hall.settings.dehu_dir


@pytest.fixture
def dehu(hall: TownHall, folder: Path) -> SimulatedDehu:
    return SimulatedDehu(folder, hall.clock)


@pytest.fixture
def row(hall: TownHall, notify: Notify, electronic: Person) -> Notification:
    """A notification that the DEHú has."""
    row = notify(electronic)
    jobs.send(hall.system("job"), dispatch_id=str(in_dehu(hall, row).id))
    return row


def in_dehu(hall: TownHall, row: Notification) -> NotificationDispatch:
    return dispatch_of(hall, row, ChannelName.DEHU)


def files(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((folder / kind).glob("*.json"))]


def channels(hall: TownHall, row: Notification) -> set[str]:
    with hall.database.reading() as session:
        return {item.channel.value for item in queries.dispatches(session, row.id)}


def test_each_notification_goes_by_the_channels_that_take_it(
    hall: TownHall, notify: Notify, electronic: Person, company: Person
) -> None:
    """NOT-4, NOT-12: the sede always; the DEHú what is electronic; the post what is on paper."""
    paper = notify(company, convertible=False)
    assert channels(hall, notify(electronic)) == {"sede", "dehu"}
    assert channels(hall, paper) == {"sede", "post"}


def test_a_town_that_does_not_say_so_uses_the_sede_and_the_post(tmp_path: Path) -> None:
    town = (Path(__file__).parents[3] / "town.toml").read_text(encoding="utf-8")
    silent = tmp_path / "town.toml"
    silent.write_text(town.replace("channels = [", "others = ["), encoding="utf-8")
    assert load_town(silent).notification_channels == ("sede", "post")


def test_a_channel_that_does_not_exist_is_told_to_the_operator(hall: TownHall) -> None:
    wrong = replace(hall.settings.town, notification_channels=("sede", "pigeon"))
    hall.settings = replace(hall.settings, town=wrong)
    hall.parts.pop(CHANNELS_PART, None)
    with pytest.raises(ConfigurationError, match="pigeon"):
        channels_of(hall)


def test_the_parcel_carries_the_act_and_goes_once_however_often_the_job_runs(
    hall: TownHall, row: Notification, folder: Path, act_document: Document
) -> None:
    """The id of the dispatch is the key of every try."""
    jobs.send(hall.system("job"), dispatch_id=str(in_dehu(hall, row).id))
    (parcel,) = files(folder, "out")
    sent = in_dehu(hall, row)
    assert parcel["key"] == str(sent.id)
    assert parcel["addressee"] == {"name": "Xuan Suárez Miranda", "document": "12345678Z"}
    assert parcel["sha256"] == act_document.sha256
    assert (folder / "out" / parcel["content"]).read_bytes() == b"Se deniega la terraza."
    assert (sent.state, sent.sent_at) == (DispatchState.SENT, hall.clock.now())


def test_while_the_dehu_is_silent_the_sede_goes_on(
    hall: TownHall, notify: Notify, electronic: Person, dehu: SimulatedDehu, folder: Path
) -> None:
    """NOT-4: the failure is a fact of that channel; the notification stands in the other."""
    row = notify(electronic)
    key = str(in_dehu(hall, row).id)
    dehu.open_or_close()
    with pytest.raises(Unavailable):
        jobs.send(hall.system("job"), dispatch_id=key)
    assert in_dehu(hall, row).failure == "La DEHú no responde ahora."
    assert state_of(hall, row).state == "available"
    dehu.open_or_close()
    jobs.send(hall.system("job"), dispatch_id=key)
    assert (in_dehu(hall, row).state, in_dehu(hall, row).failure) == (DispatchState.SENT, None)
    assert len(files(folder, "out")) == 1


def test_what_ended_before_it_was_handed_over_never_is(
    hall: TownHall, notify: Notify, electronic: Person, folder: Path
) -> None:
    row = notify(electronic)
    open_it(hall, row, themselves(electronic))
    jobs.send(hall.system("job"), dispatch_id=str(in_dehu(hall, row).id))
    assert in_dehu(hall, row).state == DispatchState.CANCELLED
    assert files(folder, "out") == []


def test_the_dehu_is_told_of_what_ended_in_the_sede(
    hall: TownHall, row: Notification, electronic: Person, folder: Path, run_all: Callable[[], int]
) -> None:
    """NOT-4: the states of the two channels synchronise (art. 44.6 of RD 203/2021)."""
    opened = open_it(hall, row, themselves(electronic)).closed_at
    run_all()
    jobs.tell(hall.system("job"), dispatch_id=str(in_dehu(hall, row).id))
    (told,) = files(folder, "ended")
    assert opened is not None
    assert (told["state"], told["at"], told["via"]) == ("accepted", opened.isoformat(), "sede")
    assert in_dehu(hall, row).told_end == opened


def test_what_ends_while_it_is_being_handed_over_is_told_at_once(
    hall: TownHall,
    notify: Notify,
    electronic: Person,
    folder: Path,
    run_all: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The person opens it in the sede between our call and its answer."""
    row = notify(electronic)
    adapter: ChannelAdapter = channels_of(hall)[ChannelName.DEHU]
    send = adapter.send

    def slow(parcel: Any) -> None:
        send(parcel)
        open_it(hall, row, themselves(electronic))

    monkeypatch.setattr(adapter, "send", slow)
    jobs.send(hall.system("job"), dispatch_id=str(in_dehu(hall, row).id))
    run_all()
    assert [item["state"] for item in files(folder, "ended")] == ["accepted"]


@pytest.mark.parametrize(
    ("chosen", "state"),
    [
        (DehuBehaviour.ACCESS, "accepted"),
        (DehuBehaviour.ACCESS_TWICE, "accepted"),
        (DehuBehaviour.REJECT, "rejected"),
        # The rejection was a second earlier.
        (DehuBehaviour.CONTRADICT, "rejected"),
        (DehuBehaviour.AVAILABLE, "available"),
        (DehuBehaviour.REFUSE, "available"),
    ],
)
def test_what_the_dehu_tells_is_taken(
    hall: TownHall,
    row: Notification,
    dehu: SimulatedDehu,
    folder: Path,
    clock: FixedClock,
    chosen: DehuBehaviour,
    state: str,
) -> None:
    """NOT-4: at once, twice, or against itself; nothing is left in the folder."""
    clock.advance(timedelta(hours=3))
    dehu.play(in_dehu(hall, row).id, chosen)
    collect(hall)
    collect(hall)
    assert state_of(hall, row).state == state
    assert files(folder, "in") == []
    assert len(files(folder, "done")) == (2 if "twice" in chosen or "contradict" in chosen else 1)


def test_what_is_told_late_counts_when_it_happened(
    hall: TownHall,
    row: Notification,
    electronic: Person,
    dehu: SimulatedDehu,
    clock: FixedClock,
    run_all: Callable[[], int],
) -> None:
    """NOT-4: accessed in the DEHú in the morning, in the sede in the afternoon, known at night."""
    clock.advance(timedelta(hours=1))
    morning = clock.now()
    dehu.play(in_dehu(hall, row).id, DehuBehaviour.ACCESS_LATE)
    clock.advance(timedelta(hours=5))
    collect(hall)
    open_it(hall, row, themselves(electronic))
    assert state_of(hall, row).closed_via == "sede"
    dehu.tell_what_is_held()
    run_all()
    found = state_of(hall, row)
    assert (found.closed_via, found.closed_at) == ("dehu", morning)
    assert in_dehu(hall, row).told_end == morning


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"reference": "", "key": "KEY", "kind": "accessed", "at": "2026-11-24T10:00:00+00:00"}',
        b'{"reference": "1", "key": "KEY", "kind": "eaten", "at": "2026-11-24T10:00:00+00:00"}',
        b'{"reference": "1", "key": "KEY", "kind": "accessed", "at": "2026-11-24T10:00:00"}',
        b'{"reference": 1, "key": "KEY", "kind": "accessed", "at": "2026-11-24T10:00:00+00:00"}',
        b'{"reference": "1", "key": "no", "kind": "accessed", "at": "2026-11-24T10:00:00+00:00"}',
        b'{"a":' * 3000,
        b" " * 30_000,
    ],
)
def test_what_cannot_be_understood_is_kept_apart_and_changes_nothing(
    hall: TownHall, row: Notification, folder: Path, data: bytes
) -> None:
    (folder / "in").mkdir()
    key = str(in_dehu(hall, row).id).encode()
    (folder / "in" / "1.json").write_bytes(data.replace(b"KEY", key))
    collect(hall)
    assert state_of(hall, row).state == "available"
    assert [path.name for path in (folder / "wrong").iterdir()] == ["1.json"]


def test_what_names_a_parcel_that_was_never_sent_is_kept_apart(
    hall: TownHall, row: Notification, folder: Path
) -> None:
    (folder / "in").mkdir()
    facts = {
        "reference": "1",
        "key": str(new_id()),
        "kind": EventKind.ACCESSED.value,
        "at": hall.clock.now().isoformat(),
    }
    (folder / "in" / "1.json").write_text(json.dumps(facts))
    collect(hall)
    assert [path.name for path in (folder / "wrong").iterdir()] == ["1.json"]


def test_a_town_without_dehu_hands_nothing_to_it(
    hall: TownHall, notify: Notify, electronic: Person
) -> None:
    town = replace(hall.settings.town, notification_channels=("sede", "post"))
    hall.settings = replace(hall.settings, town=town)
    hall.parts.pop(CHANNELS_PART, None)
    row = notify(electronic)
    with hall.database.reading() as session:
        found = session.scalars(
            select(NotificationDispatch.channel).where(
                NotificationDispatch.notification_id == row.id
            )
        ).all()
    assert found == ["sede"]
