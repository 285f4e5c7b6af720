"""Drafts and their filing: what was typed is kept, what is signed is what was shown, once."""

from __future__ import annotations

import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories.town import TestKeys
from pypdf import PdfReader
from sqlalchemy import event, func, select

from engine.clock import FixedClock
from engine.deadlines.calendars import load_calendar
from engine.deadlines.models import Deadline
from engine.documents.models import Document
from engine.errors import BadInput, NotFound, Refused, RuleBroken, Stale
from engine.expedientes.drafts import operations as drafts
from engine.expedientes.drafts import queries as draft_queries
from engine.expedientes.drafts.models import DraftFile
from engine.expedientes.drafts.operations import StaleDraft
from engine.expedientes.duties import settle_waiting_terms
from engine.expedientes.models import Expediente
from engine.people import operations as people
from engine.people.models import Channel, PersonKind
from engine.registry.models import AttachmentKind, RegistryAttachment, RegistryEntry
from engine.workflow.models import ProcessInstance
from engine.workflow.queries import data_of
from signatures.tokens import Signer, read_evidence
from tests.engine.expedientes.conftest import FEE, PDF, TODAY, Run, Town
from tests.engine.workflow.models import begun


def one(town: Town, model: Any, **where: Any) -> Any:
    with town.hall.database.reading() as session:
        conditions = [getattr(model, key) == value for key, value in where.items()]
        return session.scalars(select(model).where(*conditions)).one()


def count(town: Town, model: Any) -> int:
    with town.hall.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_what_was_typed_is_kept_even_when_it_is_wrong(town: Town) -> None:
    town.publish()
    call = town.call()
    draft = town.begin(call)
    saved = town.write(call, draft.id, width="mucho", phone="12")
    assert {error.field_id for error in saved.errors} == {"width", "phone"}
    sheet = town.sheet(call, draft.id)
    assert sheet.view.typed["site"]["width"] == "mucho"
    assert "width" not in sheet.view.answers
    assert {"width", "phone", "file-plan"} <= {error.field_id for error in sheet.errors}
    with pytest.raises(BadInput):
        town.file(call, draft.id)


def test_an_identity_field_is_the_towns_whatever_is_sent(town: Town) -> None:
    town.publish()
    call = town.call()
    draft_id = town.begin(call).id
    assert town.sheet(call, draft_id).view.answers["holder"] == town.citizen.display_name
    town.write(call, draft_id, holder="Otra Persona")
    assert town.sheet(call, draft_id).view.answers["holder"] == town.citizen.display_name


def test_a_person_has_one_open_draft_of_each_procedure(town: Town) -> None:
    town.publish()
    first = town.begin()
    assert town.begin().id == first.id
    with town.hall.database.reading() as session:
        rows = draft_queries.drafts_of(session, town.actor())
    assert [row.id for row in rows] == [first.id]


def test_the_draft_of_another_person_does_not_exist(town: Town) -> None:
    town.publish()
    draft_id = town.complete()
    other = town.call(town.company)
    with pytest.raises(NotFound), town.hall.database.reading() as session:
        draft_queries.draft(session, draft_id, other.actor)
    with pytest.raises(NotFound):
        drafts.save_page(other, draft_id=draft_id, page_id="site", data={}, revision=3)
    with pytest.raises(NotFound):
        drafts.discard(other, draft_id=draft_id)


def test_a_stale_page_shows_what_the_other_window_saved(town: Town) -> None:
    town.publish()
    call = town.call()
    draft_id = town.begin(call).id
    town.write(call, draft_id, street="Calle Vieja")
    with pytest.raises(StaleDraft) as caught:
        drafts.save_page(
            call, draft_id=draft_id, page_id="site", data={"street": ["Otra"]}, revision=1
        )
    assert caught.value.current.answers["street"] == "Calle Vieja"


def test_items_of_a_repeating_page_are_added_changed_and_removed(town: Town) -> None:
    town.publish()
    call = town.call()
    draft_id = town.complete(call)
    revision = town.sheet(call, draft_id).view.revision

    def put(name: str, item: int | None, revision: int) -> drafts.SavedPage:
        return drafts.save_page(
            call,
            draft_id=draft_id,
            page_id="helpers",
            data={"name": [name], "hours": ["2,5"]},
            revision=revision,
            item=item,
        )

    saved = put("Pelayo", None, revision)
    saved = put("Xana", None, saved.revision)
    assert saved.item == 1
    saved = put("Pelayo Álvarez", 0, saved.revision)
    revision = drafts.remove_item(
        call, draft_id=draft_id, page_id="helpers", item=0, revision=saved.revision
    )
    view = town.sheet(call, draft_id).view
    assert view.answers["helpers"] == [{"name": "Xana", "hours": "2.5"}]
    assert view.typed["helpers/0"]["name"] == "Xana"
    assert "helpers/1" not in view.typed
    with pytest.raises(NotFound):
        put("Nadie", 7, revision)


def test_files_are_checked_counted_and_removed(town: Town) -> None:
    town.publish()
    call = town.call()
    draft_id = town.begin(call).id
    with pytest.raises(BadInput) as caught:
        town.attach(call, draft_id, "plano.pdf", b"MZ no es un PDF \x00")
    assert caught.value.errors[0][0] == "file-plan"
    town.attach(call, draft_id)
    town.attach(call, draft_id, "alzado.pdf", PDF + b"\n")
    with pytest.raises(BadInput, match="como mucho"):
        town.attach(call, draft_id, "otro.pdf", PDF + b"\n\n")
    view = town.sheet(call, draft_id).view
    drafts.remove_file(call, draft_id=draft_id, file_id=view.files[0].id, revision=view.revision)
    assert [file.name for file in town.sheet(call, draft_id).view.files] == ["alzado.pdf"]
    assert count(town, Document) == 1


def test_a_draft_thrown_away_leaves_no_file(town: Town) -> None:
    town.publish(fee=FEE)
    call = town.call()
    draft_id = town.complete(call)
    drafts.pay(call, draft_id=draft_id)
    drafts.discard(call, draft_id=draft_id)
    assert (count(town, DraftFile), count(town, Document)) == (0, 0)
    assert town.begin(call).id != draft_id


def test_a_filing_gets_its_number_its_expediente_and_its_first_task(town: Town) -> None:
    """FIL-1, FIL-11: what was filed is registered with all its documents and opens an expediente."""
    town.publish()
    filed = town.filed()
    assert (filed.code, filed.number) == ("2026-E-000001", "2026/KIO/000001")
    entry = one(town, RegistryEntry, id=filed.entry_id)
    assert (entry.expediente_id, entry.person_id) == (filed.expediente_id, town.citizen.id)
    with town.hall.database.reading() as session:
        kinds = session.scalars(
            select(RegistryAttachment.kind).order_by(RegistryAttachment.position)
        ).all()
        inside = session.scalar(
            select(func.count(Document.id)).where(Document.expediente_id == filed.expediente_id)
        )
    assert kinds == [AttachmentKind.FORM, AttachmentKind.ATTACHED, AttachmentKind.INTERNAL]
    assert inside == 4
    labels = [field["label"] for section in entry.contents for field in section["fields"]]
    assert {"Calle", "Medio de notificación", "Huella SHA-256 de lo firmado"} <= set(labels)
    assert town.task().title == "Revisar"
    view = town.view(filed.expediente_id)
    assert (view.phase_words, view.row.holder) == ("En estudio", "Llara Prida Cueto")


def test_the_process_begins_with_amounts_as_numbers(town: Town) -> None:
    town.publish()
    filed = town.filed()
    with town.hall.database.reading() as session:
        instance = session.scalars(select(ProcessInstance)).one()
        data = data_of(session, instance)
    assert str(data["request"]["width"]) == "2.5"
    assert not isinstance(data["request"]["width"], str)
    assert data["person"]["name"] == town.citizen.display_name
    assert data["expediente"]["number"] == filed.number
    assert data["entry"]["code"] == filed.code
    assert isinstance(data["entry"]["presented_at"], datetime)


def test_filing_twice_gives_one_entry(town: Town) -> None:
    town.publish()
    call = town.call()
    draft_id = town.complete(call)
    sheet = town.sheet(call, draft_id)
    first = town.file(call, draft_id)
    again = town.file(call, draft_id, revision=sheet.view.revision, shown_sha256=sheet.sha256)
    assert again == first
    assert (count(town, RegistryEntry), count(town, Expediente)) == (1, 1)


def test_two_filings_of_one_draft_at_once_give_one_entry(town: Town) -> None:
    town.publish()
    call = town.call()
    draft_id = town.complete(call)
    sheet = town.sheet(call, draft_id)
    arguments = {"revision": sheet.view.revision, "shown_sha256": sheet.sha256}
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(
                lambda _: drafts.file(
                    call,
                    draft_id=draft_id,
                    **arguments,
                    declarations=["true"],
                    consent=True,
                    method="demo",
                    level="low",
                    request_id="r",
                ),
                range(4),
            )
        )
    assert len(set(found)) == 1
    assert count(town, RegistryEntry) == 1


def test_concurrent_filings_get_consecutive_numbers(town: Town) -> None:
    """FIL-11: the series of the registry and of the expedientes have no gap and no repeat."""
    town.publish()
    people_of = [
        people.register_person(
            town.hall.system("test"),
            kind=PersonKind.INDIVIDUAL,
            document_number=f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}",
            name=f"Persona {number}",
            surname1="Prueba",
        )
        for number in range(100, 108)
    ]
    calls = [town.call(person) for person in people_of]
    ready = [(call, town.complete(call)) for call in calls]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: town.file(*each), ready))
    assert sorted(item.code for item in found) == [f"2026-E-{n:06d}" for n in range(1, 9)]
    assert sorted(item.number for item in found) == [f"2026/KIO/{n:06d}" for n in range(1, 9)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"declarations": []}, "declaration-true"), ({"consent": False}, "consent")],
)
def test_without_declaration_or_consent_nothing_is_filed(
    town: Town, changes: dict[str, Any], field: str
) -> None:
    town.publish()
    call = town.call()
    draft_id = town.complete(call)
    with pytest.raises(BadInput) as caught:
        town.file(call, draft_id, **changes)
    assert [name for name, _ in caught.value.errors] == [field]
    assert count(town, RegistryEntry) == 0


def test_what_was_not_shown_is_not_signed(town: Town) -> None:
    town.publish()
    call = town.call()
    draft_id = town.complete(call)
    shown = town.sheet(call, draft_id)
    town.write(call, draft_id, street="Otra calle")
    with pytest.raises(StaleDraft):
        town.file(call, draft_id, revision=shown.view.revision, shown_sha256=shown.sha256)
    with pytest.raises(Stale, match="ha cambiado"):
        town.file(call, draft_id, shown_sha256=shown.sha256)
    people.change_contact(
        call,
        person_id=town.citizen.id,
        email="nuevo@ejemplo.es",
        phone="985000099",
        channel=Channel.ELECTRONIC,
        version=town.citizen.version,
    )
    assert town.sheet(call, draft_id).sha256 != shown.sha256


def test_the_fee_is_paid_before_filing(town: Town) -> None:
    town.publish(fee=FEE)
    call = town.call()
    draft_id = town.complete(call)
    with pytest.raises(RuleBroken, match="12,50"):
        town.file(call, draft_id)
    town.pay(call, draft_id)
    with pytest.raises(RuleBroken, match="ya está pagada"):
        drafts.pay(call, draft_id=draft_id)
    with pytest.raises(RuleBroken, match="nada que devolver"):
        drafts.release_fee(call, draft_id=draft_id)
    filed = town.file(call, draft_id)
    entry = one(town, RegistryEntry, id=filed.entry_id)
    fields = {f["label"]: f["value"] for section in entry.contents for f in section["fields"]}
    assert fields["Importe pagado"].startswith("12,50")
    assert fields["Justificante de la pasarela"] == "A-77"


def test_an_incomplete_application_is_not_paid(town: Town) -> None:
    town.publish(fee=FEE)
    call = town.call()
    draft_id = town.begin(call).id
    with pytest.raises(BadInput, match="Complete la solicitud"):
        drafts.pay(call, draft_id=draft_id)


def test_nothing_to_pay_is_said(town: Town) -> None:
    town.publish()
    call = town.call()
    with pytest.raises(RuleBroken, match="no tiene que pagar"):
        drafts.pay(call, draft_id=town.complete(call))


def test_the_receipt_tells_the_term_and_the_silence(town: Town) -> None:
    """PLZ-10, PLZ-12: the filer is told the term, the silence and who received it."""
    town.publish()
    entry = one(town, RegistryEntry, id=town.filed().entry_id)
    told = " ".join(entry.notes)
    assert "dos meses" in told
    assert "puede entender denegada" in told
    assert "Urbanismo y Obras" in told
    assert "21.4" in told


def test_the_term_to_resolve_runs_from_the_effective_filing(town: Town, clock: FixedClock) -> None:
    """PLZ-9, PLZ-10, PLZ-11: filed on a Sunday, the two months run from Monday."""
    town.publish()
    clock.advance(datetime(2026, 11, 29, 11, 0, tzinfo=UTC) - clock.now())
    filed = town.filed()
    entry = one(town, RegistryEntry, id=filed.entry_id)
    assert entry.effective_at == datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
    view = town.view(filed.expediente_id)
    due = view.due
    assert due is not None
    # Two months from Monday 30 November: 30 January 2027 is a Saturday.
    assert due.due_at.astimezone(UTC).date().isoformat() == "2027-02-01"
    assert due.derivation["term"] == "2 months"
    assert one(town, Deadline, id=due.id).expediente_id == filed.expediente_id


def test_a_filing_whose_term_has_no_calendar_yet_stands(town: Town, clock: FixedClock) -> None:
    """PLZ-18: no date is guessed, and nobody is kept from filing."""
    town.publish()
    clock.advance(timedelta(days=365 * 5))
    filed = town.filed()
    view = town.view(filed.expediente_id)
    assert (view.due, view.row.due_at) == (None, None)
    settle_waiting_terms(town.hall)
    assert town.view(filed.expediente_id).due is None
    published = load_calendar(town.hall.settings.town.calendar)
    years = frozenset(range(2026, 2033))
    town.hall.parts["calendar"] = replace(published, years=years)
    settle_waiting_terms(town.hall)
    due = town.view(filed.expediente_id).due
    assert due is not None
    assert due.due_at > clock.now() + timedelta(days=58)


def test_a_process_that_fails_at_once_leaves_the_filing_standing(town: Town) -> None:
    model = begun().service("broken", "documents/seal", document_id="&quot;no es un id&quot;")
    town.publish(model=model.flow("start", "broken", "end").xml())
    filed = town.filed()
    instance = one(town, ProcessInstance, expediente_id=filed.expediente_id)
    assert instance.state == "incident"
    assert filed.code == "2026-E-000001"


def test_an_attorney_files_for_the_represented_in_the_procedures_of_the_power(town: Town) -> None:
    """FIL-6: with a power for this procedure; without one nothing is begun."""
    town.publish()
    system = town.hall.system("test")
    people.grant_power(
        system,
        grantor_id=town.company.id,
        attorney_id=town.citizen.id,
        scope="procedures",
        procedures=("another",),
        source="apud acta",
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=30),
    )
    limited = town.call(town.citizen, behalf=town.company)
    with pytest.raises(Refused, match="no incluye este trámite"):
        town.begin(limited)
    people.grant_power(
        system,
        grantor_id=town.company.id,
        attorney_id=town.citizen.id,
        scope="procedures",
        procedures=("kiosk",),
        source="apud acta",
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=30),
    )
    filed = town.filed(town.call(town.citizen, behalf=town.company))
    expediente = one(town, Expediente, id=filed.expediente_id)
    assert expediente.person_id == town.company.id
    assert expediente.representative_id == town.citizen.id
    with pytest.raises(NotFound):
        town.view(filed.expediente_id, town.actor(town.citizen))
    assert town.view(filed.expediente_id, town.actor(town.citizen, town.company)).row.open


def test_an_attorney_without_a_power_for_it_does_not_throw_a_draft_away(town: Town) -> None:
    """FIL-6: the represented person's draft of another procedure is out of reach."""
    town.publish()
    draft_id = town.begin(town.call(town.company)).id
    people.grant_power(
        town.hall.system("test"),
        grantor_id=town.company.id,
        attorney_id=town.citizen.id,
        scope="procedures",
        procedures=("another",),
        source="apud acta",
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=30),
    )
    with pytest.raises(Refused, match="no incluye este trámite"):
        drafts.discard(town.call(town.citizen, behalf=town.company), draft_id=draft_id)


def test_the_evidence_binds_the_bytes_the_person_and_the_words(
    town: Town, keys: TestKeys, run_all: Run
) -> None:
    """FIL-2: identification and recorded consent over exactly the bytes that were filed."""
    town.publish()
    call = town.call()
    draft_id = town.complete(call)
    sheet = town.sheet(call, draft_id)
    filed = town.file(call, draft_id)
    run_all()
    with town.hall.database.reading() as session:
        rows = session.scalars(
            select(Document).where(Document.expediente_id == filed.expediente_id)
        ).all()
    stored = {row.name: town.hall.storage.get(1, row.sha256) for row in rows}
    assert stored["solicitud.json"] == sheet.canonical
    claims = read_evidence(
        stored["consentimiento.jws"].decode(),
        keys=[Signer.of(keys.seal()).verification],
        issuer=town.hall.settings.base_url,
        audience=town.hall.settings.town.dir3,
        now=town.hall.clock.now(),
    )
    assert claims.values["sha256"] == hashlib.sha256(sheet.canonical).hexdigest()
    assert claims.values["person"] == str(town.citizen.id)
    assert claims.values["declarations"] == [{"id": "true", "version": 3}]
    assert claims.values["consent_version"] == sheet.consent.version
    assert (claims.values["method"], claims.values["level"]) == ("demo", "substantial")
    readable = next(row for row in rows if row.template == "expedientes/application")
    assert (readable.state, readable.missing) == ("sealed", [])
    inside = PdfReader(io.BytesIO(stored[readable.name])).attachments
    assert inside["solicitud.json"] == [sheet.canonical]
    assert json.loads(sheet.canonical)["person"]["document"] == town.citizen.document_number


def test_a_filing_takes_a_bounded_number_of_statements(town: Town) -> None:
    town.publish()
    call = town.call()
    draft_id = town.complete(call)
    sheet = town.sheet(call, draft_id)
    seen: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(town.hall.database.engine, "before_cursor_execute", note)
    try:
        town.file(call, draft_id, revision=sheet.view.revision, shown_sha256=sheet.sha256)
    finally:
        event.remove(town.hall.database.engine, "before_cursor_execute", note)
    assert len(seen) < 100, len(seen)
