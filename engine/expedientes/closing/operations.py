"""Closing an expediente, and the index that is signed of it afterwards."""

from __future__ import annotations

from uuid import UUID

from engine.deadlines.models import DeadlineState
from engine.deadlines.operations import end_deadline
from engine.documents.codes import DocumentKind, Origin
from engine.documents.operations import add_document
from engine.errors import RuleBroken
from engine.expedientes.index import SignedIndex, documents_pending, indexed_documents
from engine.expedientes.models import Expediente, ExpedienteFolio, ExpedienteState, Outcome
from engine.expedientes.silence.senses import check_sense
from engine.operation import Act, operation


@operation("expedientes.close", basis="arts. 70 y 84 de la Ley 39/2015")
def close(act: Act, *, expediente_id: UUID, outcome: Outcome, reference: str | None = None) -> None:
    """Close it: its term ends, and its index is made and signed when its documents are ready.

    reference: the workflow signal that waits for the index. Closing again with the same outcome
    only takes the reference; raises RuleBroken with another outcome, and with one that takes away
    what silence granted (art. 24.3, SIL-2).
    """
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    row.closing_reference = reference or row.closing_reference
    if row.state == ExpedienteState.CLOSED:
        if row.outcome != outcome.value:
            raise RuleBroken("El expediente ya está cerrado con otro resultado.")
        act.note(effect=False)
        _wake(act, row)
        return
    check_sense(act.session, row.id, outcome)
    row.state, row.outcome, row.closed_at = ExpedienteState.CLOSED.value, outcome.value, act.now
    row.phase = "withdrawn" if outcome is Outcome.WITHDRAWN else "closed"
    row.phase_at = act.now
    row.version += 1
    if row.deadline_id is not None:
        end_deadline(act, deadline_id=row.deadline_id, state=DeadlineState.MET)
    act.note(outcome=outcome, number=row.number)


@operation("expedientes.ask_index", basis="art. 70.3 de la Ley 39/2015")
def ask_index(act: Act, *, expediente_id: UUID) -> bool:
    """Ask for the index of a closed expediente whose documents are ready; false when it was asked.

    From here on it is a job: tried a number of times, and then an incident for a person.
    """
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    if not _without_index(row) or row.index_asked_at is not None:
        act.note(effect=False)
        return False
    row.index_asked_at = act.now
    act.defer("expedientes.index", lock=f"expediente:{row.id}", expediente_id=row.id)
    return True


@operation("expedientes.postpone_index", basis="art. 70.3 de la Ley 39/2015")
def postpone_index(act: Act, *, expediente_id: UUID) -> None:
    """A document came after the index was asked for: it is asked for again when that one is ready."""
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    row.index_asked_at = None


def _without_index(row: Expediente) -> bool:
    return row.state == ExpedienteState.CLOSED and row.index_document_id is None


@operation("expedientes.index_signed", basis="art. 70.3 de la Ley 39/2015; art. 51 del RD 203/2021")
def index_signed(act: Act, *, expediente_id: UUID, index: SignedIndex) -> bool:
    """The signed index is made: kept as a document.

    False when another run came first, or when it leaves out a document that came meanwhile: the
    index is then asked for again.
    """
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    if not _without_index(row):
        act.note(effect=False)
        return False
    if documents_pending(act.session, row.id) or not _names_all(act, row, index):
        act.note(effect=False)
        row.index_asked_at = None
        return False
    document = add_document(
        act,
        title=f"Índice electrónico del expediente {row.number}",
        kind=DocumentKind.OTHER,
        origin=Origin.ADMINISTRATION,
        media_type="application/xml",
        name=f"indice-{row.number.replace('/', '-')}.xml",
        data=index.data,
        expediente_id=row.id,
        person_id=row.person_id,
    )
    row.index_document_id = document.id
    row.version += 1
    act.session.add_all(
        ExpedienteFolio(
            expediente_id=row.id,
            position=folio.position,
            document_id=folio.document_id,
            sha256=folio.sha256,
            eni_sha256=folio.eni_sha256,
        )
        for folio in index.folios
    )
    act.note(index=document.id, sha256=document.sha256, documents=len(index.folios))
    _wake(act, row)
    return True


def _names_all(act: Act, row: Expediente, index: SignedIndex) -> bool:
    """Whether the index names the documents of the expediente as they are now."""
    found = [(item.id, item.sha256) for item in indexed_documents(act.session, row.id)]
    return found == [(folio.document_id, folio.sha256) for folio in index.folios]


def _wake(act: Act, row: Expediente) -> None:
    """Tell the process that waits for the index, if one does and there is one."""
    if row.closing_reference is None or row.index_document_id is None:
        return
    result = {"index_document_id": str(row.index_document_id)}
    act.defer("workflow.signal", reference=row.closing_reference, result=result)
    row.closing_reference = None
