"""Anyone who has a document's code sees the document and who stands behind it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from factories.sealed import Sealed
from factories.sede import SedeClient
from sqlalchemy import func, select

from engine.audit.models import AuditEvent
from engine.documents import operations
from engine.townhall import TownHall


def test_a_code_shows_the_document_its_seal_its_hash_and_its_proof(
    sede: SedeClient, sealed: Sealed
) -> None:
    """RD203 21: the code is checked in the sede, directly and for free."""
    page = sede.submit(sede.get("/verificar"), {"codigo": sealed.code}, button="Verificar")
    assert page.h1 == "El documento es auténtico"
    for text in ("Resolución de la farola", "Resolución", "Sellado por", "Asiento", "DIR3"):
        assert text in page.main, text
    data = sede.get(page.link("Ver el documento")).data
    assert data.startswith(b"%PDF")
    assert hashlib.sha256(data).hexdigest() in page.main


def test_a_code_is_taken_in_small_letters_and_without_hyphens(
    sede: SedeClient, sealed: Sealed
) -> None:
    typed = sealed.code.replace("-", " ").lower()
    page = sede.submit(sede.get("/verificar"), {"codigo": typed}, button="Verificar")
    assert page.h1 == "El documento es auténtico"


def test_the_file_is_shown_by_the_browser_and_is_never_taken_for_a_page(
    sede: SedeClient, sealed: Sealed
) -> None:
    answer = sede.get(f"/verificar/{sealed.code}/documento").answer
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    answer = sede.get(f"/verificar/{sealed.code}/documento?descargar=si").answer
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_proof_is_downloaded_and_names_its_place(sede: SedeClient, sealed: Sealed) -> None:
    page = sede.get(f"/verificar/{sealed.code}")
    proof = json.loads(sede.get(page.link("Descargar la prueba")).data)
    assert f"Asiento {proof['index'] + 1} de un registro de {proof['size']}" in page.main
    assert proof["note"]


def test_every_wrong_code_gets_the_same_answer(
    sede: SedeClient, hall: TownHall, sealed: Sealed
) -> None:
    """RD203 21: nothing is told of a document to those who do not hold its code."""
    mistyped = sealed.code[:-1] + ("0" if sealed.code[-1] != "0" else "1")
    operations.withdraw(hall.system("test"), document_id=sealed.document_id, reason="Prueba")
    said = {
        sede.get(f"/verificar/{code}", status=404).errors["codigo"]
        for code in (mistyped, sealed.code, "nada", "0" * 28)
    }
    assert len(said) == 1
    assert "siete grupos" in said.pop()


def test_no_code_asks_for_one(sede: SedeClient) -> None:
    page = sede.submit(sede.get("/verificar"), {"codigo": "  "}, button="Verificar")
    assert page.errors == {"codigo": "Escriba el código que figura en el documento."}


def test_what_is_typed_never_becomes_another_address(sede: SedeClient) -> None:
    for typed in ("../entrar", "//elsewhere.example", "a/b", "%2e%2e"):
        page = sede.submit(
            sede.get("/verificar"), {"codigo": typed}, status=404, button="Verificar"
        )
        assert page.path.startswith("/verificar/")


def test_each_check_is_in_the_record(sede: SedeClient, hall: TownHall, sealed: Sealed) -> None:
    """ENS op.exp.8: who looks, at what, with what result."""
    sede.get(f"/verificar/{sealed.code}")
    sede.get("/verificar/nada", status=404)
    with hall.database.reading() as session:
        found = session.execute(
            select(AuditEvent.result, func.count())
            .where(AuditEvent.type == "documents.check_code")
            .group_by(AuditEvent.result)
        ).all()
    assert dict(tuple(row) for row in found) == {"ok": 1, "refused": 1}


def test_guessing_codes_has_to_wait(sede: SedeClient, sealed: Sealed) -> None:
    """ENS mp.s.4."""
    for _ in range(20):
        sede.get("/verificar/nada", status=404)
    assert sede.get(f"/verificar/{sealed.code}", status=429).h1 == "Demasiados intentos"


def test_a_file_that_browsers_would_run_is_only_downloaded(tmp_path: Path) -> None:
    from flask import Flask

    from web.files import document_answer

    with Flask("test").test_request_context("/"):
        answer = document_answer(b"<script>1</script>", "año.html", "text/html")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "filename*=UTF-8''a%C3%B1o.html" in answer.headers["Content-Disposition"]
