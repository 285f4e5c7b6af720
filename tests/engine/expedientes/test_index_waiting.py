"""The index of a closed expediente: nothing is left out, and what cannot be signed keeps nobody waiting."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from engine.documents.codes import DocumentKind, Origin
from engine.documents.operations import add_document
from engine.errors import Refused, RuleBroken
from engine.expedientes import duties
from engine.expedientes.closing import operations as closing
from engine.expedientes.drafts.queries import Filed
from engine.expedientes.index import sign_index
from engine.expedientes.models import Expediente, ExpedienteFolio, Outcome
from engine.expedientes.operations import open_ex_officio, settle_term
from engine.jobs import JOBS
from engine.upkeep.operations import retry_job
from engine.upkeep.queries import dead_jobs
from engine.worker import run_job
from tests.engine.expedientes.conftest import Run, Town


@pytest.fixture
def filed(town: Town) -> Filed:
    town.publish()
    return town.filed()


def expediente(town: Town, expediente_id: UUID) -> Expediente:
    with town.hall.database.reading() as session:
        return session.scalars(select(Expediente).where(Expediente.id == expediente_id)).one()


def add_report(town: Town, expediente_id: UUID) -> UUID:
    return add_document(
        town.hall.system("test"),
        title="Informe que llega tarde",
        kind=DocumentKind.REPORT,
        origin=Origin.ADMINISTRATION,
        media_type="text/plain",
        name="informe.txt",
        data=b"tarde",
        expediente_id=expediente_id,
    ).id


def close(town: Town, expediente_id: UUID) -> None:
    closing.close(town.hall.system("test"), expediente_id=expediente_id, outcome=Outcome.ARCHIVED)


def test_a_document_that_comes_while_the_index_is_signed_is_in_the_index_after_all(
    town: Town, filed: Filed, run_all: Run
) -> None:
    """EXP-1: the index that leaves it out is thrown away, and signed again."""
    run_all()
    close(town, filed.expediente_id)
    with town.hall.database.reading() as session:
        row = session.scalars(select(Expediente)).one()
        early = sign_index(town.hall, session, row)
    assert early is not None
    late = add_report(town, filed.expediente_id)
    assert not closing.index_signed(
        town.hall.system("test"), expediente_id=filed.expediente_id, index=early
    )
    assert expediente(town, filed.expediente_id).index_document_id is None
    run_all()
    assert expediente(town, filed.expediente_id).index_document_id is not None
    with town.hall.database.reading() as session:
        folios = session.scalars(select(ExpedienteFolio.document_id)).all()
    assert late in folios


def test_an_index_that_cannot_be_signed_is_an_incident_and_keeps_nobody_waiting(
    town: Town, filed: Filed, run_all: Run
) -> None:
    run_all()
    empty = open_ex_officio(
        town.hall.system("test"), procedure_key="kiosk", title="Sin documentos", data={}
    )
    close(town, empty.id)
    with pytest.raises(RuleBroken, match="ningún documento definitivo"):
        run_all()
    close(town, filed.expediente_id)
    run_all()  # it is not asked for again, nor fails again
    assert expediente(town, filed.expediente_id).index_document_id is not None
    for _ in range(JOBS["expedientes.index"].attempts):
        with pytest.raises(RuleBroken):
            run_job(town.hall, JOBS["expedientes.index"], 987_654, {"expediente_id": str(empty.id)})
    with town.hall.database.reading() as session:
        (dead,) = dead_jobs(session)
    assert "ningún documento definitivo" in dead.error
    add_report(town, empty.id)
    retry_job(town.hall.system("test"), job_id=dead.id, reason="Se incorporó el informe.")
    run_all()
    assert expediente(town, empty.id).index_document_id is not None


def test_one_term_that_cannot_be_opened_keeps_no_other_waiting(
    town: Town, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = town.filed()
    with town.hall.database.transaction() as session:
        for row in session.scalars(select(Expediente)):
            row.deadline_id = None

    def settle_all_but_the_first(call: object, *, expediente_id: UUID) -> bool:
        if expediente_id == filed.expediente_id:
            raise Refused("no")
        return settle_term(call, expediente_id=expediente_id)  # type: ignore[arg-type]

    monkeypatch.setattr(duties, "settle_term", settle_all_but_the_first)
    duties.settle_waiting_terms(town.hall)
    assert expediente(town, filed.expediente_id).deadline_id is None
    assert expediente(town, other.expediente_id).deadline_id is not None
