"""A general request from end to end: filed, sent to a unit, answered, signed, notified, opened, closed.

Three officials of three units and a company, each at their own browser, on an installation at work.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from factories.visitor import Visitor

COMPANY = "Jardinería Fayeo, S. L."
REGISTRAR, PROCESSOR, SECRETARY = "Sabino Cueva Prida", "Inés Vallina Suero", "Elvira Pando Noriega"
SUBJECT = "Banco roto en la plaza"
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


def file_the_request(visitor: Visitor) -> str:
    """The company asks for a bench to be mended; the number of its expediente."""
    visitor.sign_in(COMPANY)
    visitor.visit("/tramites/general-request")
    visitor.follow("Iniciar el trámite")
    visitor.press("Empezar la solicitud")
    visitor.follow("Qué nos cuenta y qué pide")
    visitor.fill("Asunto", SUBJECT)
    visitor.fill("Qué ha pasado", "Un banco de la plaza tiene dos tablas rotas.")
    visitor.fill("Qué pide", "Que se arregle.")
    visitor.press("Guardar y continuar")
    visitor.press("Guardar y continuar")
    visitor.follow("Continuar")
    visitor.page.get_by_label("Declaro que lo que digo en esta instancia es cierto.").check()
    visitor.page.locator("input[name='consent']").check()
    visitor.audit("general-check")
    visitor.press("Firmar y presentar")
    visitor.audit("general-filed")
    link = visitor.page.locator("main a", has_text="/GEN/").first
    return link.inner_text().split(" ")[0]


def take(visitor: Visitor, number: str, title: str, name: str) -> None:
    """Find the task of an expediente in the inbox, look at it, claim it."""
    until(visitor, "/oficina/?lista=sin-asignar", number)
    row = visitor.page.locator("tr", has_text=number)
    visitor.audit(f"{name}-inbox")
    visitor.take(row.get_by_role("button", name="Asignármela"))
    assert visitor.h1 == title
    visitor.audit(f"{name}-task")


def test_a_general_request_is_filed_answered_signed_notified_opened_and_closed(
    new_visitor: Make,
) -> None:
    """INS-8 and NOT-5: the answer is signed by who did not draft it, and ends with its notification."""
    company = new_visitor()
    number = file_the_request(company)

    registrar = new_visitor()
    registrar.sign_in(REGISTRAR)
    take(registrar, number, "Decidir quién contesta", "triage")
    registrar.expect(422)
    registrar.press("Completar la tarea")
    assert "Hay datos que revisar" in registrar.main
    registrar.audit("triage-task-wrong")
    registrar.page.get_by_label("La contesta una unidad del ayuntamiento").check()
    registrar.page.get_by_label("Unidad que contesta").select_option("ESP")
    registrar.press("Completar la tarea")
    assert "La tarea está hecha" in registrar.main

    processor = new_visitor()
    processor.sign_in(PROCESSOR)
    take(processor, number, "Redactar la respuesta", "answer")
    assert SUBJECT in processor.main
    assert "Firmar" in processor.main, "what follows is said before pressing"
    processor.page.get_by_label("Se acepta lo que pide", exact=True).check()
    processor.fill("Respuesta", "El banco se arreglará antes de fin de mes.")
    processor.press("Completar la tarea")
    for tab in ("Tareas", "Documentos", "Historia", "Diagrama", "Comunicaciones"):
        processor.page.locator("nav.app-tabs").get_by_role("link", name=tab).click()
        assert number in processor.main
        processor.audit(f"general-{tab}")

    secretary = new_visitor()
    secretary.sign_in(SECRETARY)
    until(secretary, "/oficina/firmas", number)
    secretary.audit("general-signatures")
    row = secretary.page.locator("tr", has_text=number)
    address = str(row.get_by_role("link").first.get_attribute("href"))
    until(secretary, address, "Firmar el documento")
    secretary.audit("general-signature")
    secretary.press("Firmar el documento")
    assert "Ha firmado el documento" in secretary.main
    until(secretary, address, "Usted firmó este documento")

    until(company, "/carpeta", "Respuesta a su instancia")
    company.follow("Respuesta a su instancia")
    company.audit("general-notification")
    company.press("Abrir la notificación")
    company.audit("general-notified")

    processor.visit(f"/oficina/expedientes?q={number}")
    processor.follow(number)
    until(processor, processor.path, "Concedido")
    processor.page.locator("nav.app-tabs").get_by_role("link", name="Comunicaciones").click()
    assert "Abierta" in processor.main
    processor.page.locator("nav.app-tabs").get_by_role("link", name="Diagrama").click()
    until(processor, processor.path, "Cerrar el expediente\nCompletado")
    processor.audit("general-closed")
