"""Publication in place of notification, brief when it must be, and on the board before the gazette."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from factories.notifications import Notify, expediente
from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import Deadline
from engine.documents.models import Document, DocumentState
from engine.errors import BadInput, NotFound, RuleBroken
from engine.ids import new_id
from engine.notifications import operations as notifications
from engine.notifications.models import PostalResult
from engine.notifications.publications import queries
from engine.notifications.publications.models import Publication, PublicationReason
from engine.notifications.publications.operations import (
    post_on_board,
    publish,
    record_publication,
)
from engine.notifications.publications.publishing import MAX_BRIEF
from engine.people.models import Person, Unit
from engine.townhall import TownHall

Publish = Callable[..., Publication]


@pytest.fixture
def case(hall: TownHall, electronic: Person, unit: Unit) -> tuple[UUID, UUID]:
    return expediente(hall, electronic, unit)


@pytest.fixture
def published(
    hall: TownHall, case: tuple[UUID, UUID], unit: Unit, act_document: Document
) -> Publish:
    def made(**changes: Any) -> Publication:
        values: dict[str, Any] = {
            "subject": "Ordenación de la plaza del Mercado",
            "text": "Se ordena el uso de la plaza del Mercado en los días de feria.",
            "unit_id": unit.id,
            "reason": PublicationReason.INDETERMINATE,
            "place_key": "board",
            "document_id": act_document.id,
            "expediente_id": case[0],
        }
        return publish(hall.system("test"), **{**values, **changes})

    return made


def term(hall: TownHall, deadline_id: UUID) -> Deadline:
    with hall.database.reading() as session:
        return session.scalars(select(Deadline).where(Deadline.id == deadline_id)).one()


def test_what_cannot_be_notified_one_by_one_is_on_the_board_at_once_with_its_act(
    hall: TownHall, published: Publish, act_document: Document, run_all: Callable[[], int]
) -> None:
    """NOT-15: for addressees that are not determined, the publication takes the place of the notice."""
    row = published()
    assert (row.state, row.published_at) == ("published", hall.clock.now())
    run_all()
    with hall.database.reading() as session:
        (shown,) = queries.board(session)
        document, data = queries.document_on_board(hall, session, row.id)
        proof = session.scalars(select(Document).where(Document.id == row.proof_id)).one()
    assert (shown.subject, shown.document_title) == (row.subject, act_document.title)
    assert (document.id, data) == (act_document.id, b"Se deniega la terraza.")
    assert (proof.state, proof.expediente_id) == (DocumentState.SEALED, row.expediente_id)


def test_a_brief_indication_shows_what_it_is_and_never_the_act(
    hall: TownHall, published: Publish
) -> None:
    """NOT-15: when the whole would harm rights, only what it is and where it can be known (art. 46)."""
    row = published(brief=True)
    with hall.database.reading() as session:
        (shown,) = queries.board(session)
        assert (shown.brief, shown.document_title) == (True, None)
        with pytest.raises(NotFound):
            queries.document_on_board(hall, session, row.id)
    with pytest.raises(BadInput, match="breve"):
        published(brief=True, text="x" * (MAX_BRIEF + 1))


def test_a_selective_procedure_publishes_where_its_call_said_and_nowhere_else(
    published: Publish,
) -> None:
    """NOT-15: the call fixes the place; elsewhere it is void (art. 45.1.b)."""
    with pytest.raises(RuleBroken, match="convocatoria debe decir dónde"):
        published(reason=PublicationReason.SELECTIVE)
    published(reason=PublicationReason.SELECTIVE, place_key="regional", fixes_place="board")
    assert published(reason=PublicationReason.SELECTIVE).state == "published"
    with pytest.raises(RuleBroken, match="en otro lugar no vale"):
        published(reason=PublicationReason.SELECTIVE, place_key="regional")
    with pytest.raises(RuleBroken, match="ya lo fijó"):
        published(reason=PublicationReason.SELECTIVE, fixes_place="regional")


def test_a_gazette_counts_from_the_day_that_an_official_writes_down(
    hall: TownHall,
    published: Publish,
    case: tuple[UUID, UUID],
    clock: FixedClock,
    signals: list[tuple[str, dict[str, Any]]],
    run_all: Callable[[], int],
) -> None:
    """NOT-15, NOT-7: pending until then; the resolution's term is met by that day, not by the note's."""
    row = published(place_key="regional", purpose="resolution", reference="token-3")
    run_all()
    assert (row.state, signals, term(hall, case[1]).state) == ("pending", [], "open")
    with hall.database.reading() as session:
        assert queries.board(session) == ()
    clock.advance(timedelta(days=4))
    day = clock.now() - timedelta(days=1)
    for wrong in ({"number": " "}, {"published_at": clock.now() + timedelta(days=1)}):
        with pytest.raises(BadInput):
            record_publication(
                hall.system("test"),
                publication_id=row.id,
                **{"number": "2026-1", "published_at": day, **wrong},
            )
    record_publication(
        hall.system("test"), publication_id=row.id, number="2026-1", published_at=day
    )
    with pytest.raises(RuleBroken, match="ya está hecha"):
        record_publication(
            hall.system("test"), publication_id=row.id, number="2026-2", published_at=day
        )
    run_all()
    ((reference, result),) = signals
    assert (reference, result["published"], result["announcement"]) == ("token-3", True, "2026-1")
    assert result["at"] == day.isoformat()
    assert (term(hall, case[1]).state, term(hall, case[1]).ended_at) == ("met", day)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": " "},
        {"text": " "},
        {"text": "x" * 5_001},
        {"place_key": "lamp-post"},
        {"document_id": None},
        {"fixes_place": "lamp-post"},
    ],
)
def test_what_is_published_says_what_and_where(published: Publish, changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        published(**changes)


def test_what_could_not_be_notified_may_stand_on_the_board_before_the_gazette(
    hall: TownHall, notify: Notify, citizen: Person, clock: FixedClock
) -> None:
    """NOT-13: the board is optional and has no effect; the gazette makes the notification."""
    row = notify(citizen)
    with pytest.raises(RuleBroken, match="intentó entregar"):
        post_on_board(hall.system("test"), notification_id=row.id)
    clock.advance(timedelta(hours=1))
    notifications.record_attempt(
        hall.system("test"), notification_id=row.id, at=clock.now(), result=PostalResult.UNKNOWN
    )
    board = post_on_board(hall.system("test"), notification_id=row.id)
    with hall.database.reading() as session:
        (shown,) = queries.board(session)
    assert citizen.document_number in shown.text
    assert citizen.display_name not in shown.text + shown.subject
    assert "Terraza" not in shown.text + shown.subject
    assert board.announcement is None
    clock.advance(timedelta(days=1))
    ended = notifications.announce(
        hall.system("test"), notification_id=row.id, announcement="BOE-N-1"
    )
    assert (ended.state, ended.closed_at) == ("published", clock.now())


def test_nobody_elses_publication_is_shown_on_the_board_while_it_waits(
    hall: TownHall, published: Publish
) -> None:
    row = published(place_key="boe")
    with hall.database.reading() as session:
        for wanted in (row.id, new_id()):
            with pytest.raises(NotFound):
                queries.on_board(session, wanted)
