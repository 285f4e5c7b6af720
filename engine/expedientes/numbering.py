"""The next number of a series: without gaps, since the transaction that rolls back gives it back."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from engine.clock import madrid_date
from engine.expedientes.models import ExpedienteCounter
from engine.operation import Act


def take_number(act: Act, series: str) -> str:
    """`2026/TER/000001`; the counter's lock is held until the transaction ends."""
    year = madrid_date(act.now).year
    statement = insert(ExpedienteCounter).values(
        entity_id=act.entity_id, series=series, year=year, last=1
    )
    last = act.session.execute(
        statement.on_conflict_do_update(
            index_elements=["entity_id", "series", "year"],
            set_={"last": ExpedienteCounter.last + 1},
        ).returning(ExpedienteCounter.last)
    ).scalar_one()
    return f"{year}/{series}/{last:06d}"
