"""Whoever is notified, as actors, and the expediente of which they are."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from factories.town import actor_for
from sqlalchemy import select

from engine.deadlines.models import Deadline
from engine.deadlines.operations import open_deadline
from engine.documents import queries as document_queries
from engine.documents.codes import DocumentKind
from engine.documents.models import Document
from engine.errors import NotFound
from engine.expedientes.models import Expediente
from engine.notifications import operations, queries
from engine.notifications.adapters import ChannelName
from engine.notifications.exchange.models import NotificationDispatch
from engine.notifications.models import Notification
from engine.people.models import Person, Unit
from engine.permissions import Actor, ActorKind
from engine.townhall import TownHall

MAY_RECEIVE = ("notifications.open", "notifications.reject")
Notify = Callable[..., Notification]


def themselves(person: Person) -> Actor:
    return actor_for(ActorKind.CITIZEN, person.id, *MAY_RECEIVE)


def attorney(person: Person, grantor: Person) -> Actor:
    return Actor(
        ActorKind.CITIZEN,
        id=person.id,
        permissions=frozenset(MAY_RECEIVE),
        on_behalf_of=grantor.id,
        on_behalf_of_name=grantor.display_name,
    )


def expediente(
    hall: TownHall, person: Person, unit: Unit, representative: Person | None = None
) -> tuple[UUID, UUID]:
    """The ids of an expediente of the person and of its term to resolve."""
    deadline = open_deadline(hall.system("test"), rule="resolve", starts_at=hall.clock.now())
    case = Expediente(
        number="2026/TER/000001",
        eni_id="ES_L01339014_2026_EXP_1",
        procedure_key="terrace-permit",
        procedure_version=1,
        title="Terraza",
        person_id=person.id,
        representative_id=None if representative is None else representative.id,
        unit_id=unit.id,
        opened_at=hall.clock.now(),
        phase="",
        phase_at=hall.clock.now(),
        deadline_id=deadline.id,
        term_starts_at=hall.clock.now(),
        search_text="",
    )
    with hall.database.transaction() as session:
        session.add(case)
    return case.id, deadline.id


def state_of(hall: TownHall, row: Notification) -> queries.NotificationRow:
    with hall.database.reading() as session:
        return queries.notification(session, row.id, hall.system("test").actor)


def open_it(hall: TownHall, row: Notification, actor: Actor) -> Notification:
    return operations.open_notification(hall.call(actor), notification_id=row.id)


def reads(hall: TownHall, row: Notification, actor: Actor) -> bool:
    """Whether the actor, with access to the expediente, may read the document."""
    cases = [] if row.expediente_id is None else [row.expediente_id]
    with hall.database.reading() as session:
        try:
            document_queries.document(session, row.document_id, actor, cases)
        except NotFound:
            return False
    return True


def term_of(hall: TownHall, row: Notification) -> Deadline:
    with hall.database.reading() as session:
        return session.scalars(select(Deadline).where(Deadline.id == row.deadline_id)).one()


def dispatch_of(hall: TownHall, row: Notification, channel: ChannelName) -> NotificationDispatch:
    """How a notification stands in one channel."""
    with hall.database.reading() as session:
        return session.scalars(
            select(NotificationDispatch).where(
                NotificationDispatch.notification_id == row.id,
                NotificationDispatch.channel == channel.value,
            )
        ).one()


def acknowledgements(hall: TownHall) -> list[Document]:
    with hall.database.reading() as session:
        return list(
            session.scalars(
                select(Document).where(Document.kind == DocumentKind.ACKNOWLEDGEMENT.value)
            )
        )
