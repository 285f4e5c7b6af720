"""The receipt of a filing: complete, sealed, with the proof that anyone can check."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pypdf import PdfReader

from engine.clock import MADRID, FixedClock
from engine.deadlines.calendars import load_calendar
from engine.documents import operations as documents
from engine.documents import queries as document_queries
from engine.documents import secure_code, secure_codes
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document
from engine.errors import Unavailable
from engine.jobs import JOBS
from engine.people.models import Person, Unit
from engine.record import sequencer
from engine.record.proof_document import check_receipt
from engine.registry import operations, queries
from engine.registry.models import (
    AttachmentKind,
    Book,
    PhysicalDocuments,
    RegistryEntry,
)
from engine.registry.operations import Attached
from engine.registry.receipt import Section, term_start
from engine.townhall import TownHall

Run = Callable[[], int]
FORM = b'{"answers":{"mesas":4}}'


@pytest.fixture
def filed(hall: TownHall, unit: Unit, citizen: Person, company: Person) -> RegistryEntry:
    """A filing on a Sunday, by an attorney, with a form and a plan."""
    hall.clock = FixedClock(datetime(2026, 11, 29, 11, 0, tzinfo=MADRID))
    system = hall.system("test")
    common: dict[str, Any] = {"origin": Origin.CITIZEN, "person_id": company.id}
    form = documents.add_document(
        system,
        title="Formulario",
        kind=DocumentKind.APPLICATION,
        media_type="application/json",
        name="solicitud.json",
        data=FORM,
        **common,
    )
    plan = documents.add_document(
        system,
        title="Plano",
        kind=DocumentKind.OTHER,
        media_type="application/pdf",
        name="plano de la terraza.pdf",
        data=b"%PDF-1.7 plano",
        **common,
    )
    return operations.enter(
        system,
        book=Book.ENTRY,
        subject="Autorización de terraza en la Plaza Mayor",
        unit_id=unit.id,
        person_id=company.id,
        representative_id=citizen.id,
        documents=[Attached(form.id, AttachmentKind.FORM), plan.id],
        sia="1234567",
        contents=[Section("Datos de la terraza", (("Mesas", "4"), ("Motivo", "Verano\nOtoño")))],
        notes=["El plazo máximo es de 3 meses."],
    )


def receipt_of(hall: TownHall, entry: RegistryEntry) -> tuple[Document, bytes]:
    with hall.database.reading() as session:
        row = session.get(RegistryEntry, (1, entry.id))
        assert row is not None
        assert row.receipt_id is not None
        document = session.get(Document, (1, row.receipt_id))
        assert document is not None
    return document, hall.storage.get(1, document.sha256)


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_the_receipt_says_all_that_the_law_asks(
    hall: TownHall, filed: RegistryEntry, run_all: Run
) -> None:
    """FIL-11, PLZ-9, PLZ-10: art. 16.3 of Ley 39/2015 and art. 41.a of RD 203/2021."""
    run_all()
    document, pdf = receipt_of(hall, filed)
    text = text_of(pdf)
    with hall.database.reading() as session:
        rows = queries.attachments(session, filed.id, hall.system("test").actor)
        code = secure_codes.reveal(hall, session, document.id)
    assert code is not None
    squeezed = text.replace(" ", "")
    for expected in (
        "Oficina de Asistencia en Materia de Registros (O00033901)",
        "2026-E-000001",
        "29 de noviembre de 2026, 11:00:00 (hora oficial peninsular)",
        "30 de noviembre de 2026, 00:00:00 (hora oficial peninsular)",
        "Sidrería El Chigre, S. L. (B33000001)",
        "Xuan Suárez Miranda (12345678Z)",
        "Urbanismo y Obras (LA0000001)",
        "Autorización de terraza en la Plaza Mayor",
        "1234567",
        "solicitud.json",
        "plano de la terraza.pdf",
        "application/pdf",
        f"{len(FORM)} bytes",
        "(domingo)",
        "31.2 de la Ley 39/2015",
        "El plazo máximo es de 3 meses.",
        "Datos de la terraza",
        "Verano",
        secure_code.printed(code),
    ):
        assert expected.replace(" ", "") in squeezed, expected
    for row in rows:
        assert row.sha256 in squeezed
    assert (document.state, document.kind, document.missing) == ("sealed", "TD09", [])


def test_the_proof_inside_shows_the_filing_in_the_signed_log(
    hall: TownHall, filed: RegistryEntry, run_all: Run
) -> None:
    """FIL-11: integrity and non-repudiation, to be checked by anyone without the town hall."""
    run_all()
    _, pdf = receipt_of(hall, filed)
    report = check_receipt(pdf, sequencer.log_key(hall).public)
    assert report.ok, report.faults
    assert report.number == filed.code
    assert report.presented_at == "2026-11-29T10:00:00.000000Z"
    with hall.database.reading() as session:
        hashes = [
            row.sha256 for row in queries.attachments(session, filed.id, hall.system("test").actor)
        ]
    assert [item["sha256"] for item in report.documents] == hashes


def test_a_receipt_of_another_log_is_found_out(
    hall: TownHall, filed: RegistryEntry, run_all: Run
) -> None:
    run_all()
    _, pdf = receipt_of(hall, filed)
    assert not check_receipt(pdf, Ed25519PrivateKey.generate().public_key()).ok


def test_the_receipt_holds_a_copy_of_the_form(
    hall: TownHall, filed: RegistryEntry, run_all: Run
) -> None:
    """FIL-11: the receipt is an authenticated copy of what was filed."""
    run_all()
    _, pdf = receipt_of(hall, filed)
    files = PdfReader(io.BytesIO(pdf)).attachments
    assert files["01-solicitud.json"] == [FORM]
    assert set(files) == {"prueba.json", "01-solicitud.json"}


def test_an_independent_verifier_accepts_the_seal_of_the_receipt(
    hall: TownHall, filed: RegistryEntry, run_all: Run, root_pem: Path, tmp_path: Path
) -> None:
    if shutil.which("pdfsig") is None or shutil.which("certutil") is None:
        pytest.skip("poppler-utils and libnss3-tools are not installed")
    run_all()
    _, pdf = receipt_of(hall, filed)
    store = tmp_path / "nss"
    store.mkdir()
    nss = f"sql:{store}"
    subprocess.run(["certutil", "-N", "-d", nss, "--empty-password"], check=True)
    trust = ["certutil", "-A", "-d", nss, "-n", "root", "-t", "CT,C,C", "-i", str(root_pem)]
    subprocess.run(trust, check=True)
    verdicts = []
    for data in (pdf, pdf.replace(b"/Producer", b"/Pr0ducer", 1)):
        file = tmp_path / "receipt.pdf"
        file.write_bytes(data)
        verdicts.append(
            subprocess.run(
                ["pdfsig", "-nssdir", nss, str(file)],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            ).stdout
        )
    assert "Signature is Valid." in verdicts[0]
    assert "Certificate is Trusted." in verdicts[0]
    assert "Signature is Valid." not in verdicts[1]


def test_a_receipt_job_that_runs_twice_issues_one_receipt(
    hall: TownHall, filed: RegistryEntry, run_all: Run
) -> None:
    run_all()
    before, _ = receipt_of(hall, filed)
    JOBS["registry.receipt"].handler(hall.system("test"), entry_id=str(filed.id))
    assert operations.receipt_issued(hall.system("t"), entry_id=filed.id, proof=b"{}") == before.id
    run_all()
    after, _ = receipt_of(hall, filed)
    assert (before.id, before.version) == (after.id, after.version)


def test_the_page_knows_when_the_receipt_is_ready(
    hall: TownHall, filed: RegistryEntry, citizen: Person, run_all: Run
) -> None:
    from engine.permissions import Actor, ActorKind

    acting = Actor(ActorKind.CITIZEN, id=citizen.id, on_behalf_of=filed.person_id)

    def ready() -> bool:
        with hall.database.reading() as session:
            return queries.entry(session, filed.id, acting).receipt_ready

    assert not ready()
    run_all()
    assert ready()
    document, _ = receipt_of(hall, filed)
    with hall.database.reading() as session:
        assert document_queries.document(session, document.id, acting).id == document.id


def test_without_a_place_in_the_log_there_is_no_receipt_yet(
    hall: TownHall, filed: RegistryEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt is never issued without its proof: the job is tried again."""
    monkeypatch.setattr("engine.registry.jobs.sequence", lambda _townhall: 0)
    monkeypatch.setattr("engine.registry.jobs._WAIT_SECONDS", 0.0)
    with pytest.raises(Unavailable):
        JOBS["registry.receipt"].handler(hall.system("test"), entry_id=str(filed.id))
    with hall.database.reading() as session:
        row = session.get(RegistryEntry, (1, filed.id))
    assert row is not None
    assert row.receipt_id is None


def test_an_exit_has_a_receipt_only_when_it_is_asked_for(
    hall: TownHall, unit: Unit, company: Person, run_all: Run
) -> None:
    arguments: dict[str, Any] = {
        "book": Book.EXIT,
        "subject": "Notificación",
        "unit_id": unit.id,
        "person_id": company.id,
        "physical_documents": PhysicalDocuments.REQUIRED,
    }
    plain = operations.enter(hall.system("t"), **arguments)
    asked = operations.enter(hall.system("t"), receipt=True, **arguments)
    run_all()
    with hall.database.reading() as session:
        assert session.get(RegistryEntry, (1, plain.id)).receipt_id is None  # type: ignore[union-attr]
    _, pdf = receipt_of(hall, asked)
    text = text_of(pdf)
    assert "Justificante de salida 2026-S-000002" in text
    assert "Destinatario" in text
    assert "papel, necesaria" in text
    assert "Cuándo empiezan los plazos" not in text


@pytest.mark.parametrize(
    ("setting", "day"), [("deemed", "30 de noviembre"), ("real", "29 de noviembre")]
)
def test_the_receipt_tells_from_which_day_the_term_runs(
    hall: TownHall, filed: RegistryEntry, setting: str, day: str
) -> None:
    """PLZ-10: the effective start is told to the filer, as the town's setting counts it."""
    town = replace(hall.settings.town, filing_term_from=setting)
    sentence = term_start(filed, town)
    assert f"se cuenta desde el {day} de 2026" in sentence
    assert "domingo" in sentence


def test_the_receipt_does_not_guess_a_day_without_calendar(hall: TownHall, unit: Unit) -> None:
    """PLZ-18: no calendar, no date."""
    hall.parts["calendar"] = replace(load_calendar("valdecandamo"), years=frozenset({2025}))
    entry = operations.enter(
        hall.system("t"), book=Book.ENTRY, subject="x", unit_id=unit.id, receipt=False
    )
    assert "Aún no está publicado" in term_start(entry, hall.settings.town)
