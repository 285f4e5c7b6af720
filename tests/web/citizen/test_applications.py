"""An application from its first page to its receipt, and what people do wrong on the way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from factories.sede import SedeClient

from engine.people.models import Person
from tests.web.citizen.conftest import CONTACT, PDF, SITE, Kiosk


def test_an_application_goes_from_its_first_page_to_its_receipt(kiosk: Kiosk) -> None:
    """FIL-11: number, date and hour, person, addressee and the files with their hashes."""
    page = kiosk.begin()
    assert "Ha completado 1 de 4 pasos" in page.main  # the list of helpers may stay empty
    page = kiosk.fill()
    assert page.h1 == "Revise su solicitud antes de presentarla"
    for words in ("Calle Nueva", "9 de marzo de 2027", "1.234,50 €", "Queso", "plano.pdf"):
        assert words in page.main
    assert "No tiene que pagar nada." in page.main
    receipt = kiosk.sign(page)
    assert receipt.h1 == "Presentado"
    assert "Xuan Suárez Miranda" in receipt.main
    assert "Espacio Público y Comercio (LA0000004)" in receipt.main
    assert "24 de noviembre de 2026, 10:00" in receipt.main
    assert "plano.pdf" in receipt.main
    assert "Lo revisa el ayuntamiento." in receipt.main


def test_the_receipt_says_that_its_pdf_is_being_made_until_it_is_sealed(kiosk: Kiosk) -> None:
    """FIL-11."""
    receipt = kiosk.filed()
    assert "en preparación" in receipt.main
    assert receipt.soup.select_one("[data-refresh]") is not None
    kiosk.run_all()
    kiosk.run_all()
    receipt = kiosk.sede.get(receipt.path)
    assert receipt.soup.select_one("[data-refresh]") is None
    answer = kiosk.sede.http.get(receipt.link("Descargar el justificante"))
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_with_errors_keeps_what_was_typed_and_says_what_to_do(kiosk: Kiosk) -> None:
    page = kiosk.sede.get(kiosk.begin().link("El puesto"))
    wrong = {**SITE, "from": "31/2/2027", "budget": "mucho", "days": "9", "street": ""}
    page = kiosk.sede.submit(page, wrong, button="Guardar y continuar", status=422)
    assert page.errors == {
        "street": "Rellene «Calle».",
        "from": "Esa fecha no existe: revise el día y el mes.",
        "budget": "Escriba un importe, como 1.234,50.",
        "days": "Tiene que ser 7 o menos.",
    }
    field = page.soup.find(id="budget")
    assert field is not None
    assert field["value"] == "mucho"
    again = kiosk.sede.get(page.link("Ver todos los pasos"))
    assert "Con errores" in again.main
    page = kiosk.sede.get(again.link("El puesto"))
    assert "from" in page.errors


def test_a_page_may_be_left_half_done_and_finished_another_day(kiosk: Kiosk) -> None:
    page = kiosk.sede.get(kiosk.begin().link("El puesto"))
    page = kiosk.sede.submit(page, {"street": "Calle Nueva"}, button="Guardar y salir")
    assert page.h1 == "Mi carpeta"
    assert "Guardado." in page.main
    page = kiosk.sede.get(kiosk.sede.get(page.link("Puesto en el mercado")).link("El puesto"))
    field = page.soup.find(id="street")
    assert field is not None
    assert field["value"] == "Calle Nueva"


def test_a_question_that_an_answer_brings_is_asked_on_the_same_page_after_saving(
    kiosk: Kiosk,
) -> None:
    page = kiosk.sede.get(kiosk.begin().link("El puesto"))
    assert page.soup.find(id="square") is None
    page = kiosk.sede.submit(page, {**SITE, "place": "square"}, button="Guardar y continuar")
    assert page.errors == {}
    assert "hay más preguntas" in page.main
    page = kiosk.sede.submit(page, {"square": "Mayor"}, button="Guardar y continuar")
    assert page.h1 == "Cómo encontrarle"


def test_what_the_town_hall_knows_is_shown_and_not_asked(kiosk: Kiosk) -> None:
    page = kiosk.sede.get(kiosk.begin().link("El puesto"))
    assert "Xuan Suárez Miranda" in page.main
    assert page.soup.find(attrs={"name": "holder"}) is None
    page = kiosk.sede.submit(page, SITE, button="Guardar y continuar")
    field = page.soup.find(id="email")
    assert field is not None
    assert field["value"] == "xuan@example.org"


def test_things_that_repeat_are_added_changed_and_removed(kiosk: Kiosk) -> None:
    hub = kiosk.begin()
    page = kiosk.sede.get(hub.link("Ayudantes"))
    page = kiosk.sede.get(page.link("Añadir"))
    page = kiosk.sede.submit(page, {"name": ""}, button="Guardar y continuar", status=422)
    assert page.errors == {"name": "Rellene «Nombre»."}
    page = kiosk.sede.submit(page, {"name": "Nel", "hours": "2,5"}, button="Guardar y continuar")
    assert "Ayudante 1" in page.main
    page = kiosk.sede.get(page.link("Añadir otro"))
    page = kiosk.sede.submit(page, {"name": "Xana"}, button="Guardar y continuar")
    assert not page.has_link("Añadir otro")  # two are the most
    page = kiosk.sede.get(page.link("Cambiar Ayudante 2"))
    page = kiosk.sede.submit(page, {"name": "Xandra"}, button="Guardar y continuar")
    assert "Xandra" in page.main
    page = kiosk.sede.submit(
        kiosk.sede.get(page.link("Quitar Ayudante 1")), button="Quitar de la lista"
    )
    assert "Nel" not in page.main
    assert "Xandra" in page.main


def test_a_change_from_the_check_page_comes_back_to_it(kiosk: Kiosk) -> None:
    page = kiosk.fill()
    page = kiosk.sede.get(page.link("Cambiar Cómo encontrarle"))
    page = kiosk.sede.submit(page, {"postal": "33202"}, button="Guardar y volver a revisar")
    assert page.h1 == "Revise su solicitud antes de presentarla"
    assert "33202" in page.main


def test_the_check_page_says_what_is_missing_and_where(kiosk: Kiosk) -> None:
    hub = kiosk.begin()
    page = kiosk.sede.get(hub.link("Revisar y firmar"))
    assert "Todavía no puede presentarla" in page.main
    assert not page.soup.find_all("button", string="Firmar y presentar")
    assert "/documentos" in page.link("Adjunte «Plano del puesto».")
    there = kiosk.sede.get(page.link("Rellene «Calle»."))
    assert there.h1 == "El puesto"


def test_nothing_is_filed_without_the_declaration_and_the_consent(kiosk: Kiosk) -> None:
    """FIL-2."""
    page = kiosk.fill()
    page = kiosk.sede.submit(page, button="Firmar y presentar", status=422)
    assert set(page.errors) == {"declaration-true", "consent"}
    assert kiosk.sede.get("/carpeta/presentado").soup.select("tbody tr") == []


def test_what_changed_after_it_was_checked_is_not_filed(kiosk: Kiosk) -> None:
    """FIL-11: what is shown is what is signed."""
    page = kiosk.fill()
    other = kiosk.sede.get(page.link("Cambiar Cómo encontrarle"))
    kiosk.sede.submit(other, {**CONTACT, "postal": "33203"}, button="Guardar y volver a revisar")
    page = kiosk.sign(page)
    assert page.h1 == "Revise su solicitud antes de presentarla"
    assert "Ha cambiado esta solicitud en otra ventana" in page.main
    assert kiosk.sign(page).h1 == "Presentado"


def test_a_page_changed_in_another_window_shows_both_values(kiosk: Kiosk) -> None:
    hub = kiosk.begin()
    first = kiosk.sede.get(hub.link("Cómo encontrarle"))
    second = kiosk.sede.get(hub.link("Cómo encontrarle"))
    kiosk.sede.submit(second, {**CONTACT, "postal": "33202"}, button="Guardar y continuar")
    page = kiosk.sede.submit(
        first, {**CONTACT, "postal": "33209"}, button="Guardar y continuar", status=409
    )
    assert page.h1 == "Ha modificado la solicitud en otra ventana"
    assert "33209" in page.main
    assert "33202" in page.main
    page = kiosk.sede.submit(page, button="Guardar lo que acabo de escribir")
    again = kiosk.sede.get(kiosk.sede.get(hub.path).link("Cómo encontrarle"))
    field = again.soup.find(id="postal")
    assert field is not None
    assert field["value"] == "33209"


def zip_bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nada.txt", b"0" * 5_000_000)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("key", "name", "data", "message"),
    [
        ("plan", "foto.jpg", PDF, "pero es PDF"),
        ("plan", "plano.pdf", b"", "está vacío"),
        ("plan", "grande.pdf", PDF + b"0" * 1_100_000, "pasa de 1 MB"),
        ("plan", "nota.txt", b"hola", "Se admiten ficheros PDF"),
        ("photo", "todo.zip", zip_bomb(), "contiene demasiado al descomprimirlo"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why_beside_its_field(
    kiosk: Kiosk, key: str, name: str, data: bytes, message: str
) -> None:
    page = kiosk.sede.get(kiosk.begin().link("Documentos"))
    page = kiosk.sede.submit(
        page, {f"file-{key}": (name, data)}, action=f"/documentos/{key}", status=422
    )
    assert message in page.errors[f"file-{key}"]


def test_pressing_attach_without_a_file_asks_for_one(kiosk: Kiosk) -> None:
    page = kiosk.sede.get(kiosk.begin().link("Documentos"))
    page = kiosk.sede.submit(page, action="/documentos/plan", status=422)
    assert page.errors == {"file-plan": "Elija un fichero antes de pulsar «Adjuntar»."}


def test_an_attached_file_can_be_opened_and_taken_away(kiosk: Kiosk) -> None:
    page = kiosk.sede.get(kiosk.begin().link("Documentos"))
    page = kiosk.sede.submit(page, {"file-plan": ("plano.pdf", PDF)}, action="/documentos/plan")
    assert "Adjuntado: «plano.pdf»." in page.main
    answer = kiosk.sede.http.get(page.link("plano.pdf"))
    assert answer.get_data() == PDF
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = kiosk.sede.submit(page, action="/quitar")
    assert "plano.pdf" not in page.main


def test_an_application_can_be_thrown_away(kiosk: Kiosk) -> None:
    hub = kiosk.begin()
    page = kiosk.sede.get(hub.link("Borrar esta solicitud"))
    page = kiosk.sede.submit(page, button="Borrar la solicitud")
    assert "No se ha presentado nada" in page.main
    kiosk.sede.get(hub.path, status=404)


def test_another_s_application_does_not_exist(
    kiosk: Kiosk, new_sede: Callable[[], SedeClient], company: Person
) -> None:
    hub = kiosk.begin()
    receipt = kiosk.filed()
    other = new_sede()
    other.sign_in_citizen(company)
    for path in (
        hub.path,
        receipt.path,
        receipt.link("Puesto en el mercado"),
        receipt.link("plano.pdf"),
    ):
        other.get(path, status=404)


def test_whoever_has_not_signed_in_is_asked_to(
    kiosk: Kiosk, new_sede: Callable[[], SedeClient]
) -> None:
    hub = kiosk.begin()
    assert new_sede().get(hub.path).h1 == "Identificarse"
