"""The signing folder: what waits for one, read before it is signed, signed or refused."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from factories.sede import SedeClient
from factories.town import ENTITY, NIF, TestKeys

from engine.documents.codes import DocumentKind
from engine.documents.operations import render_document
from engine.errors import ConfigurationError
from engine.people.models import Official
from engine.signing import queries
from engine.signing.operations import request_signature
from engine.signing.signers import Signer
from engine.townhall import TownHall
from signatures.demo_authority import Authority
from signatures.keys import SigningKey
from tests.web.office.conftest import Desk


@pytest.fixture
def mayor(
    official_of: Callable[[str, str], Official], keys: TestKeys, authority: Authority
) -> Official:
    official = official_of("mayor", "ALC")
    keys.people[official.id] = authority.employee(
        given="Covadonga",
        surnames=("Fueyo", "Llaneza"),
        nif="12345678Z",
        entity=ENTITY,
        entity_nif=NIF,
        unit="Alcaldía",
        post="Alcaldesa",
    )
    return official


@pytest.fixture
def request_id(desk: Desk, hall: TownHall, mayor: Official, run_all: Callable[[], int]) -> UUID:
    """A resolution of another unit's expediente that waits for the mayor."""
    document = render_document(
        hall.system("test"),
        template="t",
        source="<p>Se repara la farola.</p>",
        context={},
        title="Resolución de la farola",
        kind=DocumentKind.RESOLUTION,
        expediente_id=desk.open(),
    )
    run_all()
    (row,) = request_signature(
        hall.system("test"),
        document_id=document.id,
        signers=[Signer(official_id=mayor.id)],
        purpose="Resolver",
    )
    return row.id


def test_the_folder_says_what_waits_and_for_what(
    sede: SedeClient, mayor: Official, request_id: UUID
) -> None:
    sede.sign_in_official(mayor)
    page = sede.get("/oficina/firmas")
    assert "Resolución de la farola" in page.main
    assert "Resolver" in page.main
    assert "2026/FAR/000001" in page.main


def test_the_document_is_shown_with_its_hash_and_signed_as_shown(
    sede: SedeClient, hall: TownHall, mayor: Official, request_id: UUID, run_all: Callable[[], int]
) -> None:
    sede.sign_in_official(mayor)
    page = sede.get(f"/oficina/firmas/{request_id}")
    frame = page.soup.find("iframe")
    assert frame is not None
    assert frame.find_next("code"), "its hash stands beside the button"
    shown = sede.get(str(frame["src"])).answer
    assert shown.data.startswith(b"%PDF"), "also of an expediente of another unit"
    assert shown.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    page = sede.submit(page, button="Firmar el documento")
    assert "Ha firmado el documento" in page.main
    assert "Se está aplicando su firma" in page.main
    run_all()
    assert "Usted firmó este documento" in sede.get(f"/oficina/firmas/{request_id}").main
    assert "No tiene nada pendiente de firmar" in sede.get("/oficina/firmas").main
    assert "Resolución de la farola" in sede.get("/oficina/firmas/decididas").main


def test_bytes_that_were_not_shown_are_not_signed(
    sede: SedeClient, hall: TownHall, mayor: Official, request_id: UUID
) -> None:
    sede.sign_in_official(mayor)
    page = sede.post(f"/oficina/firmas/{request_id}/firmar", {"shown_sha256": "0" * 64}, status=409)
    assert "ha cambiado desde que lo abrió" in page.main
    with hall.database.reading() as session:
        (row,) = queries.decided_by(session, mayor.id) or (None,)
    assert row is None


def test_a_signature_is_refused_with_a_reason(
    sede: SedeClient, mayor: Official, request_id: UUID
) -> None:
    sede.sign_in_official(mayor)
    page = sede.submit(
        sede.get(f"/oficina/firmas/{request_id}"), button="Rechazar la firma", status=422
    )
    assert page.errors == {"reason": "Escriba el motivo."}
    page = sede.submit(page, {"reason": "Falta el informe."}, button="Rechazar la firma")
    assert "Ha rechazado la firma" in page.main
    assert "Falta el informe." in sede.get("/oficina/firmas/decididas").main


def test_why_it_was_not_signed_is_told_to_whoever_does_the_task_again_and_no_longer_after_it(
    sede: SedeClient, desk: Desk, mayor: Official, ana: Official, request_id: UUID
) -> None:
    (item,) = desk.tasks(ana)
    sede.sign_in_official(ana)
    assert "No se firmó" not in sede.get(f"/oficina/tareas/{item.id}").main
    sede.sign_in_official(mayor)
    page = sede.get(f"/oficina/firmas/{request_id}")
    sede.submit(page, {"reason": "Falta el informe."}, button="Rechazar la firma")
    sede.sign_in_official(ana)
    page = sede.get(f"/oficina/tareas/{item.id}")
    assert "No se firmó: Resolución de la farola" in page.main
    assert "Falta el informe." in page.main


def test_what_is_for_another_to_sign_does_not_exist(
    sede: SedeClient, ana: Official, request_id: UUID
) -> None:
    sede.sign_in_official(ana)
    sede.get(f"/oficina/firmas/{request_id}", status=404)
    sede.get(f"/oficina/firmas/{request_id}/documento", status=404)
    sede.post(f"/oficina/firmas/{request_id}/firmar", {"shown_sha256": ""}, status=404)


def test_a_signature_that_could_not_be_applied_says_why(
    sede: SedeClient,
    hall: TownHall,
    keys: TestKeys,
    mayor: Official,
    request_id: UUID,
    run_all: Callable[[], int],
) -> None:
    def no_key(official_id: UUID) -> SigningKey:
        raise ConfigurationError("Su certificado ha caducado.")

    keys.official = no_key  # type: ignore[method-assign]
    sede.sign_in_official(mayor)
    sede.submit(sede.get(f"/oficina/firmas/{request_id}"), button="Firmar el documento")
    run_all()
    page = sede.get(f"/oficina/firmas/{request_id}")
    assert "Su certificado ha caducado" in page.main
    assert page.form("Firmar el documento")
