"""Documents at work: captured, rendered, sealed, found by their code, seen only by whom they concern."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from factories.town import TestKeys, actor_for
from pyhanko.pdf_utils.reader import PdfFileReader
from pypdf import PdfReader
from sqlalchemy import select, update

from engine.audit.models import AuditEvent
from engine.clock import FixedClock, SystemClock
from engine.documents import operations, queries, secure_code, secure_codes
from engine.documents.codes import DocumentKind, ElaborationState, Origin
from engine.documents.duties import remove_orphans, upgrade_pending
from engine.documents.identifiers import DOCUMENT_ID
from engine.documents.models import (
    Document,
    DocumentSignature,
    DocumentState,
    DocumentVersion,
    SecureCode,
    VersionReason,
    Visibility,
)
from engine.documents.pdf import EmbeddedFile
from engine.errors import BadInput, NotFound, Refused, RuleBroken
from engine.ids import new_id
from engine.jobs import JOBS, job
from engine.people.models import Person
from engine.permissions import Actor, ActorKind
from engine.record.proofs import prove
from engine.record.sequencer import sequence
from engine.record.verification import verify
from engine.townhall import Call, TownHall

Run = Callable[[], int]


def add(hall: TownHall, **changes: Any) -> Document:
    values: dict[str, Any] = {
        "title": "Plano de la terraza",
        "kind": DocumentKind.OTHER,
        "origin": Origin.CITIZEN,
        "media_type": "application/pdf",
        "name": "plano.pdf",
        "data": b"%PDF-1.7 plano",
    }
    return operations.add_document(hall.system("test"), **{**values, **changes})


def render(hall: TownHall, **changes: Any) -> Document:
    values: dict[str, Any] = {
        "template": "terraza/resolution",
        "source": "<p>Se autoriza a {{ nombre }} por {{ tasa|money }}.</p>",
        "context": {"nombre": "Xuan", "tasa": "12.50"},
        "title": "Licencia de terraza",
        "kind": DocumentKind.RESOLUTION,
    }
    return operations.render_document(hall.system("test"), **{**values, **changes})


def current(hall: TownHall, document_id: UUID) -> Document:
    with hall.database.reading() as session:
        row = session.get(Document, (1, document_id))
        assert row is not None
        return row


def bodies(hall: TownHall, kind: str) -> list[dict[str, Any]]:
    with hall.database.reading() as session:
        rows = session.scalars(
            select(AuditEvent.body).where(AuditEvent.type == kind).order_by(AuditEvent.id)
        )
        return [json.loads(row) for row in rows]


def stored(hall: TownHall, row: Document) -> bytes:
    return hall.storage.get(1, row.sha256)


def code_of(hall: TownHall, document_id: UUID) -> str:
    with hall.database.reading() as session:
        code = secure_codes.reveal(hall, session, document_id)
    assert code is not None
    return code


@pytest.fixture
def signals(hall: TownHall) -> Any:
    """The signals that reach the workflow, in a job that stands for its room."""
    heard: list[tuple[str, dict[str, Any]]] = []
    before = dict(JOBS)
    JOBS.pop("workflow.signal", None)

    @job("workflow.signal")
    def hear(call: Call, *, reference: str, result: dict[str, Any]) -> None:
        heard.append((reference, result))

    yield heard
    JOBS.clear()
    JOBS.update(before)


def test_a_captured_document_keeps_its_bytes_and_its_metadata(hall: TownHall) -> None:
    """FIL-18: content, identity, time reference and minimum metadata."""
    document = add(hall)
    row = current(hall, document.id)
    assert stored(hall, row) == b"%PDF-1.7 plano"
    assert row.sha256 == hashlib.sha256(b"%PDF-1.7 plano").hexdigest()
    assert row.eni_id.startswith("ES_L01339014_2026_")
    assert (row.state, row.version, row.origin) == ("final", 1, "citizen")
    assert row.captured_at == hall.clock.now()
    (event,) = bodies(hall, "documents.add_document")
    assert event["facts"]["sha256"] == row.sha256
    assert "Plano" not in json.dumps(event)


def test_bytes_already_stored_become_a_document_by_their_hash(hall: TownHall) -> None:
    sha256 = hall.storage.put(1, b"%PDF-1.7 ya")
    assert add(hall, data=None, sha256=sha256).size == 11


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"", "application/pdf"),
        (b"<html>", "application/pdf"),
        (b"%PDF-1.7", "image/png"),
        (b"GIF89a", "image/jpeg"),
        (b"{", "application/json"),
    ],
)
def test_bytes_that_are_not_of_their_type_are_refused(
    hall: TownHall, data: bytes, media_type: str
) -> None:
    with pytest.raises(BadInput):
        add(hall, data=data, media_type=media_type)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "etc passwd.pdf"),
        ("a\x00b\u202efdp.exe.pdf", "a b fdp.exe.pdf"),
        ("", "documento.pdf"),
        ("x" * 300 + ".pdf", "x" * 117 + ".pdf"),
    ],
)
def test_a_file_name_is_safe_to_save(hall: TownHall, given: str, kept: str) -> None:
    assert add(hall, name=given).name == kept


def test_an_authentic_copy_names_its_source(hall: TownHall) -> None:
    """FIL-17: a copy states that it is one, in its metadata."""
    with pytest.raises(BadInput, match="origen"):
        add(hall, elaboration_state=ElaborationState.PARTIAL_COPY)
    original = add(hall)
    copy = add(hall, elaboration_state=ElaborationState.PARTIAL_COPY, source_eni_id=original.eni_id)
    assert copy.source_eni_id == original.eni_id


def test_paper_that_is_digitised_gets_the_identifier_that_its_copy_names(hall: TownHall) -> None:
    """FIL-12: the assistance office makes an authentic copy of the paper (EE03)."""
    copy = add(hall, elaboration_state=ElaborationState.COPY_OF_PAPER)
    assert copy.source_eni_id is not None
    assert DOCUMENT_ID.fullmatch(copy.source_eni_id)
    assert copy.source_eni_id != copy.eni_id


def test_the_current_bytes_can_be_proved_by_the_event_that_binds_them(
    hall: TownHall, run_all: Run
) -> None:
    document = render(hall, seal=True)
    run_all()
    JOBS["documents.seal"].handler(hall.system("t"), document_id=str(document.id))
    sequence(hall)
    with hall.database.reading() as session:
        event_id = queries.binding_event(session, document.id)
        assert event_id is not None
        proof = prove(session, event_id)
    assert json.loads(proof.body)["facts"]["sha256"] == current(hall, document.id).sha256


def test_a_citizen_captures_only_what_is_theirs(hall: TownHall, citizen: Person) -> None:
    actor = actor_for(ActorKind.CITIZEN, citizen.id, "documents.add_document")
    document = operations.add_document(
        hall.call(actor),
        title="Foto",
        kind=DocumentKind.OTHER,
        origin=Origin.ADMINISTRATION,
        media_type="application/pdf",
        name="a.pdf",
        data=b"%PDF-",
        person_id=new_id(),
        visibility=Visibility.PUBLIC,
    )
    assert (document.origin, document.person_id) == ("citizen", citizen.id)
    assert document.visibility == "parties"


def test_nobody_without_the_permission_captures_anything(hall: TownHall) -> None:
    with pytest.raises(Refused):
        operations.withdraw(
            hall.call(actor_for(ActorKind.OFFICIAL, new_id())), document_id=new_id(), reason="x"
        )


def test_a_composed_document_becomes_a_pdf_by_a_job(hall: TownHall, run_all: Run) -> None:
    document = render(hall)
    assert current(hall, document.id).state == "draft"
    run_all()
    row = current(hall, document.id)
    assert (row.state, row.media_type, row.version) == ("final", "application/pdf", 2)
    text = PdfReader(io.BytesIO(stored(hall, row))).pages[0].extract_text()
    assert "Se autoriza a Xuan por 12,50" in text
    assert secure_code.printed(code_of(hall, document.id)) in text


def test_every_version_of_the_bytes_is_kept(hall: TownHall, run_all: Run) -> None:
    document = render(hall, seal=True)
    run_all()
    with hall.database.reading() as session:
        kept = queries.versions(session, document.id)
    assert [row.reason for row in kept] == ["composed", "rendered", "sealed"]
    assert [row.number for row in kept] == [1, 2, 3]
    for row in kept:
        data = hall.storage.get(1, row.sha256)
        assert hashlib.sha256(data).hexdigest() == row.sha256
        assert len(data) == row.size


def test_missing_fields_are_reported_to_whoever_waits(
    hall: TownHall, run_all: Run, signals: list[Any]
) -> None:
    document = render(hall, context={"nombre": "Xuan"}, reference="token-1")
    assert document.missing == ["tasa"]
    run_all()
    ((reference, result),) = signals
    assert reference == "token-1"
    assert result["missing"] == ["tasa"]
    assert result["document_id"] == str(document.id)


def test_the_seal_is_put_by_a_job_and_its_waiter_is_told_once(
    hall: TownHall, run_all: Run, signals: list[Any], keys: TestKeys
) -> None:
    document = render(hall, seal=True, reference="token-1")
    run_all()
    ((_, result),) = signals
    row = current(hall, document.id)
    assert row.state == result["state"] == "sealed"
    assert row.sha256 == result["sha256"]
    with hall.database.reading() as session:
        (signature,) = queries.signatures(session, document.id)
    assert (signature.level, signature.signer_name) == ("LT", "Alcaldía")
    assert not signature.upgrade_pending
    assert signature.certificate == queries_fingerprint(keys)
    (event,) = bodies(hall, "documents.sealed")
    assert event["facts"]["sha256"] == row.sha256
    assert event["facts"]["level"] == "LT"


def queries_fingerprint(keys: TestKeys) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    return keys.organ.certificate.fingerprint(SHA256()).hex()


def test_an_independent_verifier_accepts_the_seal(
    hall: TownHall, run_all: Run, root_pem: Path, tmp_path: Path
) -> None:
    document = render(hall, seal=True)
    run_all()
    assert_sealed(stored(hall, current(hall, document.id)), root_pem, tmp_path, signatures=1)


def assert_sealed(pdf: bytes, root_pem: Path, folder: Path, *, signatures: int) -> str:
    """What pdfsig says, read as text: its return code is 0 for a bad signature too."""
    import shutil

    if shutil.which("pdfsig") is None or shutil.which("certutil") is None:
        pytest.skip("poppler-utils and libnss3-tools are not installed")
    store = folder / "nss"
    store.mkdir(exist_ok=True)
    nss = f"sql:{store}"
    subprocess.run(["certutil", "-N", "-d", nss, "--empty-password"], check=True)
    add_root = ["certutil", "-A", "-d", nss, "-n", "root", "-t", "CT,C,C", "-i", str(root_pem)]
    subprocess.run(add_root, check=True)
    file = folder / "sealed.pdf"
    file.write_bytes(pdf)
    told = subprocess.run(
        ["pdfsig", "-nssdir", nss, str(file)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    ).stdout
    assert told.count("Signature Validation: Signature is Valid.") == signatures, told
    assert told.count("Certificate Validation: Certificate is Trusted.") == signatures, told
    return told


def test_a_job_that_runs_twice_seals_once(hall: TownHall, run_all: Run) -> None:
    document = render(hall, seal=True)
    run_all()
    before = current(hall, document.id)
    for name in ("documents.render", "documents.seal"):
        JOBS[name].handler(hall.system(name), document_id=str(document.id))
    after = current(hall, document.id)
    assert (before.sha256, before.version) == (after.sha256, after.version)


def test_a_result_for_bytes_that_changed_meanwhile_has_no_effect(
    hall: TownHall, run_all: Run
) -> None:
    document = render(hall)
    first = current(hall, document.id).sha256
    run_all()
    done = operations.rendered(
        hall.system("test"), document_id=document.id, from_sha256=first, data=b"%PDF-other"
    )
    assert done is False
    assert current(hall, document.id).version == 2


def test_without_time_stamps_the_seal_is_put_and_raised_later(
    hall: TownHall, run_all: Run, keys: TestKeys, root_pem: Path, tmp_path: Path
) -> None:
    keys.silent = True
    document = render(hall, seal=True)
    run_all()
    with hall.database.reading() as session:
        (signature,) = queries.signatures(session, document.id)
    assert (signature.level, signature.upgrade_pending) == ("B", True)
    upgrade_pending(hall)
    assert current(hall, document.id).version == 3
    keys.silent = False
    upgrade_pending(hall)
    upgrade_pending(hall)
    row = current(hall, document.id)
    assert (row.state, row.version) == ("sealed", 4)
    with hall.database.reading() as session:
        (signature,) = queries.signatures(session, document.id)
        assert queries.versions(session, document.id)[-1].reason == VersionReason.UPGRADED
    assert (signature.level, signature.upgrade_pending) == ("LT", False)
    told = assert_sealed(stored(hall, row), root_pem, tmp_path, signatures=1)
    assert "Signature #2" in told
    reader = PdfFileReader(io.BytesIO(stored(hall, row)))
    (stamp,) = reader.embedded_timestamp_signatures
    assert stamp.sig_object["/SubFilter"] == "/ETSI.RFC3161"


def test_a_seal_is_not_put_on_what_has_no_effect(hall: TownHall, run_all: Run) -> None:
    document = render(hall)
    run_all()
    operations.withdraw(hall.system("test"), document_id=document.id, reason="Duplicado")
    with pytest.raises(RuleBroken):
        operations.request_seal(hall.system("test"), document_id=document.id)
    other = add(hall, data=b"\x89PNG\r\n\x1a\n", media_type="image/png", name="a.png")
    with pytest.raises(RuleBroken, match="PDF"):
        operations.request_seal(hall.system("test"), document_id=other.id)


def test_asking_again_for_a_seal_wakes_whoever_asks(
    hall: TownHall, run_all: Run, signals: list[Any]
) -> None:
    document = render(hall, seal=True)
    run_all()
    operations.request_seal(hall.system("test"), document_id=document.id, reference="later")
    run_all()
    assert [reference for reference, _ in signals] == ["later"]
    assert current(hall, document.id).version == 3


def test_a_document_is_found_by_its_code_and_the_reading_is_recorded(
    hall: TownHall, run_all: Run
) -> None:
    document = render(hall, seal=True)
    run_all()
    anyone = Actor(ActorKind.ANONYMOUS, permissions=frozenset({"documents.check_code"}))
    typed = secure_code.printed(code_of(hall, document.id)).lower().replace("-", " ")
    row, data = operations.check_code(hall.call(anyone), code=typed)
    assert row.id == document.id
    assert data == stored(hall, current(hall, document.id))
    (event,) = bodies(hall, "documents.check_code")
    assert event["object"]["id"] == str(document.id)
    assert code_of(hall, document.id) not in json.dumps(event)


def test_unknown_mistyped_withdrawn_and_expired_codes_get_the_same_answer(
    hall: TownHall, run_all: Run, clock: FixedClock
) -> None:
    withdrawn, expired, draft = render(hall), render(hall), None
    run_all()
    draft = render(hall)
    codes = [code_of(hall, item.id) for item in (withdrawn, expired, draft)]
    operations.withdraw(hall.system("test"), document_id=withdrawn.id, reason="Error")
    with hall.database.transaction() as session:
        session.execute(
            update(SecureCode)
            .where(SecureCode.document_id == expired.id)
            .values(expires_at=clock.now() + timedelta(days=1))
        )
    clock.advance(timedelta(days=2))
    told = set()
    for code in [*codes, secure_code.generate(), "nada", codes[0][:-1] + "0"]:
        with pytest.raises(NotFound) as failure:
            operations.check_code(hall.system("test"), code=code)
        told.add(failure.value.message)
    assert len(told) == 1


def test_the_database_does_not_hold_the_code(hall: TownHall) -> None:
    document = render(hall)
    code = code_of(hall, document.id)
    with hall.database.reading() as session:
        row = session.get(SecureCode, (1, document.id))
    assert row is not None
    assert code.encode() not in row.encrypted + row.code_hash
    assert row.code_hash == secure_code.code_hash(code)


def visible(hall: TownHall, actor: Actor, document_id: UUID, *expedientes: UUID) -> bool:
    with hall.database.reading() as session:
        try:
            return bool(queries.document(session, document_id, actor, expedientes))
        except NotFound:
            return False


def test_each_actor_sees_only_what_concerns_them(
    hall: TownHall, citizen: Person, company: Person
) -> None:
    case, other_case = new_id(), new_id()
    shared = add(hall, expediente_id=case)
    internal = add(hall, expediente_id=case, visibility=Visibility.INTERNAL)
    public = add(hall, expediente_id=other_case, visibility=Visibility.PUBLIC)
    upload = add(hall, person_id=citizen.id)
    xuan = actor_for(ActorKind.CITIZEN, citizen.id)
    stranger = actor_for(ActorKind.CITIZEN, company.id)
    official = actor_for(ActorKind.OFFICIAL, new_id())
    registrar = actor_for(ActorKind.OFFICIAL, new_id(), queries.READ_ANY)
    anyone = Actor(ActorKind.ANONYMOUS)

    def seen(actor: Actor, *expedientes: UUID) -> list[bool]:
        return [
            visible(hall, actor, item.id, *expedientes)
            for item in (shared, internal, public, upload)
        ]

    assert seen(xuan, case) == [True, False, True, True]
    assert seen(xuan) == [False, False, True, True]
    assert seen(stranger, other_case) == [False, False, True, False]
    assert seen(official, case) == [True, True, True, False]
    assert seen(official) == [False, False, True, False]
    assert seen(registrar) == [False, False, True, True]
    assert seen(anyone, case) == [False, False, True, False]


def test_the_attorney_sees_the_files_of_the_represented_and_not_their_own(
    hall: TownHall, citizen: Person, company: Person
) -> None:
    of_company, of_attorney = add(hall, person_id=company.id), add(hall, person_id=citizen.id)
    acting = Actor(ActorKind.CITIZEN, id=citizen.id, on_behalf_of=company.id)
    assert visible(hall, acting, of_company.id)
    assert not visible(hall, acting, of_attorney.id)


def test_a_power_for_some_procedures_does_not_open_the_documents_of_the_others(
    hall: TownHall, citizen: Person, company: Person
) -> None:
    """FIL-7: only the expedientes that the power reaches, and what is in no expediente yet."""
    case = new_id()
    filed = add(hall, person_id=company.id, expediente_id=case)
    loose = add(hall, person_id=company.id)
    acting = Actor(
        ActorKind.CITIZEN,
        id=citizen.id,
        on_behalf_of=company.id,
        procedures=frozenset({"terrace-permit"}),
    )
    assert visible(hall, acting, loose.id)
    assert not visible(hall, acting, filed.id)
    assert visible(hall, acting, filed.id, case)


def test_a_quarantined_file_is_served_to_nobody_and_is_not_deleted(
    hall: TownHall, citizen: Person
) -> None:
    """FIL-13: malware is not deleted in silence."""
    document = add(hall, person_id=citizen.id)
    operations.quarantine(hall.system("test"), document_id=document.id, finding="EICAR")
    assert not visible(hall, actor_for(ActorKind.CITIZEN, citizen.id), document.id)
    with pytest.raises(NotFound):
        queries.content(hall, current(hall, document.id))
    assert hall.storage.exists(1, document.sha256)


def test_reading_a_document_is_recorded_and_the_refusal_too(
    hall: TownHall, citizen: Person
) -> None:
    document = add(hall, person_id=citizen.id)
    xuan = actor_for(ActorKind.CITIZEN, citizen.id, "documents.read")
    _, data = operations.read(hall.call(xuan), document_id=document.id)
    assert data == b"%PDF-1.7 plano"
    stranger = actor_for(ActorKind.CITIZEN, new_id(), "documents.read")
    with pytest.raises(NotFound):
        operations.read(hall.call(stranger), document_id=document.id)
    assert [event["result"] for event in bodies(hall, "documents.read")] == ["ok", "refused"]


def test_a_document_goes_into_one_expediente_only(hall: TownHall) -> None:
    document, case = add(hall), new_id()
    for _ in range(2):
        operations.assign_expediente(
            hall.system("test"), document_id=document.id, expediente_id=case
        )
    with pytest.raises(RuleBroken):
        operations.assign_expediente(
            hall.system("test"), document_id=document.id, expediente_id=new_id()
        )
    assert current(hall, document.id).expediente_id == case


def test_an_upload_can_be_taken_back_only_before_it_is_filed(
    hall: TownHall, citizen: Person
) -> None:
    """EXP-2: what was never filed is not part of any expediente."""
    xuan = actor_for(ActorKind.CITIZEN, citizen.id, "documents.discard")
    document = add(hall, person_id=citizen.id)
    filed = add(hall, person_id=citizen.id, expediente_id=new_id())
    foreign = add(hall)
    operations.discard(hall.call(xuan), document_id=document.id)
    with hall.database.reading() as session:
        assert session.get(Document, (1, document.id)) is None
    with pytest.raises(RuleBroken):
        operations.discard(hall.call(xuan), document_id=filed.id)
    with pytest.raises(NotFound):
        operations.discard(hall.call(xuan), document_id=foreign.id)


def test_old_objects_that_no_row_names_are_removed_and_all_others_stay(
    hall: TownHall, run_all: Run
) -> None:
    document = render(
        hall, attachments=[EmbeddedFile("d.json", "Datos", "application/json", b"{}")]
    )
    run_all()
    in_json = hall.storage.put(1, b"named by a JSON column")
    with hall.database.transaction() as session:
        row = session.get(Document, (1, document.id))
        assert row is not None
        row.missing = [f"sha256:{in_json}"]
    orphan, young = hall.storage.put(1, b"orphan"), hall.storage.put(1, b"young")
    before = SystemClock().now() - timedelta(hours=24)
    for name in list(hall.storage.list(1)):
        if name != young:
            path = hall.settings.storage_dir / "1" / name[:2] / name
            os.utime(path, (before.timestamp() - 60,) * 2)
    assert remove_orphans(hall, before) == 1
    left = set(hall.storage.list(1))
    assert orphan not in left
    assert {young, in_json} <= left
    with hall.database.reading() as session:
        assert {row.sha256 for row in session.scalars(select(DocumentVersion))} <= left


def test_putting_an_old_orphan_again_saves_it_from_the_sweeper(hall: TownHall) -> None:
    orphan = hall.storage.put(1, b"orphan")
    old = SystemClock().now() - timedelta(hours=48)
    os.utime(hall.settings.storage_dir / "1" / orphan[:2] / orphan, (old.timestamp(),) * 2)
    hall.storage.put(1, b"orphan")
    assert remove_orphans(hall, SystemClock().now() - timedelta(hours=24)) == 0


@pytest.mark.parametrize("harm", ["altered", "removed"])
def test_the_audit_verification_finds_bytes_that_are_not_as_they_were(
    hall: TownHall, run_all: Run, harm: str
) -> None:
    document = render(hall, seal=True)
    run_all()
    sequence(hall)
    assert verify(hall).ok
    row = current(hall, document.id)
    path = hall.settings.storage_dir / "1" / row.sha256[:2] / row.sha256
    if harm == "altered":
        path.write_bytes(path.read_bytes() + b" ")
    else:
        path.unlink()
    report = verify(hall)
    assert not report.ok
    assert any("Licencia de terraza" in item.message for item in report.alterations)


def test_signatures_name_a_version_that_exists(hall: TownHall, run_all: Run) -> None:
    document = render(hall, seal=True)
    run_all()
    with hall.database.reading() as session:
        signature = session.scalars(select(DocumentSignature)).one()
        version = session.get(DocumentVersion, (1, document.id, signature.number))
    assert version is not None
    assert version.sha256 == current(hall, document.id).sha256
    assert current(hall, document.id).state == DocumentState.SEALED
