"""What a town whose clock is moved has to lose: a notification that nobody opens."""

from __future__ import annotations

from factories.one_of_each import CELSA
from sqlalchemy import select

from engine.documents.models import Document
from engine.expedientes.models import Expediente
from engine.notifications.models import Notification
from engine.notifications.operations import notify
from engine.people.models import Person
from engine.townhall import TownHall


def put_at_disposal(town: TownHall) -> Notification:
    """A notification of Celsa's at the sede."""
    with town.database.reading() as session:
        case = session.scalars(
            select(Expediente)
            .join(Person, Person.id == Expediente.person_id)
            .where(Person.document_number == CELSA)
        ).first()
        assert case is not None
        document = session.scalars(
            select(Document.id).where(
                Document.expediente_id == case.id, Document.media_type == "application/pdf"
            )
        ).first()
    return notify(
        town.system(case.procedure_key),
        document_id=document,
        person_id=case.person_id,
        subject="Terraza",
        unit_id=case.unit_id,
        expediente_id=case.id,
    )
