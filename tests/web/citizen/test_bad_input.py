"""What browsers, networks and attackers send wrong: a clear page each, and nothing half written."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from bs4 import Tag
from factories.row_counts import row_counts
from factories.sede import Page, SedeClient
from werkzeug.test import encode_multipart

from engine.people.models import Person
from engine.townhall import TownHall
from tests.web.citizen.conftest import CONTACT, PDF, Kiosk
from web.context import SESSION_COOKIE


def token_of(page: Page) -> str:
    field = page.soup.find("input", attrs={"name": "csrf_token"})
    assert isinstance(field, Tag)
    return str(field["value"])


def archive(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, data)
    return stream.getvalue()


def office_bomb() -> bytes:
    """A small DOCX whose document is of thirty megabytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", b"0" * 30_000_000)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("key", "name", "data", "message"),
    [
        ("plan", "plano.pdf", archive("a.txt", b"hola"), "pero es ZIP"),
        ("plan", "plano.pdf", office_bomb(), "pero es documento DOCX"),
        ("photo", "fotos.zip", archive("a.txt", b"0" * 30_000_000), "contiene demasiado"),
        ("photo", "foto.jpg", PDF, "se llama como un fichero JPEG, pero es PDF"),
    ],
)
def test_a_file_that_lies_or_bursts_is_refused_and_not_kept(
    kiosk: Kiosk, hall: TownHall, key: str, name: str, data: bytes, message: str
) -> None:
    page = kiosk.sede.get(kiosk.begin().link("Documentos"))
    before = row_counts(hall)
    page = kiosk.sede.submit(
        page, {f"file-{key}": (name, data)}, action=f"/documentos/{key}", status=422
    )
    assert message in page.errors[f"file-{key}"]
    assert row_counts(hall) == before


def test_an_application_filed_twice_has_one_entry_one_expediente_and_one_receipt(
    kiosk: Kiosk, hall: TownHall
) -> None:
    """FIL-11: the second press of the button finds what the first one did."""
    page = kiosk.fill()
    first = kiosk.sign(page)
    once = row_counts(hall)
    assert kiosk.sign(page).path == first.path
    assert row_counts(hall) == once
    assert (once["registry_entry"], once["expediente"]) == (1, 1)


def test_what_the_slower_of_two_windows_sends_changes_nothing(kiosk: Kiosk, hall: TownHall) -> None:
    hub = kiosk.begin()
    slow, quick = (kiosk.sede.get(hub.link("Cómo encontrarle")) for _ in range(2))
    kiosk.sede.submit(quick, {**CONTACT, "postal": "33202"}, button="Guardar y continuar")
    page = kiosk.sede.submit(
        slow, {**CONTACT, "postal": "33209"}, button="Guardar y continuar", status=409
    )
    assert page.h1 == "Ha modificado la solicitud en otra ventana"
    saved = kiosk.sede.get(hub.link("Cómo encontrarle")).soup.find(id="postal")
    assert isinstance(saved, Tag)
    assert saved["value"] == "33202"


def test_a_body_that_breaks_off_is_told_and_nothing_is_kept(kiosk: Kiosk, hall: TownHall) -> None:
    page = kiosk.sede.get(kiosk.begin().link("Documentos"))
    action = str(page.form(action="/documentos/plan")["action"])
    before = row_counts(hall)
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n'
        + token_of(page).encode()
        + b'\r\n--cut\r\nContent-Disposition: form-data; name="file-plan"; filename="plano.pdf"\r\n'
        + b"Content-Type: application/pdf\r\n\r\n"
        + PDF[:20]
    )
    answer = kiosk.sede.http.post(
        action, data=body, content_type="multipart/form-data; boundary=cut"
    )
    assert answer.status_code == 400
    text = answer.get_data(as_text=True)
    assert "El formulario ha caducado" not in text, "it did not: the connection broke"
    assert "No se ha entendido lo que se pedía" in text
    assert "inténtelo de nuevo" in text
    assert row_counts(hall) == before


def test_thousands_of_parts_are_too_much(kiosk: Kiosk, hall: TownHall) -> None:
    page = kiosk.sede.get(kiosk.begin().link("Documentos"))
    action = str(page.form(action="/documentos/plan")["action"])
    before = row_counts(hall)
    part = b'--p\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\nx\r\n'
    answer = kiosk.sede.http.post(
        action, data=part * 5_000 + b"--p--\r\n", content_type="multipart/form-data; boundary=p"
    )
    assert answer.status_code == 413
    assert "No se ha guardado nada de este envío" in answer.get_data(as_text=True)
    assert row_counts(hall) == before


def test_a_field_of_ten_megabytes_is_too_much_in_either_kind_of_form(
    kiosk: Kiosk, hall: TownHall
) -> None:
    page = kiosk.sede.get(kiosk.begin().link("El puesto"))
    before = row_counts(hall)
    fields = {"csrf_token": token_of(page), "details": "x" * 10_000_000}
    boundary, body = encode_multipart(fields)
    for data, kind in (
        (fields, "application/x-www-form-urlencoded"),
        (body, f"multipart/form-data; boundary={boundary}"),
    ):
        answer = kiosk.sede.http.post(page.path, data=data, content_type=kind)
        assert answer.status_code == 413
        assert "Lo que envía es demasiado grande" in answer.get_data(as_text=True)
    assert row_counts(hall) == before


@pytest.mark.parametrize("token", ["", "0" * 80, "ñ" * 40, "x"])
def test_a_forged_token_is_refused_and_what_was_typed_is_shown(
    kiosk: Kiosk, hall: TownHall, token: str
) -> None:
    page = kiosk.sede.get(kiosk.begin().link("Cómo encontrarle"))
    before = row_counts(hall)
    answer = kiosk.sede.http.post(
        page.path, data={"csrf_token": token, "email": "xuan@example.org"}
    )
    assert answer.status_code == 400
    text = answer.get_data(as_text=True)
    assert "El formulario ha caducado" in text
    assert "xuan@example.org" in text
    assert row_counts(hall) == before


def test_a_form_sent_from_another_site_is_not_offered_again(kiosk: Kiosk, hall: TownHall) -> None:
    page = kiosk.sede.get(kiosk.begin().link("Cómo encontrarle"))
    before = row_counts(hall)
    answer = kiosk.sede.http.post(
        page.path,
        data={"csrf_token": token_of(page), "email": "otra@example.org"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 400
    assert "otra@example.org" not in answer.get_data(as_text=True)
    assert row_counts(hall) == before


def test_what_was_typed_in_a_session_that_ended_is_sent_again_after_signing_in(
    kiosk: Kiosk, hall: TownHall, citizen: Person, new_sede: Callable[[], SedeClient]
) -> None:
    sede = kiosk.sede
    page = sede.get(kiosk.begin().link("Cómo encontrarle"))
    before = row_counts(hall)
    sede.sign_out()
    expired = sede.submit(
        page, {**CONTACT, "postal": "33207"}, button="Guardar y continuar", status=400
    )
    assert expired.h1 == "El formulario ha caducado"
    assert "33207" in expired.main
    assert "Identifíquese de nuevo" in expired.main
    assert row_counts(hall) == before
    sede.sign_in_citizen(citizen)
    changed = {"postal": "33300"}
    assert sede.submit(expired, changed, button="Enviar de nuevo", status=400).h1 == expired.h1, (
        "only what the page showed goes through: not another content, nor another's"
    )
    assert sede.submit(expired, button="Enviar de nuevo").h1 == "Ayudantes"
    saved = sede.get(page.path).soup.find(id="postal")
    assert isinstance(saved, Tag)
    assert saved["value"] == "33207"


def test_addresses_and_headers_that_are_no_text_get_a_page_too(kiosk: Kiosk) -> None:
    http = kiosk.sede.http
    cookie = http.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    for path in ("/tramites/%ff%fe", "/carpeta/%c3%28", "/%00", "/solicitudes/%ed%a0%80/revisar"):
        answer = http.get(path)
        assert answer.status_code == 404, path
        assert "Página no encontrada" in answer.get_data(as_text=True)
    for name, value in (
        ("Accept-Language", "\xff\xfe"),
        ("User-Agent", "\x80" * 500),
        ("Referer", "http://\xff"),
        ("X-CSRF-Token", "\xe9\xff"),
        ("If-None-Match", "\xff"),
    ):
        answer = http.get("/carpeta", headers={name: value})
        assert answer.status_code == 200, name
    assert http.get("/?q=%ff&q=%00").status_code == 200
    assert http.get("/tramites?q=%ff%00%ed%a0%80").status_code == 200
