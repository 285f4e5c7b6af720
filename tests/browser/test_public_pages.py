"""Anyone at the sede: looks for a procedure, signs in and out, verifies a document."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories.running_town import RunningTown
from factories.visitor import Visitor
from sqlalchemy import select

from engine.documents.models import Document, DocumentState
from engine.documents.secure_code import printed
from engine.documents.secure_codes import reveal

PERSON = "Xuan Suárez Miranda"


def test_from_the_start_page_to_a_procedure_and_in_and_out(visitor: Visitor) -> None:
    visitor.visit("/")
    visitor.audit("home")
    visitor.fill("Buscar un trámite", "terraza")
    visitor.press("Buscar")
    assert "Un trámite encontrado" in visitor.main
    visitor.audit("catalogue-search")
    visitor.follow("terraza")
    visitor.audit("procedure")
    assert "Si no hay respuesta en plazo" in visitor.main
    visitor.follow("Iniciar el trámite")
    visitor.audit("sign-in")
    visitor.page.locator("button.app-choice", has_text=PERSON).click()
    assert PERSON in visitor.page.locator("header").inner_text()
    visitor.visit("/representacion")
    visitor.audit("representation")
    visitor.sign_out()
    assert "Su sesión está cerrada" in visitor.main
    visitor.audit("signed-out")


def test_a_wrong_code_is_explained_and_the_error_takes_the_focus(visitor: Visitor) -> None:
    visitor.visit("/verificar")
    visitor.audit("check")
    visitor.expect(404)
    visitor.fill("Código seguro de verificación", "AAAA-BBBB")
    visitor.press("Verificar")
    assert "No hay ningún documento con ese código" in visitor.main
    assert visitor.page.evaluate("document.activeElement.className") == "govuk-error-summary"
    visitor.audit("check-wrong")


def test_a_document_is_verified_with_the_code_that_it_carries(
    visitor: Visitor, town: RunningTown
) -> None:
    visitor.visit("/verificar")
    visitor.fill("Código seguro de verificación", a_code(town))
    visitor.press("Verificar")
    assert visitor.h1 == "El documento es auténtico"
    assert "Sellado por" in visitor.main
    visitor.audit("checked")
    with visitor.page.expect_download() as download:
        visitor.follow("Descargar el documento")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


def a_code(town: RunningTown) -> str:
    """The secure code of some sealed document of the town."""
    with town.opened() as townhall, townhall.database.reading() as session:
        found = session.scalar(
            select(Document.id).where(Document.state == DocumentState.SEALED.value).limit(1)
        )
        assert found is not None, "the town has no sealed document"
        code = reveal(townhall, session, found)
    assert code is not None
    return printed(code)


@pytest.mark.parametrize(
    "path", ["/tramites", "/aviso-legal", "/privacidad", "/accesibilidad", "/sede", "/quejas"]
)
def test_the_pages_of_the_foot_are_accessible(visitor: Visitor, path: str) -> None:
    visitor.visit(path)
    visitor.audit(path.strip("/"))


def test_a_page_that_is_not_there_says_so(visitor: Visitor) -> None:
    visitor.visit("/no-such-page", status=404)
    visitor.audit("not-found")


def test_everything_works_without_scripts(without_script: Visitor) -> None:
    without_script.visit("/")
    without_script.fill("Buscar un trámite", "terraza")
    without_script.press("Buscar")
    without_script.follow("terraza")
    without_script.follow("Iniciar el trámite")
    without_script.page.locator("button.app-choice", has_text=PERSON).click()
    assert PERSON in without_script.page.locator("header").inner_text()
    without_script.sign_out()
    assert "Su sesión está cerrada" in without_script.main


def test_the_keyboard_reaches_the_content_first(visitor: Visitor) -> None:
    """WCAG 2.4.1: the skip link is the first stop and leads to the content."""
    visitor.visit("/")
    visitor.page.keyboard.press("Tab")
    assert (
        visitor.page.evaluate("document.activeElement.textContent.trim()") == "Saltar al contenido"
    )
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("location.hash") == "#main-content"
