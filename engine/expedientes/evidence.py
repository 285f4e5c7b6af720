"""What the audit verification asks of expedientes: the ENI files that their signed indexes name."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.expedientes.models import Expediente, ExpedienteFolio
from engine.record.evidence import Evidence, evidence_source


@evidence_source
def indexed_files(session: Session) -> Iterator[Evidence]:
    """Every ENI file of every signed index."""
    rows = session.execute(
        select(Expediente.number, ExpedienteFolio.position, ExpedienteFolio.eni_sha256)
        .join(Expediente, Expediente.id == ExpedienteFolio.expediente_id)
        .order_by(Expediente.number, ExpedienteFolio.position)
        .execution_options(yield_per=500)
    )
    for number, position, sha256 in rows:
        place = f"{number}/{position}"
        yield Evidence("fichero ENI del índice", place, f"Folio {position} de {number}", sha256)
