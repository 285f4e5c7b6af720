"""The registry: gapless numbers in the order of time, legal instants, who may see what."""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from factories.town import actor_for
from sqlalchemy import func, select

from engine.audit.models import AuditEvent
from engine.clock import MADRID, FixedClock
from engine.deadlines.almanac.drafts import CalendarDraft, Source, YearDraft
from engine.deadlines.almanac.operations import propose_calendar, publish_calendar
from engine.deadlines.almanac.packaged import packaged_drafts
from engine.deadlines.calendars import load_calendar
from engine.documents import operations as documents
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.ids import new_id
from engine.operation import OPERATIONS, Act, operation
from engine.people.models import Person, Unit
from engine.permissions import Actor, ActorKind, Post
from engine.registry import operations, queries
from engine.registry.duties import settle_waiting
from engine.registry.models import Book, EntryState, RegistryCounter, RegistryEntry
from engine.services import SERVICES, InstanceView
from engine.townhall import TownHall

FULL_SIZE = os.environ.get("ANDECHA_SOAK") == "1"


def enter(hall: TownHall, unit: Unit, **changes: Any) -> RegistryEntry:
    values: dict[str, Any] = {
        "book": Book.ENTRY,
        "subject": "Solicitud de terraza",
        "unit_id": unit.id,
        "receipt": False,
    }
    return operations.enter(hall.system("test"), **{**values, **changes})


def upload(hall: TownHall, data: bytes = b"%PDF-1.7 a", **changes: Any) -> Document:
    values: dict[str, Any] = {
        "title": "Plano",
        "kind": DocumentKind.OTHER,
        "origin": Origin.CITIZEN,
        "media_type": "application/pdf",
        "name": "plano.pdf",
    }
    return documents.add_document(hall.system("test"), data=data, **{**values, **changes})


def madrid(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


def all_entries(hall: TownHall) -> list[RegistryEntry]:
    with hall.database.reading() as session:
        return list(
            session.scalars(
                select(RegistryEntry).order_by(RegistryEntry.year, RegistryEntry.number)
            )
        )


class RestlessClock:
    """A clock of several machines: real steps, and now and then one that goes back a little."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = start
        self._random = random.Random(7)  # noqa: S311 - a disturbance, not a secret

    def now(self) -> datetime:
        with self._lock:
            self._now += timedelta(milliseconds=self._random.randint(-40, 60))
            return self._now


@pytest.fixture
def failing() -> Iterator[Callable[..., Any]]:
    """An operation that registers and then fails, so that its transaction is rolled back."""

    @operation("test.enter_and_fail", permission="registry.enter")
    def enter_and_fail(act: Act, **arguments: Any) -> None:
        operations.enter(act, **arguments)
        raise RuleBroken("no")

    yield enter_and_fail
    OPERATIONS.pop("test.enter_and_fail")


def test_concurrent_filings_get_consecutive_numbers_in_the_order_of_time(
    hall: TownHall, unit: Unit, failing: Callable[..., Any]
) -> None:
    """FIL-11: 1…n without gap or repeat, chronological, whatever is rolled back in between."""
    count = 2000 if FULL_SIZE else 200
    hall.clock = RestlessClock(madrid("2026-11-24T10:00:00"))
    arguments = {
        "book": Book.ENTRY,
        "subject": "Solicitud",
        "unit_id": unit.id,
        "receipt": False,
    }

    def file(turn: int) -> str | None:
        if turn == count // 2:
            with pytest.raises(RuleBroken):
                failing(hall.system("test"), **arguments)
            return None
        return operations.enter(hall.system("test"), **arguments).code

    with ThreadPoolExecutor(max_workers=16) as pool:
        told = list(pool.map(file, range(count + 1)))
    rows = all_entries(hall)
    assert [row.number for row in rows] == list(range(1, count + 1))
    assert sorted(code for code in told if code) == [row.code for row in rows]
    instants = [row.presented_at for row in rows]
    assert instants == sorted(instants)


def test_a_rollback_gives_its_number_back(
    hall: TownHall, unit: Unit, failing: Callable[..., Any]
) -> None:
    enter(hall, unit)
    with pytest.raises(RuleBroken):
        failing(hall.system("t"), book=Book.ENTRY, subject="x", unit_id=unit.id, receipt=False)
    assert enter(hall, unit).number == 2


def test_the_books_and_the_years_have_their_own_series(
    hall: TownHall, unit: Unit, clock: FixedClock
) -> None:
    assert enter(hall, unit).code == "2026-E-000001"
    assert enter(hall, unit, book=Book.EXIT).code == "2026-S-000001"
    assert enter(hall, unit).code == "2026-E-000002"
    clock.advance(timedelta(days=60))
    assert enter(hall, unit).code == "2027-E-000001"


def test_the_year_is_that_of_the_official_time(
    hall: TownHall, unit: Unit, clock: FixedClock
) -> None:
    clock.advance(datetime(2026, 12, 31, 23, 30, tzinfo=UTC) - clock.now())
    assert enter(hall, unit).year == 2027


def test_a_clock_that_goes_back_does_not_disturb_the_order(hall: TownHall, unit: Unit) -> None:
    first = enter(hall, unit)
    hall.clock = FixedClock(first.presented_at - timedelta(minutes=5))
    second = enter(hall, unit)
    assert second.presented_at == first.presented_at
    assert second.number == first.number + 1


def test_the_instant_is_read_when_the_counter_is_free_and_not_before(
    hall: TownHall, unit: Unit
) -> None:
    """FIL-11: the one who waits for the lock is presented after the one who held it."""
    enter(hall, unit)
    start = hall.clock.now()
    hall.clock = clock = FixedClock(start)
    waiting = threading.Event()
    result: list[RegistryEntry] = []

    def wait_for_the_counter() -> None:
        waiting.set()
        result.append(enter(hall, unit))

    with hall.database.transaction() as session:
        session.scalars(select(RegistryCounter).with_for_update()).one()
        thread = threading.Thread(target=wait_for_the_counter)
        thread.start()
        waiting.wait(5)
        _until_someone_waits(hall)
        clock.advance(timedelta(seconds=30))
    thread.join(10)
    assert result[0].presented_at == start + timedelta(seconds=30)


def _until_someone_waits(hall: TownHall) -> None:
    from sqlalchemy import text

    for _ in range(200):
        with hall.database.reading() as session:
            if session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
        threading.Event().wait(0.02)
    pytest.fail("nobody waits for the counter")


def test_a_filing_on_a_business_day_takes_effect_at_once(hall: TownHall, unit: Unit) -> None:
    entry = enter(hall, unit)
    assert entry.effective_at == entry.presented_at == hall.clock.now()
    assert entry.closed_because is None


def test_sunday_filings_come_before_those_of_monday_in_their_own_order(
    hall: TownHall, unit: Unit
) -> None:
    """PLZ-9: two Sunday filings and one of Monday 00:00; both instants are kept."""
    codes = []
    for instant in ("2026-11-29T11:00", "2026-11-29T23:59:59", "2026-11-30T00:00"):
        hall.clock = FixedClock(madrid(instant))
        codes.append(enter(hall, unit).code)
    with hall.database.reading() as session:
        rows = queries.in_order_of_effect(session, Book.ENTRY, 2026)
    assert [row.code for row in rows] == codes
    assert {row.effective_at for row in rows} == {madrid("2026-11-30T00:00")}
    assert [row.presented_at for row in rows] == [
        madrid("2026-11-29T11:00"),
        madrid("2026-11-29T23:59:59"),
        madrid("2026-11-30T00:00"),
    ]
    assert [row.closed_because for row in rows] == ["domingo", "domingo", None]


def test_the_last_second_of_a_business_day_is_of_that_day(hall: TownHall, unit: Unit) -> None:
    """PLZ-9: 24 hours a day."""
    hall.clock = FixedClock(madrid("2026-08-14T23:59:59"))
    entry = enter(hall, unit)
    assert entry.effective_at == madrid("2026-08-14T23:59:59")


def test_only_the_calendar_of_the_sede_counts(hall: TownHall, unit: Unit) -> None:
    """PLZ-8: art. 30.6 does not apply to filings; the local holiday of the sede does."""
    hall.clock = FixedClock(madrid("2026-06-24T10:00"))
    assert enter(hall, unit).effective_at == madrid("2026-06-25T00:00")


def test_an_assembled_calendar_is_used_instead_of_the_packaged_one(
    hall: TownHall, unit: Unit
) -> None:
    calendar = load_calendar("valdecandamo")
    closed = {**calendar.holidays, date(2026, 11, 24): "Cierre"}
    hall.parts["calendar"] = replace(calendar, holidays=closed)
    assert enter(hall, unit).effective_at == madrid("2026-11-25T00:00")


def test_nobody_is_kept_from_filing_while_a_calendar_is_not_published(
    hall: TownHall, unit: Unit
) -> None:
    """PLZ-18: the effective instant is not guessed; it is settled when the calendar comes."""
    calendar = load_calendar("valdecandamo")
    hall.parts["calendar"] = replace(calendar, years=frozenset({2026}))
    hall.clock = FixedClock(madrid("2027-05-02T10:00"))
    entry = enter(hall, unit)
    assert entry.effective_at is None
    settle_waiting(hall)
    assert all_entries(hall)[0].effective_at is None
    hall.parts["calendar"] = calendar
    settle_waiting(hall)
    assert all_entries(hall)[0].effective_at == madrid("2027-05-03T00:00")


def test_a_filing_that_waited_is_dated_once_the_year_is_published(
    hall: TownHall, unit: Unit
) -> None:
    """PLZ-18: and not before all the levels of the sede's calendar have it; Sunday, and Monday too."""
    hall.clock = FixedClock(madrid("2028-01-02T10:00"))
    assert enter(hall, unit).effective_at is None
    call = hall.system("test")
    for code in ("espana", "asturias", "valdecandamo"):
        settle_waiting(hall)
        assert all_entries(hall)[0].effective_at is None
        packaged = next(each for each in packaged_drafts() if each.place.code == code)
        days = {date(2028, 1, 3): "Fiesta local"} if code == "valdecandamo" else {}
        year = YearDraft(2028, days, Source("Pleno"))
        row = propose_calendar(call, draft=CalendarDraft(packaged.place, (year,)), origin="prueba")
        publish_calendar(call, edition_id=row.id)
    settle_waiting(hall)
    assert all_entries(hall)[0].effective_at == madrid("2028-01-04T00:00")


def test_the_event_binds_the_number_the_instants_and_every_document(
    hall: TownHall, unit: Unit, citizen: Person
) -> None:
    first, second = upload(hall), upload(hall, b"%PDF-1.7 b")
    entry = enter(hall, unit, documents=[first.id, second.id], person_id=citizen.id)
    with hall.database.reading() as session:
        body = session.scalars(
            select(AuditEvent.body).where(AuditEvent.type == "registry.enter")
        ).one()
    facts = json.loads(body)["facts"]
    assert facts["code"] == entry.code
    assert facts["presented_at"] == "2026-11-24T09:00:00.000000Z"
    assert [item["sha256"] for item in facts["documents"]] == [first.sha256, second.sha256]
    assert facts["summary_sha256"] == entry.summary_sha256
    assert "Suárez" not in body.decode()
    assert "Solicitud de terraza" not in body.decode()


def test_an_entry_keeps_the_hash_of_what_was_registered(
    hall: TownHall, unit: Unit, run_all: Callable[[], int]
) -> None:
    """FIL-11: the list of attachments guarantees their integrity."""
    made = documents.render_document(
        hall.system("test"),
        template="t",
        source="<p>x</p>",
        context={},
        title="Solicitud",
        kind=DocumentKind.APPLICATION,
    )
    with pytest.raises(RuleBroken, match="preparando"):
        enter(hall, unit, documents=[made.id])
    run_all()
    entry = enter(hall, unit, documents=[made.id])
    documents.request_seal(hall.system("test"), document_id=made.id)
    run_all()
    with hall.database.reading() as session:
        (row,) = queries.attachments(session, entry.id, hall.system("test").actor)
        after = session.get(Document, (1, made.id))
    assert after is not None
    assert row.sha256 != after.sha256
    assert hall.storage.exists(1, row.sha256)


@pytest.mark.parametrize("subject", ["", "   ", "x" * 241])
def test_a_subject_has_between_1_and_240_characters(
    hall: TownHall, unit: Unit, subject: str
) -> None:
    with pytest.raises(BadInput, match="asunto"):
        enter(hall, unit, subject=subject)


def test_what_does_not_exist_or_has_no_effect_is_not_registered(hall: TownHall, unit: Unit) -> None:
    document = upload(hall)
    with pytest.raises(NotFound):
        enter(hall, unit, documents=[new_id()])
    with pytest.raises(NotFound):
        enter(hall, unit, person_id=new_id())
    with pytest.raises(NotFound):
        enter(hall, unit, unit_id=new_id())
    with pytest.raises(BadInput, match="dos veces"):
        enter(hall, unit, documents=[document.id, document.id])
    documents.quarantine(hall.system("test"), document_id=document.id, finding="EICAR")
    with pytest.raises(RuleBroken):
        enter(hall, unit, documents=[document.id])
    with hall.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RegistryEntry)) == 0


def test_a_citizen_registers_only_in_their_name_and_with_their_documents(
    hall: TownHall, unit: Unit, citizen: Person, company: Person
) -> None:
    own, foreign = upload(hall, person_id=citizen.id), upload(hall, person_id=company.id)
    xuan = actor_for(ActorKind.CITIZEN, citizen.id, "registry.enter")
    arguments: dict[str, Any] = {
        "book": Book.ENTRY,
        "subject": "x",
        "unit_id": unit.id,
        "receipt": False,
    }
    entry = operations.enter(hall.call(xuan), person_id=citizen.id, documents=[own.id], **arguments)
    assert entry.person_id == citizen.id
    for wrong in (
        {"person_id": company.id},
        {"person_id": None},
        {"person_id": citizen.id, "documents": [foreign.id]},
        {"person_id": citizen.id, "representative_id": company.id},
    ):
        with pytest.raises(NotFound):
            operations.enter(hall.call(xuan), **arguments, **wrong)


def test_an_attorney_registers_for_the_represented_and_says_so(
    hall: TownHall, unit: Unit, citizen: Person, company: Person
) -> None:
    acting = Actor(
        ActorKind.CITIZEN,
        id=citizen.id,
        on_behalf_of=company.id,
        permissions=frozenset({"registry.enter"}),
    )
    arguments: dict[str, Any] = {"book": Book.ENTRY, "subject": "x", "unit_id": unit.id}
    entry = operations.enter(
        hall.call(acting), person_id=company.id, representative_id=citizen.id, **arguments
    )
    assert (entry.person_id, entry.representative_id) == (company.id, citizen.id)
    with pytest.raises(NotFound):
        operations.enter(hall.call(acting), person_id=company.id, **arguments)


def test_an_annulled_entry_keeps_its_number_and_its_reason(hall: TownHall, unit: Unit) -> None:
    entry = enter(hall, unit)
    with pytest.raises(BadInput):
        operations.annul(hall.system("test"), entry_id=entry.id, reason=" ")
    operations.annul(hall.system("test"), entry_id=entry.id, reason="Duplicado")
    assert enter(hall, unit).number == 2
    first = all_entries(hall)[0]
    assert (first.state, first.annulled_because) == (EntryState.ANNULLED, "Duplicado")
    with pytest.raises(RuleBroken):
        operations.annul(hall.system("test"), entry_id=entry.id, reason="Otra vez")


def test_annulling_needs_its_permission(hall: TownHall, unit: Unit) -> None:
    entry = enter(hall, unit)
    clerk = actor_for(ActorKind.OFFICIAL, new_id(), "registry.enter")
    with pytest.raises(Refused):
        operations.annul(hall.call(clerk), entry_id=entry.id, reason="x")


def test_an_entry_goes_to_one_expediente(hall: TownHall, unit: Unit) -> None:
    entry, case = enter(hall, unit), new_id()
    for _ in range(2):
        operations.link_expediente(hall.system("t"), entry_id=entry.id, expediente_id=case)
    with pytest.raises(RuleBroken):
        operations.link_expediente(hall.system("t"), entry_id=entry.id, expediente_id=new_id())


SYSTEM = Actor(ActorKind.SYSTEM)


def found(hall: TownHall, actor: Actor = SYSTEM, **wanted: Any) -> list[str]:
    with hall.database.reading() as session:
        return [row.code for row in queries.search(session, actor, queries.Search(**wanted))]


def test_the_books_are_searched_by_number_person_text_unit_and_day(
    hall: TownHall, unit: Unit, citizen: Person, company: Person, clock: FixedClock
) -> None:
    first = enter(hall, unit, person_id=citizen.id, subject="Licencia de obra en Xixón").code
    clock.advance(timedelta(days=1))
    second = enter(
        hall, unit, person_id=company.id, representative_id=citizen.id, subject="Poda de un ARBOL"
    ).code
    out = enter(hall, unit, book=Book.EXIT, person_id=company.id, subject="Notificación").code
    assert found(hall) == [out, second, first]
    assert found(hall, code="2026-E") == [second, first]
    assert found(hall, code="%") == []
    assert found(hall, book=Book.EXIT) == [out]
    assert found(hall, person="12345678z") == [second, first]
    assert found(hall, person="suarez") == [second, first]
    assert found(hall, person="sidreria") == [out, second]
    assert found(hall, text="árbol poda") == [second]
    assert found(hall, text="xixon obra") == [first]
    assert found(hall, since=date(2026, 11, 25)) == [out, second]
    assert found(hall, until=date(2026, 11, 24)) == [first]
    assert found(hall, unit_id=unit.id, person="nadie") == []


def test_pages_of_a_search_follow_each_other_without_loss(hall: TownHall, unit: Unit) -> None:
    codes = [enter(hall, unit).code for _ in range(7)]
    seen: list[str] = []
    before: tuple[datetime, UUID] | None = None
    with hall.database.reading() as session:
        while page := queries.search(session, SYSTEM, queries.Search(), before=before, limit=3):
            seen += [row.code for row in page]
            before = (page[-1].presented_at, page[-1].id)
    assert seen == codes[::-1]


def test_each_actor_sees_only_the_entries_that_concern_them(
    hall: TownHall, unit: Unit, citizen: Person, company: Person
) -> None:
    own = enter(hall, unit, person_id=citizen.id)
    other = enter(hall, unit, person_id=company.id, representative_id=citizen.id)
    both = [other.code, own.code]
    assert found(hall, actor_for(ActorKind.CITIZEN, citizen.id)) == [own.code]
    acting = Actor(ActorKind.CITIZEN, id=citizen.id, on_behalf_of=company.id)
    assert found(hall, acting) == [other.code]
    assert found(hall, actor_for(ActorKind.OFFICIAL, new_id())) == []
    assert found(hall, actor_for(ActorKind.OFFICIAL, new_id(), queries.READ_ANY)) == both
    of_unit = Actor(ActorKind.OFFICIAL, id=new_id(), posts=(Post(unit.id, "processor"),))
    assert found(hall, of_unit) == both
    assert found(hall, Actor(ActorKind.ANONYMOUS)) == []
    with hall.database.reading() as session, pytest.raises(NotFound):
        queries.entry(session, other.id, actor_for(ActorKind.CITIZEN, citizen.id))


def test_a_model_registers_an_exit(hall: TownHall, unit: Unit, citizen: Person) -> None:
    document, case = upload(hall), new_id()
    instance = InstanceView(new_id(), case, "terrace", "exit", "token", {})

    @operation("test.exit", permission="registry.enter")
    def by_service(act: Act) -> Any:
        return SERVICES["registry/enter"](
            act,
            instance,
            subject="Traslado",
            unit="URB",
            documents=[str(document.id)],
            person_id=str(citizen.id),
        )

    OPERATIONS.pop("test.exit")
    value = by_service(hall.system("test"))
    assert value["code"] == "2026-S-000001"
    (row,) = all_entries(hall)
    assert (row.book, row.expediente_id, row.channel) == ("exit", case, "system")
