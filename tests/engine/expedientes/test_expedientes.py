"""Expedientes: worked on, corrected, withdrawn, closed with an index that tells what was changed."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from factories.town import TestKeys, actor_for
from lxml import etree
from sqlalchemy import select

from engine.clock import FixedClock
from engine.deadlines.models import DeadlineState
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document, DocumentState, Visibility
from engine.documents.operations import add_document
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.expedientes import operations, queries
from engine.expedientes.access import READ_ANY
from engine.expedientes.choices import CHOICES, choice_source, choices_for
from engine.expedientes.closing import operations as closing
from engine.expedientes.drafts.queries import Filed
from engine.expedientes.evidence import indexed_files
from engine.expedientes.index_check import check_index
from engine.expedientes.models import Expediente, ExpedienteFolio, ExpedienteState, Outcome
from engine.expedientes.templates import ProcedureTemplates
from engine.ids import new_id
from engine.notifications.models import Notification
from engine.notifications.operations import open_notification
from engine.notifications.queries import of_expediente as notifications_of
from engine.people import operations as people
from engine.people.models import Channel
from engine.permissions import Actor, ActorKind, Post
from engine.registry.models import RegistryEntry
from engine.services import InstanceView
from engine.signing.models import RequestState, SignatureRequest
from engine.signing.operations import request_signature
from engine.signing.signers import Signer
from engine.workflow.models import InstanceState, ProcessInstance
from engine.workflow.queries import WorkItemRow, corrections_of, data_of
from forms.canonical import fingerprint
from forms.definition import Option, load_form
from tests.engine.expedientes.conftest import PDF, Run, Town

LATE: dict[str, Any] = {"text": "tarde", "files": []}


def review(town: Town, decision: str, **typed: str) -> UUID | None:
    item = town.task()
    data = {key: [value] for key, value in {"decision": decision, **typed}.items()}
    return operations.complete_task(
        town.staff(), work_item_id=item.id, version=item.version, data=data
    )


def correction(town: Town) -> WorkItemRow:
    with town.hall.database.reading() as session:
        return corrections_of(session, town.citizen.id)[0]


def answer(town: Town, item: WorkItemRow, **changes: object) -> operations.Presented:
    values = {
        "version": item.version,
        "text": "El puesto es más pequeño.",
        "files": [operations.UploadedFile("documents", "nuevo.pdf", io.BytesIO(PDF))],
    }
    return operations.answer_correction(
        town.call(),
        work_item_id=item.id,
        **{**values, **changes},  # type: ignore[arg-type]
    )


def process_of(town: Town, expediente_id: UUID) -> tuple[ProcessInstance, dict[str, object]]:
    with town.hall.database.reading() as session:
        instance = session.scalars(
            select(ProcessInstance).where(ProcessInstance.expediente_id == expediente_id)
        ).one()
        return instance, data_of(session, instance)


@pytest.fixture
def filed(town: Town) -> Filed:
    town.publish()
    return town.filed()


def test_a_task_is_completed_with_its_form_and_amounts_are_numbers(
    town: Town, filed: Filed
) -> None:
    assert review(town, "wait") == filed.expediente_id
    review(town, "grant", amount="1.234,5")
    _, data = process_of(town, filed.expediente_id)
    assert data["review"]["amount"] == Decimal("1234.50")  # type: ignore[index]
    assert data["review"]["by"] == str(town.processor.id)  # type: ignore[index]


def test_every_field_at_fault_is_told_and_nothing_moves(town: Town, filed: Filed) -> None:
    with pytest.raises(BadInput) as caught:
        review(town, "grant", amount="mucho")
    assert [field for field, _ in caught.value.errors] == ["amount"]
    with pytest.raises(BadInput):
        review(town, "give-it-to-a-friend")
    assert town.task().title == "Revisar"


def test_a_task_of_another_does_not_exist(town: Town, filed: Filed) -> None:
    item = town.task()
    stranger = Actor(
        ActorKind.OFFICIAL,
        id=new_id(),
        permissions=frozenset({"expedientes.complete_task", "workflow.complete"}),
        posts=(Post(new_id(), "processor"),),
    )
    with pytest.raises(NotFound):
        operations.complete_task(
            town.hall.call(stranger), work_item_id=item.id, version=item.version, data={}
        )


def test_the_task_page_has_its_form_and_its_expediente(town: Town, filed: Filed) -> None:
    item = town.task()
    with town.hall.database.reading() as session:
        view = queries.task(session, item.id, town.processor)
    assert view.form is not None
    assert view.form.key == "review"
    assert view.expediente is not None
    assert view.expediente.number == filed.number


def test_a_correction_is_answered_through_the_registry(town: Town, filed: Filed) -> None:
    """PLZ-19: what the person answers is registered, joins the expediente and moves the process."""
    review(town, "correct")
    view = town.view(filed.expediente_id)
    assert view.row.waits_for_person
    assert view.phase_words == "Pendiente de que usted corrija la solicitud"
    item = correction(town)
    presented = answer(town, item)
    assert presented.code == "2026-E-000002"
    with town.hall.database.reading() as session:
        entry = session.scalars(
            select(RegistryEntry).where(RegistryEntry.id == presented.entry_id)
        ).one()
        names = session.scalars(
            select(Document.name).where(Document.expediente_id == filed.expediente_id)
        ).all()
    assert entry.expediente_id == filed.expediente_id
    assert entry.contents[0]["fields"][0]["value"] == "El puesto es más pequeño."
    assert "nuevo.pdf" in names
    _, data = process_of(town, filed.expediente_id)
    assert data["amend"]["text"] == "El puesto es más pequeño."  # type: ignore[index]
    assert data["amend"]["entry"]["code"] == presented.code  # type: ignore[index]
    assert town.view(filed.expediente_id).phase_words == "En estudio"
    with pytest.raises(Stale, match="ya está contestada"):
        answer(town, item)


def test_a_correction_is_not_answered_by_another_nor_empty(town: Town, filed: Filed) -> None:
    review(town, "correct")
    item = correction(town)
    with pytest.raises(BadInput, match="Escriba su respuesta"):
        answer(town, item, text="  ", files=[])
    with pytest.raises(BadInput) as caught:
        answer(
            town,
            item,
            files=[operations.UploadedFile("documents", "virus.pdf", io.BytesIO(b"MZ\x00\x01"))],
        )
    assert caught.value.errors[0][0] == "file-documents"
    with pytest.raises(NotFound):
        operations.answer_correction(
            town.call(town.company), work_item_id=item.id, version=1, text="x", files=[]
        )


def test_documents_are_added_while_it_goes_on(town: Town, filed: Filed) -> None:
    files = [operations.UploadedFile("documents", "foto.pdf", io.BytesIO(PDF))]
    presented = operations.add_documents(
        town.call(), expediente_id=filed.expediente_id, text="", files=files
    )
    assert presented.expediente_id == filed.expediente_id
    with pytest.raises(NotFound):
        operations.add_documents(
            town.call(town.company), expediente_id=filed.expediente_id, text="x", files=[]
        )


def notified_in_the_sede(town: Town) -> None:
    """The person chooses to be notified electronically."""
    people.change_contact(
        town.hall.system("test"),
        person_id=town.citizen.id,
        email="xuan@example.org",
        phone="",
        channel=Channel.ELECTRONIC,
        version=town.citizen.version,
    )


def opened(town: Town, expediente_id: UUID) -> None:
    """The person opens the notification of the expediente."""
    with town.hall.database.reading() as session:
        (row,) = notifications_of(session, expediente_id)
    open_notification(town.call(), notification_id=row.id)


def test_a_withdrawal_is_accepted_outright_notified_and_closes(
    town: Town, filed: Filed, run_all: Run, clock: FixedClock
) -> None:
    """INS-9, NOT-7: registered and signed, the process stops, a sealed resolution accepts it.

    It is notified as any other (arts. 21.1, 40 and 94): nobody reads it before, the term to resolve
    is met when it is at disposal, and the index that closes it holds its acknowledgement.
    """
    notified_in_the_sede(town)
    call = town.call()
    with pytest.raises(BadInput, match="consentimiento"):
        operations.withdraw(call, expediente_id=filed.expediente_id, reason="", consent=False)
    with pytest.raises(NotFound):
        operations.withdraw(
            town.call(town.company), expediente_id=filed.expediente_id, reason="", consent=True
        )
    presented = operations.withdraw(
        call, expediente_id=filed.expediente_id, reason="Me traslado", consent=True
    )
    for again in (operations.withdraw, operations.add_documents):
        values = {"reason": "", "consent": True} if again is operations.withdraw else LATE
        with pytest.raises(RuleBroken, match="Ya ha desistido"):
            again(call, expediente_id=filed.expediente_id, **values)
    clock.advance(timedelta(days=1))
    run_all()
    view = town.view(filed.expediente_id)
    assert (view.row.state, view.row.goes_on) == (ExpedienteState.OPEN, False)
    assert "se le notifica la resolución" in view.phase_words
    with town.hall.database.reading() as session:
        (notice,) = notifications_of(session, filed.expediente_id)
        titles = [row.title for row in queries.documents(session, filed.expediente_id, call.actor)]
    assert notice.open
    assert not [title for title in titles if "acepta el desistimiento" in title]
    assert view.due is not None
    assert (view.due.state, view.due.ended_at) == (DeadlineState.MET, notice.available_at)
    opened(town, filed.expediente_id)
    run_all()
    view = town.view(filed.expediente_id)
    assert (view.row.state, view.row.outcome) == (ExpedienteState.CLOSED, Outcome.WITHDRAWN)
    assert view.items == ()
    instance, _ = process_of(town, filed.expediente_id)
    assert instance.state == InstanceState.CANCELLED
    with town.hall.database.reading() as session:
        resolution = session.scalars(
            select(Document).where(Document.kind == DocumentKind.RESOLUTION.value)
        ).one()
        folios = session.scalars(select(ExpedienteFolio.document_id)).all()
        receipts = session.scalars(select(RegistryEntry.receipt_id)).all()
        acknowledgement = session.scalars(select(Notification.acknowledgement_id)).one()
    assert (resolution.state, resolution.missing) == (DocumentState.SEALED, [])
    assert {resolution.id, acknowledgement, *receipts} - {None} <= set(folios)
    assert view.row.index_document_id is not None
    assert presented.code == "2026-E-000002"
    with pytest.raises(RuleBroken, match="ya está terminado"):
        operations.withdraw(call, expediente_id=filed.expediente_id, reason="", consent=True)
    with pytest.raises(RuleBroken, match="ya está terminado"):
        operations.add_documents(call, expediente_id=filed.expediente_id, **LATE)


def test_a_withdrawal_that_nobody_opens_ends_when_its_term_does(
    town: Town, filed: Filed, run_all: Run, clock: FixedClock
) -> None:
    """INS-9, NOT-6: ten natural days without access count as a rejection, and the expediente ends."""
    notified_in_the_sede(town)
    operations.withdraw(town.call(), expediente_id=filed.expediente_id, reason="", consent=True)
    run_all()
    run_all()
    with town.hall.database.reading() as session:
        assert len(notifications_of(session, filed.expediente_id)) == 1
    clock.advance(timedelta(days=12))
    run_all()
    row = town.view(filed.expediente_id).row
    assert (row.state, row.outcome) == (ExpedienteState.CLOSED, Outcome.WITHDRAWN)
    assert row.index_document_id is not None


def test_two_withdrawals_at_once_are_registered_once(town: Town, filed: Filed) -> None:
    def withdrawn(_: int) -> bool:
        try:
            operations.withdraw(
                town.call(), expediente_id=filed.expediente_id, reason="", consent=True
            )
        except RuleBroken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(withdrawn, range(4))) == [False, False, False, True]
    with town.hall.database.reading() as session:
        assert len(session.scalars(select(RegistryEntry)).all()) == 2
        resolutions = select(Document).where(Document.kind == DocumentKind.RESOLUTION.value)
        assert len(session.scalars(resolutions).all()) == 1


def test_what_waited_to_be_signed_is_taken_back_when_the_person_withdraws(
    town: Town, filed: Filed
) -> None:
    report = add_document(
        town.hall.system("test"),
        title="Propuesta",
        kind=DocumentKind.OTHER,
        origin=Origin.ADMINISTRATION,
        media_type="application/pdf",
        name="propuesta.pdf",
        data=PDF,
        expediente_id=filed.expediente_id,
    )
    request_signature(
        town.hall.system("test"),
        document_id=report.id,
        signers=[Signer(step=1, official_id=town.processor.id)],
    )
    operations.withdraw(town.call(), expediente_id=filed.expediente_id, reason="", consent=True)
    with town.hall.database.reading() as session:
        assert session.scalar(select(SignatureRequest.state)) == RequestState.CANCELLED.value


def closed(town: Town, filed: Filed, run_all: Run) -> tuple[bytes, dict[str, bytes]]:
    """The index of the granted expediente and the ENI files that it names."""
    review(town, "grant", amount="10")
    run_all()
    with town.hall.database.reading() as session:
        rows = session.execute(
            select(Document.eni_id, ExpedienteFolio.eni_sha256)
            .join(ExpedienteFolio, ExpedienteFolio.document_id == Document.id)
            .where(ExpedienteFolio.expediente_id == filed.expediente_id)
        ).all()
        index = session.scalars(
            select(Document)
            .join(Expediente, Expediente.index_document_id == Document.id)
            .where(Expediente.id == filed.expediente_id)
        ).one()
    files = {eni_id: town.hall.storage.get(1, sha256) for eni_id, sha256 in rows}
    return town.hall.storage.get(1, index.sha256), files


def test_a_closed_expediente_has_an_index_whose_signature_verifies(
    town: Town, filed: Filed, keys: TestKeys, run_all: Run
) -> None:
    """EXP-1: ordered, numbered, complete and authenticated; the process waits for it and ends."""
    index, files = closed(town, filed, run_all)
    assert check_index(index, files, [keys.authority.root]) == ()
    instance, data = process_of(town, filed.expediente_id)
    assert instance.state == InstanceState.COMPLETED
    view = town.view(filed.expediente_id)
    assert data["closed"] == {"index_document_id": str(view.row.index_document_id)}
    assert view.row.outcome is Outcome.GRANTED
    assert view.due is not None
    assert view.due.state == DeadlineState.MET
    with town.hall.database.reading() as session:
        vouched = {item.sha256 for item in indexed_files(session)}
    assert vouched == {fingerprint(data) for data in files.values()}
    orders = [
        int(element.text) for element in etree.fromstring(index).iter("{*}OrdenDocumentoExpediente")
    ]
    assert orders == list(range(1, len(files) + 1))
    interested = [element.text for element in etree.fromstring(index).iter("{*}Interesado")]
    assert interested == [town.citizen.document_number]


def test_a_swapped_a_missing_and_a_foreign_document_are_found(
    town: Town, filed: Filed, keys: TestKeys, run_all: Run
) -> None:
    """EXP-1: the index tells which document is not the one that was closed."""
    index, files = closed(town, filed, run_all)
    roots = [keys.authority.root]
    first, second, *_ = files
    swapped = {**files, first: files[second], second: files[first]}
    assert {f.identifier for f in check_index(index, swapped, roots)} == {first, second}
    missing = {key: data for key, data in files.items() if key != first}
    assert [f.identifier for f in check_index(index, missing, roots)] == [first]
    assert [f.identifier for f in check_index(index, {**files, "X": b""}, roots)] == ["X"]


def test_a_changed_index_or_another_authority_is_found(
    town: Town, filed: Filed, keys: TestKeys, run_all: Run
) -> None:
    """EXP-1."""
    index, files = closed(town, filed, run_all)
    changed = index.replace(b"<eniexpmeta:Estado>E02", b"<eniexpmeta:Estado>E01")
    assert changed != index
    assert [f.identifier for f in check_index(changed, files, [keys.authority.root])] == [""]
    (finding,) = check_index(index, files, [])
    assert "confianza" in finding.message


def test_notes_and_drafts_are_not_part_of_the_expediente_and_reports_are(
    town: Town, filed: Filed, run_all: Run
) -> None:
    """EXP-2: internal notes stay outside of the index; internal reports are inside."""
    system = town.hall.system("test")

    def internal(title: str, kind: DocumentKind) -> Document:
        return add_document(
            system,
            title=title,
            kind=kind,
            origin=Origin.ADMINISTRATION,
            media_type="text/plain",
            name="nota.txt",
            data=title.encode(),
            expediente_id=filed.expediente_id,
            visibility=Visibility.INTERNAL,
        )

    note = internal("Nota para mí", DocumentKind.OTHER)
    report = internal("Informe", DocumentKind.REPORT)
    _, files = closed(town, filed, run_all)
    assert report.eni_id in files
    assert note.eni_id not in files


def test_closing_twice_changes_nothing_and_another_outcome_is_refused(
    town: Town, filed: Filed, run_all: Run
) -> None:
    closed(town, filed, run_all)
    system = town.hall.system("test")
    before = town.view(filed.expediente_id).row
    closing.close(system, expediente_id=filed.expediente_id, outcome=Outcome.GRANTED)
    assert town.view(filed.expediente_id).row == before
    with pytest.raises(RuleBroken):
        closing.close(system, expediente_id=filed.expediente_id, outcome=Outcome.DENIED)


def test_closing_late_says_that_the_term_expired(
    town: Town, filed: Filed, clock: FixedClock, run_all: Run
) -> None:
    """PLZ-20: the term of an expediente closed after its end is not told as met."""
    clock.advance(timedelta(days=100))
    closing.close(
        town.hall.system("test"), expediente_id=filed.expediente_id, outcome=Outcome.ARCHIVED
    )
    due = town.view(filed.expediente_id).due
    assert due is not None
    assert due.state == DeadlineState.EXPIRED


def test_an_expediente_is_seen_by_who_has_to_do_with_it(town: Town, filed: Filed) -> None:
    """EXP-3: the interested person, the unit, who has work in it, who may read any; nobody else."""
    reader = replace(
        actor_for(ActorKind.OFFICIAL, new_id(), READ_ANY),
        posts=(Post(new_id(), "auditor"),),
    )
    stranger = replace(reader, permissions=frozenset())
    colleague = replace(stranger, posts=(Post(town.unit.id, "technician"),))
    worker = replace(stranger, id=town.processor.id, posts=())
    town.task()
    sees = {
        "citizen": town.actor(),
        "reader": reader,
        "colleague": colleague,
        "worker": worker,
        "system": town.hall.system("x").actor,
    }
    with town.hall.database.reading() as session:
        for name, actor in sees.items():
            assert queries.may_access(session, filed.expediente_id, actor), name
        for actor in (stranger, town.actor(town.company), Actor(ActorKind.ANONYMOUS)):
            assert not queries.may_access(session, filed.expediente_id, actor)
            with pytest.raises(NotFound):
                queries.expediente(session, filed.expediente_id, actor)
            with pytest.raises(NotFound):
                queries.timeline(session, filed.expediente_id, actor)
            with pytest.raises(NotFound):
                queries.documents(session, filed.expediente_id, actor)
        document = queries.documents(session, filed.expediente_id, town.actor())[0]
        assert queries.reach(session, document.id, town.actor()) == {filed.expediente_id}
        assert queries.reach(session, document.id, stranger) == frozenset()


@pytest.mark.parametrize(
    "words",
    [
        "2026/KIO/000001",
        "kio 1",
        "xuan suarez",
        "Suárez",
        "12345678z",
        "calle nueva",
        "mercado",
        "plano del pues",
        "2026-E-000001",
    ],
)
def test_it_is_found_by_number_person_title_document_and_answer(
    town: Town, filed: Filed, words: str
) -> None:
    if words == "kio 1":
        words = "kio 2026"
    with town.hall.database.reading() as session:
        page = queries.search(session, town.processor, words)
        assert [row.id for row in page.rows] == [filed.expediente_id], words
        assert (page.total, page.pages) == (1, 1)
        assert queries.search(session, town.processor, words + " unicornio").total == 0


def test_a_search_is_narrowed_and_shows_only_what_is_accessible(town: Town, filed: Filed) -> None:
    with town.hall.database.reading() as session:
        search, official = queries.search, town.processor
        assert search(session, official, "", state=ExpedienteState.OPEN).total == 1
        assert search(session, official, "", state=ExpedienteState.CLOSED).total == 0
        assert search(session, official, "", procedure="other").total == 0
        assert search(session, official, "' | ! & :*").total == 1
        assert search(session, town.actor(town.company), "").total == 0
        assert search(session, official, "", page=2).rows == ()


def test_the_folder_says_in_which_phase_it_is_who_has_it_and_until_when(
    town: Town, filed: Filed
) -> None:
    """PLZ-20, EXP-3."""
    with town.hall.database.reading() as session:
        (row,) = queries.of_person(session, town.actor())
    assert (row.phase_words, row.holder, row.unit_name) == (
        "En estudio",
        "Urbanismo y Obras",
        "Urbanismo y Obras",
    )
    assert row.due_at is not None
    assert row.procedure_title == "Puesto en el mercado"


def test_the_timeline_tells_the_person_what_happened_and_the_official_who_did_it(
    town: Town, filed: Filed, clock: FixedClock, run_all: Run
) -> None:
    clock.advance(timedelta(hours=1))
    review(town, "correct")
    clock.advance(timedelta(hours=1))
    answer(town, correction(town))
    run_all()
    with town.hall.database.reading() as session:
        told = queries.timeline(session, filed.expediente_id, town.actor())
        staff = queries.timeline(session, filed.expediente_id, town.processor)
    titles = [item.title for item in told]
    assert titles.index("Se abrió el expediente") < titles.index(
        "Pendiente de que usted corrija la solicitud"
    )
    assert f"Entrada en el registro: Subsanación en el expediente {filed.number}" in titles
    assert [item.at for item in told] == sorted(item.at for item in told)
    assert not any(item.title.startswith("Tarea hecha") for item in told)
    assert any(item.who == "Llara Prida Cueto" for item in staff)


def test_a_template_gets_the_fields_of_its_expediente(town: Town, filed: Filed) -> None:
    instance, _ = process_of(town, filed.expediente_id)
    view = InstanceView(instance.id, filed.expediente_id, "kiosk", "x", "r", {})
    with town.hall.database.reading() as session:
        found = ProcedureTemplates()(session, view, "notice")
    context = found.context
    assert context["expediente"]["numero"] == filed.number
    assert context["interesado"]["nombre"] == town.citizen.display_name
    assert context["representante"] is None
    assert context["registro"]["codigo"] == filed.code
    assert {"pregunta": "Calle", "respuesta": "Calle Nueva"} in context["solicitud"]
    assert (context["unidad"], found.unit_name) == ("Urbanismo y Obras", "Urbanismo y Obras")
    assert found.person_id == town.citizen.id


def test_an_internal_expediente_is_opened_with_its_data_and_documents(town: Town) -> None:
    town.publish(channel="internal", key="invoice-test")
    system = town.hall.system("test")
    document = add_document(
        system,
        title="Factura",
        kind=DocumentKind.INVOICE,
        origin=Origin.CITIZEN,
        media_type="application/xml",
        name="factura.xml",
        data=b"<?xml version='1.0'?><f/>",
    )
    row = operations.open_ex_officio(
        system,
        procedure_key="invoice-test",
        title="Factura 12 de la Sidrería",
        data={"invoice": {"total": Decimal("121.00")}},
        person_id=town.company.id,
        documents=[document.id],
    )
    _, data = process_of(town, row.id)
    assert data["invoice"] == {"total": Decimal("121.00")}
    assert data["entry"] is None
    with town.hall.database.reading() as session:
        found = session.scalars(select(Document).where(Document.id == document.id)).one()
        page = queries.search(session, town.processor, "sidreria factura")
    assert found.expediente_id == row.id
    assert [item.id for item in page.rows] == [row.id]


def test_a_form_takes_its_options_from_the_room_that_offers_them(town: Town) -> None:
    form = load_form(
        b'{"key": "f", "version": 1, "title": "F", "pages": [{"id": "p", "title": "P", "fields": '
        b'[{"name": "contract", "kind": "select", "label": "Contrato", "source": "test/contracts"}]}]}'
    )

    @choice_source("test/contracts")
    def contracts(_session: object, actor: Actor, _expediente: UUID | None) -> list[Option]:
        return [Option("1", actor.kind.value)]

    try:
        with town.hall.database.reading() as session:
            found = choices_for(session, form, town.processor)
    finally:
        CHOICES.pop("test/contracts")
    assert found == {"test/contracts": (Option("1", "official"),)}
