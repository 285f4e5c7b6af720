"""Recurrent work of the clock: communications of art. 21.4 that are sealed are sent."""

from __future__ import annotations

import structlog
from sqlalchemy import select

from engine.documents.models import Document, DocumentState
from engine.errors import TownHallError
from engine.expedientes.clock.operations import communicate
from engine.expedientes.models import Expediente
from engine.jobs import duty
from engine.townhall import TownHall

log = structlog.get_logger(__name__)

_BATCH = 200


@duty("expedientes.communications", every=5)
def send_communications(townhall: TownHall) -> None:
    """Tell the people whose communication is sealed; each once."""
    with townhall.database.reading() as session:
        ready = session.scalars(
            select(Expediente.id)
            .join(Document, Document.id == Expediente.communication_id)
            .where(
                Expediente.communication_id.is_not(None),
                Expediente.communicated_at.is_(None),
                Document.state == DocumentState.SEALED.value,
            )
            .order_by(Expediente.id)
            .limit(_BATCH)
        ).all()
    for expediente_id in ready:
        try:
            communicate(townhall.system("expedientes.communications"), expediente_id=expediente_id)
        except TownHallError as error:
            log.warning("communication_failed", expediente=str(expediente_id), why=error.message)
