"""A terrace permit from the catalogue to its closed expediente, and its filing without JavaScript."""

from __future__ import annotations

import time
from collections.abc import Callable

from factories.visitor import Visitor

ATTORNEY, COMPANY = "Laura Noriega Espina", "Sidrería El Chigre de Candamo, S. L."
NEIGHBOUR = "Aurora Cangas Peláez"
PROCESSOR, TECHNICIAN, MAYOR = (
    "Inés Vallina Suero",
    "Aida Menéndez Lobo",
    "Covadonga Fueyo Llaneza",
)
FEE = "238,13\u00a0€"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
_PATIENCE = 90.0

Make = Callable[..., Visitor]


def until(visitor: Visitor, path: str, words: str) -> None:
    """Open a page again and again until what the workers do by themselves is on it."""
    end = time.monotonic() + _PATIENCE
    visitor.visit(path)
    while words not in visitor.main:
        assert time.monotonic() < end, f"{path} never says «{words}»:\n{visitor.main}"
        time.sleep(1.0)
        visitor.visit(path)


def look(visitor: Visitor, name: str) -> None:
    """axe runs in the page: it is asked of the same pages with JavaScript on."""
    if visitor.script:
        visitor.audit(name)


def begin(visitor: Visitor) -> None:
    """From the catalogue to the list of steps."""
    visitor.visit("/tramites")
    visitor.follow("Autorización de terraza")
    look(visitor, "terrace-procedure")
    visitor.follow("Iniciar el trámite")
    look(visitor, "terrace-beginning")
    visitor.press("Empezar la solicitud")
    look(visitor, "terrace-steps")


def fill(visitor: Visitor) -> None:
    """Every page of the form, the first one wrong before it is right."""
    visitor.follow("Su establecimiento")
    visitor.expect(422)
    visitor.fill("Código postal", "3")
    visitor.press("Guardar y continuar")
    assert "Rellene «Nombre del local»." in visitor.main
    look(visitor, "terrace-establishment-wrong")
    visitor.fill("Nombre del local", "El Chigre")
    visitor.fill("Referencia de la licencia o declaración responsable", "2019/LIC/000123")
    visitor.fill("Calle y número", "Plaza de la Constitución, 3")
    visitor.fill("Código postal", "33999")
    visitor.press("Guardar y continuar")
    visitor.fill("¿Dónde quiere ponerla?", "En la acera, delante de la fachada.")
    visitor.page.get_by_label("Categoría fiscal de la calle").select_option("first")
    visitor.fill("¿Cuántos metros cuadrados ocupará?", "12,5")
    visitor.fill("¿Cuántas mesas?", "4")
    visitor.fill("¿Cuántas sillas?", "16")
    visitor.page.get_by_label("No", exact=True).check()
    look(visitor, "terrace-terrace")
    visitor.press("Guardar y continuar")
    visitor.fill("¿Qué día empieza?", "1/3/2027")
    visitor.fill("¿Cuántos meses?", "3")
    visitor.press("Guardar y continuar")
    assert visitor.h1 == "Lo que va a instalar"
    visitor.follow("Añadir")
    visitor.page.get_by_label("¿Qué es?").select_option("other")
    visitor.fill("¿Cuántas unidades?", "2")
    visitor.fill("Medidas", "2 m de diámetro")
    visitor.press("Guardar y continuar")
    assert "hay más preguntas" in visitor.main
    look(visitor, "terrace-more-questions")
    visitor.fill("Diga qué es", "Barriles")
    visitor.press("Guardar y continuar")
    assert "Barriles" in visitor.main
    look(visitor, "terrace-elements")
    visitor.follow("Continuar")


def attach(visitor: Visitor) -> None:
    """The two documents that are needed, and one that is not what its name says."""
    assert visitor.h1 == "Documentos"
    choose(visitor, "plan", "plano.jpg")
    assert "pero es PDF" in visitor.main
    look(visitor, "terrace-file-wrong")
    choose(visitor, "plan", "plano.pdf")
    choose(visitor, "insurance", "seguro.pdf")
    look(visitor, "terrace-files")
    visitor.follow("Continuar")


def choose(visitor: Visitor, key: str, name: str) -> None:
    form = visitor.page.locator("form", has=visitor.page.locator(f"#file-{key}"))
    form.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/pdf", "buffer": PDF}
    )
    form.get_by_role("button", name="Adjuntar").click()
    visitor.page.wait_for_load_state()


def pay(visitor: Visitor) -> None:
    """Refused once, then paid."""
    assert FEE in visitor.main
    look(visitor, "terrace-check-unpaid")
    visitor.press(f"Pagar {FEE}")
    look(visitor, "terrace-bank")
    visitor.page.get_by_label("Rechazar el pago").check()
    visitor.press("Continuar")
    assert visitor.h1 == "El banco ha rechazado el pago"
    look(visitor, "terrace-payment-refused")
    visitor.press("Intentar de nuevo el pago")
    visitor.press("Continuar")
    assert visitor.h1 == "Pago recibido"
    look(visitor, "terrace-paid")
    visitor.follow("Continuar")


def sign(visitor: Visitor) -> str:
    """Declarations, consent, receipt; the number of the expediente."""
    for name in ("declaration-truth", "declaration-insured", "consent"):
        visitor.page.locator(f"input[name='{name}']").check()
    look(visitor, "terrace-check")
    visitor.press("Firmar y presentar")
    assert visitor.h1 == "Presentado"
    look(visitor, "terrace-filed")
    link = visitor.page.locator("main a", has_text="/TER/").first
    return link.inner_text().split(" ")[0]


def take(visitor: Visitor, number: str, title: str) -> None:
    """Claim the task of an expediente from the inbox."""
    until(visitor, "/oficina/?lista=sin-asignar", number)
    row = visitor.page.locator("tr", has_text=number)
    visitor.take(row.get_by_role("button", name="Asignármela"))
    assert visitor.h1 == title


def choose_yes_or_no(visitor: Visitor, name: str, value: str) -> None:
    visitor.page.locator(f"input[name='{name}'][value='{value}']").check()


def put_signature(visitor: Visitor, number: str) -> None:
    """Sign the document of an expediente in the signing folder."""
    until(visitor, "/oficina/firmas", number)
    row = visitor.page.locator("tr", has_text=number)
    address = str(row.get_by_role("link").first.get_attribute("href"))
    until(visitor, address, "Firmar el documento")
    visitor.press("Firmar el documento")
    assert "Ha firmado el documento" in visitor.main


def open_notification(visitor: Visitor, subject: str, name: str) -> None:
    until(visitor, "/carpeta", subject)
    look(visitor, f"{name}-folder")
    visitor.follow(subject)
    look(visitor, f"{name}-warning")
    visitor.press("Abrir la notificación")
    look(visitor, f"{name}-opened")


def test_a_terrace_permit_goes_from_the_catalogue_to_its_closed_expediente(
    new_visitor: Make,
) -> None:
    """FIL-6, FIL-11, FIL-15, NOT-5, NOT-6: filed by a representative, corrected once, granted."""
    bar = new_visitor()
    bar.sign_in(ATTORNEY)
    bar.visit("/representacion")
    bar.press(COMPANY)
    begin(bar)
    assert COMPANY in bar.main, "in whose name one acts is said"
    fill(bar)
    attach(bar)
    pay(bar)
    number = sign(bar)
    bar.page.get_by_text("Descargar el justificante sellado").wait_for(timeout=60_000)
    bar.audit("terrace-receipt-ready")

    processor = new_visitor()
    processor.sign_in(PROCESSOR)
    take(processor, number, "Comprobar la solicitud")
    choose_yes_or_no(processor, "complete", "no")
    processor.page.locator("#missing").fill("Falta acotar en el plano el paso libre.")
    processor.press("Completar la tarea")

    open_notification(bar, "Requerimiento de subsanación", "terrace-requirement")
    until(bar, "/carpeta", "Corregir la solicitud")
    bar.audit("terrace-folder-correction")
    bar.follow("Corregir la solicitud")
    assert "Requerimiento de subsanación" in bar.main
    bar.audit("terrace-correction")
    bar.page.locator("#text").fill("Adjunto el plano acotado.")
    bar.page.locator("input[type=file]").set_input_files(
        {"name": "plano-acotado.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    bar.press("Presentar la respuesta")
    assert bar.h1 == "Presentado"

    take(processor, number, "Comprobar la solicitud")
    choose_yes_or_no(processor, "complete", "yes")
    processor.press("Completar la tarea")

    technician = new_visitor()
    technician.sign_in(TECHNICIAN)
    take(technician, number, "Informe técnico")
    choose_yes_or_no(technician, "favourable", "yes")
    technician.page.locator("#free_width").fill("2,10")
    technician.page.locator("#grounds").fill("Queda paso suficiente en la acera.")
    technician.press("Completar la tarea")
    put_signature(technician, number)

    take(processor, number, "Propuesta de resolución")
    choose_yes_or_no(processor, "grant", "yes")
    processor.page.locator("#grounds").fill("Cumple la ordenanza de terrazas.")
    processor.press("Completar la tarea")

    mayor = new_visitor()
    mayor.sign_in(MAYOR)
    put_signature(mayor, number)

    open_notification(bar, "Resolución", "terrace-resolution")
    until(bar, "/carpeta", "Concedido")
    bar.follow("Autorización de terraza")
    assert number in bar.main
    assert "Terminó el expediente" in bar.main
    bar.audit("terrace-closed")


def test_a_terrace_permit_is_filed_without_javascript(without_script: Visitor) -> None:
    """FIL-11: nothing of a filing asks for a script."""
    neighbour = without_script
    neighbour.sign_in(NEIGHBOUR)
    begin(neighbour)
    fill(neighbour)
    attach(neighbour)
    pay(neighbour)
    number = sign(neighbour)
    address = neighbour.path
    until(neighbour, address, "Descargar el justificante sellado")
    neighbour.follow(number)
    assert number in neighbour.main
