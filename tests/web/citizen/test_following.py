"""The folder, an expediente, its correction, its notifications; acting for another; own data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from factories.sede import Page, SedeClient

from engine.clock import FixedClock
from engine.documents import operations as documents
from engine.documents.codes import DocumentKind
from engine.expedientes import queries
from engine.notifications import operations as notifications
from engine.people import operations as people
from engine.people.models import Channel, Person
from engine.townhall import TownHall
from tests.web.citizen.conftest import PDF, Kiosk


@pytest.fixture
def receipt(kiosk: Kiosk) -> Page:
    """A filed application, its expediente under way."""
    page = kiosk.filed()
    kiosk.run_all()
    return page


def test_the_folder_says_first_what_waits_for_the_person(kiosk: Kiosk, receipt: Page) -> None:
    folder = kiosk.sede.get("/carpeta")
    assert "No tiene nada pendiente." in folder.main
    assert "Lo tiene: Espacio Público y Comercio" in folder.main
    kiosk.decide("correct")
    folder = kiosk.sede.get("/carpeta")
    assert folder.main.index("Corrija su solicitud") < folder.main.index("expedientes en marcha")
    assert "Pendiente de que usted corrija la solicitud" in folder.main


def test_an_expediente_says_how_it_stands_who_has_it_and_until_when(
    kiosk: Kiosk, receipt: Page
) -> None:
    page = kiosk.expediente(receipt)
    for words in ("En estudio", "Espacio Público y Comercio", "Se abrió el expediente"):
        assert words in page.main
    assert "25 de enero de 2027" in page.main  # two months from 24 November; the 24th is a Sunday
    assert "solicitud.json" not in page.main


def test_a_correction_is_answered_with_text_and_files_and_registered(
    kiosk: Kiosk, receipt: Page
) -> None:
    """FIL-15: the person corrects; FIL-11: with a receipt of its own."""
    kiosk.decide("correct")
    page = kiosk.sede.get(kiosk.sede.get("/carpeta").link("Corrija su solicitud"))
    asked = page.path
    assert "Esto es lo que falta o hay que corregir:" in page.main
    assert "Falta el plano. El seguro está caducado." in page.main
    page = kiosk.sede.submit(page, button="Presentar la respuesta", status=422)
    assert page.errors == {"text": "Escriba su respuesta o adjunte algún documento."}
    page = kiosk.sede.submit(
        page,
        {"text": "Es el número 4.", "file-documents": ("plano.pdf", PDF)},
        button="Presentar la respuesta",
    )
    assert page.h1 == "Presentado"
    assert "plano.pdf" in page.main
    again = kiosk.sede.get(asked)
    assert "Eso ya está contestado" in again.main
    assert "En estudio" in again.main


def test_a_correction_with_a_bad_file_keeps_the_text(kiosk: Kiosk, receipt: Page) -> None:
    kiosk.decide("correct")
    page = kiosk.sede.get(kiosk.sede.get("/carpeta").link("Corrija su solicitud"))
    page = kiosk.sede.submit(
        page,
        {"text": "Es el número 4.", "file-documents": ("foto.jpg", PDF)},
        button="Presentar la respuesta",
        status=422,
    )
    assert "pero es PDF" in page.errors["file-documents"]
    field = page.soup.find(id="text")
    assert field is not None
    assert field.get_text().strip() == "Es el número 4."


def test_documents_are_brought_to_an_open_expediente(kiosk: Kiosk, receipt: Page) -> None:
    page = kiosk.expediente(receipt)
    page = kiosk.sede.get(page.link("Aportar documentos"))
    page = kiosk.sede.submit(page, {"text": "Añado una cosa."}, button="Presentar")
    assert page.h1 == "Presentado"
    assert "Aportación de documentos" in page.main


def test_withdrawing_asks_for_consent_and_ends_the_expediente(kiosk: Kiosk, receipt: Page) -> None:
    """INS-9."""
    page = kiosk.expediente(receipt)
    ask = kiosk.sede.get(page.link("Desistir de la solicitud"))
    assert "No se puede deshacer" in ask.main
    ask = kiosk.sede.submit(ask, button="Firmar y desistir", status=422)
    assert "consent" in ask.errors
    done = kiosk.sede.submit(ask, {"consent": "yes"}, button="Firmar y desistir")
    assert done.h1 == "Presentado"
    kiosk.run_all()
    page = kiosk.sede.get(page.path)
    assert "se le notifica la resolución que lo acepta" in page.main
    assert not page.has_link("Aportar documentos")
    assert "Ya ha desistido" in kiosk.sede.get(ask.path, status=409).main
    notice = kiosk.sede.get(page.link("Resolución en el expediente"))
    kiosk.sede.submit(notice, button="Abrir la notificación")
    kiosk.run_all()
    page = kiosk.sede.get(page.path)
    assert "Terminado porque usted desistió" in page.main


def notify(kiosk: Kiosk) -> UUID:
    """A sealed resolution, notified to the citizen; the notification's id."""
    hall = kiosk.hall
    with hall.database.reading() as session:
        actor = hall.system("test").actor
        (row,) = queries.search(session, actor, "").rows
    document = documents.render_document(
        hall.system("test"),
        template="resolution",
        source="<p>Se concede el puesto.</p>",
        context={},
        title="Resolución del puesto",
        kind=DocumentKind.RESOLUTION,
        expediente_id=row.id,
        person_id=row.person_id,
        seal=True,
    )
    kiosk.run_all()
    assert row.person_id is not None
    made = notifications.notify(
        hall.system("test"),
        document_id=document.id,
        person_id=row.person_id,
        subject="Resolución de su solicitud",
        unit_id=row.unit_id,
        expediente_id=row.id,
    )
    kiosk.run_all()
    return made.id


@pytest.fixture
def electronic(hall: TownHall, citizen: Person) -> None:
    people.change_contact(
        hall.system("test"),
        person_id=citizen.id,
        email="xuan@example.org",
        phone="",
        channel=Channel.ELECTRONIC,
        version=1,
    )


@pytest.mark.usefixtures("electronic")
def test_before_opening_a_notification_one_reads_what_each_choice_means(
    kiosk: Kiosk, receipt: Page
) -> None:
    """NOT-5; NOT-6: looking at the list or at the warning notifies nobody."""
    notify(kiosk)
    page = kiosk.sede.get(kiosk.sede.get("/carpeta").link("Resolución de su solicitud"))
    for words in ("Si la abre", "Si la rechaza", "diez días naturales"):
        assert words in page.main
    assert "4 de diciembre de 2026" in page.main
    assert "Se concede" not in page.main
    assert not page.has_link("Leer el documento")
    again = kiosk.sede.get(page.path)
    assert "Notificación sin abrir" in again.main


@pytest.mark.usefixtures("electronic")
def test_an_opened_notification_gives_its_document_and_its_proof(
    kiosk: Kiosk, receipt: Page
) -> None:
    """NOT-6, NOT-9."""
    identifier = notify(kiosk)
    page = kiosk.sede.get(f"/carpeta/notificaciones/{identifier}")
    page = kiosk.sede.submit(page, button="Abrir la notificación")
    answer = kiosk.sede.http.get(page.link("Leer el documento"))
    assert answer.mimetype == "application/pdf"
    kiosk.run_all()
    page = kiosk.sede.get(page.path)
    assert kiosk.sede.http.get(page.link("Acuse de la notificación")).status_code == 200
    assert "Resolución del puesto" in kiosk.expediente(receipt).main


@pytest.mark.usefixtures("electronic")
def test_rejecting_a_notification_is_asked_twice(kiosk: Kiosk, receipt: Page) -> None:
    """NOT-5, NOT-6."""
    identifier = notify(kiosk)
    page = kiosk.sede.get(f"/carpeta/notificaciones/{identifier}")
    page = kiosk.sede.get(page.link("Rechazar la notificación"))
    page = kiosk.sede.submit(page, button="Rechazar la notificación")
    assert "Ha rechazado la notificación" in page.main
    assert not page.soup.find_all("button", string="Abrir la notificación")


@pytest.mark.usefixtures("electronic")
def test_ten_natural_days_later_it_counts_as_rejected(
    kiosk: Kiosk, receipt: Page, clock: FixedClock
) -> None:
    """NOT-6."""
    identifier = notify(kiosk)
    clock.advance(timedelta(days=11))
    kiosk.run_all()
    page = kiosk.sede.get(f"/carpeta/notificaciones/{identifier}")
    assert not page.soup.find_all("button", string="Abrir la notificación")
    assert "No tiene nada pendiente." in kiosk.sede.get("/carpeta").main


def test_another_s_notification_does_not_exist(
    kiosk: Kiosk, receipt: Page, new_sede: Callable[[], SedeClient], company: Person
) -> None:
    identifier = notify(kiosk)
    other = new_sede()
    other.sign_in_citizen(company)
    other.get(f"/carpeta/notificaciones/{identifier}", status=404)
    other.post(f"/carpeta/notificaciones/{identifier}/abrir", {}, status=404)


def test_a_person_chooses_how_to_be_notified(kiosk: Kiosk) -> None:
    """NOT-3: the medium may be changed at any time."""
    page = kiosk.sede.get("/carpeta/datos")
    wrong = kiosk.sede.submit(page, {"email": "xuan", "phone": "12"}, button="Guardar", status=422)
    assert set(wrong.errors) == {"email", "phone"}
    done = kiosk.sede.submit(
        page, {"channel": "electronic", "email": "x@example.org"}, button="Guardar"
    )
    assert "guardados" in done.main
    stale = kiosk.sede.submit(page, {"email": "y@example.org"}, button="Guardar", status=409)
    assert "han cambiado en otra ventana" in stale.main


def test_whoever_acts_for_another_reads_it_on_every_page(
    kiosk: Kiosk, hall: TownHall, company: Person, new_sede: Callable[[], SedeClient]
) -> None:
    """FIL-6: the power is checked, and who signs for whom is said."""
    people.grant_power(
        hall.system("test"),
        grantor_id=company.id,
        attorney_id=kiosk.citizen.id,
        scope="town",
        source="apud acta",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
    )
    kiosk.sede = new_sede()
    kiosk.sede.sign_in_citizen(kiosk.citizen, on_behalf_of=company.id)
    banner = "Usted, Xuan Suárez Miranda, actúa y firma en nombre de Sidrería El Chigre"
    hub = kiosk.begin()
    for path in (hub.path, hub.link("El puesto"), hub.link("Documentos"), "/carpeta"):
        assert banner in kiosk.sede.get(path).main
    receipt = kiosk.filed()
    assert "Presentado en su nombre por Xuan Suárez Miranda" in receipt.main


def test_a_power_for_other_procedures_is_not_enough(
    kiosk: Kiosk, hall: TownHall, company: Person, new_sede: Callable[[], SedeClient]
) -> None:
    """FIL-6, FIL-7."""
    people.grant_power(
        hall.system("test"),
        grantor_id=company.id,
        attorney_id=kiosk.citizen.id,
        scope="procedures",
        procedures=("general-request",),
        source="apud acta",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
    )
    sede = new_sede()
    sede.sign_in_citizen(kiosk.citizen, on_behalf_of=company.id)
    page = sede.get("/carpeta/iniciar/kiosk")
    refused = sede.submit(page, button="Empezar la solicitud", status=403)
    assert "no incluye este trámite" in refused.main
