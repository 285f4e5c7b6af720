"""The PDF of a document: tagged, its fonts inside, its code on every page, no request to anywhere."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from engine.documents import secure_code
from engine.documents.pdf import EmbeddedFile, Sheet, page_html, to_pdf
from engine.errors import BadInput
from engine.settings import load_settings

SETTINGS = load_settings({"ANDECHA_BASE_URL": "https://sede.valdecandamo.example"})
CODE = "0123456789ABCDEFGHJKMNPQRS" + secure_code.check_characters("0123456789ABCDEFGHJKMNPQRS")


def a_sheet(**changes: object) -> Sheet:
    values: dict[str, object] = {
        "title": "Licencia de terraza",
        "kind_label": "Resolución",
        "unit_name": "Alcaldía",
        "created_at": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        "code": CODE,
        "references": (("Expediente", "2026/000001"),),
    }
    return Sheet(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pdf() -> bytes:
    body = "<h2>Hechos</h2>" + "<p>Un párrafo con eñes y acentos: cañón, Xixón.</p>" * 80
    return to_pdf(
        body, a_sheet(), SETTINGS, [EmbeddedFile("datos.json", "Datos", "application/json", b"{}")]
    )


def test_every_page_carries_the_code_and_the_address_of_the_sede(pdf: bytes) -> None:
    """FIL-17: paper prints carry a CSV that can be checked in the sede (art. 21 RD 203/2021)."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) > 1
    for page in pages:
        text = page.extract_text()
        assert secure_code.printed(CODE) in text
        assert "https://sede.valdecandamo.example/verificar" in text


def test_the_qr_leads_to_the_check_of_this_code() -> None:
    html = page_html("<p>x</p>", a_sheet(), SETTINGS)
    assert 'src="data:image/svg+xml' in html
    assert secure_code.verification_path(CODE).endswith(secure_code.printed(CODE))


def test_the_pdf_is_tagged_titled_and_in_spanish(pdf: bytes) -> None:
    reader = PdfReader(io.BytesIO(pdf))
    catalog = reader.root_object
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "es"
    assert reader.metadata is not None
    assert reader.metadata.title == "Licencia de terraza"
    metadata = catalog["/Metadata"].get_object().get_data()
    assert re.search(rb"pdfaid:part[^0-9]*3", metadata)


def test_every_font_is_inside(pdf: bytes) -> None:
    if shutil.which("pdffonts") is None:
        pytest.skip("poppler-utils is not installed")
    lines = subprocess.run(
        ["pdffonts", "-"], input=pdf, capture_output=True, check=True
    ).stdout.splitlines()[2:]
    assert lines
    assert all(b" yes yes yes " in line for line in lines)


def test_a_file_goes_inside_with_its_relationship(pdf: bytes) -> None:
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.attachments["datos.json"] == [b"{}"]
    specifications = [item.get_object() for item in reader.root_object["/AF"]]
    assert {item["/AFRelationship"] for item in specifications} == {"/Data"}


@pytest.mark.parametrize(
    "body",
    [
        '<img src="file:///etc/passwd">',
        '<img src="http://127.0.0.1:1/x.png">',
        '<link rel="stylesheet" href="https://example.org/a.css">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<p style="background-image: url(../secret_code.py)">x</p>',
        '<img src="packaged:../secure_code.py">',
        '<style>@import url("ftp://x/y");</style>',
        '<object data="file:///etc/hostname"></object>',
        '<svg width="9" height="9"><image width="9" height="9" href="file:///etc/passwd"/></svg>',
    ],
)
def test_a_document_asks_for_nothing_outside_its_package(body: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="recurso"):
        to_pdf(body, a_sheet(), SETTINGS)


def test_a_title_cannot_break_out_of_the_page() -> None:
    html = page_html("<p>x</p>", a_sheet(title="</title><script>"), SETTINGS)
    assert "<script>" not in html


def test_a_draft_says_so_and_has_no_code() -> None:
    data = to_pdf("<p>x</p>", a_sheet(code=None, draft=True), SETTINGS)
    text = PdfReader(io.BytesIO(data)).pages[0].extract_text()
    assert "Borrador sin validez" in text
    assert "Código seguro" not in text
