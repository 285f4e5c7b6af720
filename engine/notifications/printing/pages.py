"""The PDF of a batch: before each act, the page that goes in the envelope's window."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.documents.pdf import Sheet, to_pdf
from engine.documents.templates import compose
from engine.notifications.printing.queries import PaperRow
from engine.settings import Settings

if TYPE_CHECKING:
    from pypdf import PdfWriter

_TEMPLATE = Path(__file__).parents[1] / "templates" / "envelope.html"
PDF = "application/pdf"


def notice_page(paper: PaperRow, settings: Settings) -> bytes:
    """The page of one paper: to whom and where, what it is, and the receipt to be signed."""
    context = {
        "code": paper.exit_code,
        "addressee": paper.addressee,
        "document": paper.document_number,
        "address": paper.address,
        "subject": paper.subject,
        "act": paper.act_title,
        "apart": paper.act_media_type != PDF,
        "available_at": paper.available_at,
        "sentences": paper.sentences,
    }
    sheet = Sheet(
        title=f"Notificación {paper.exit_code}",
        kind_label="Notificación en papel",
        unit_name=paper.unit_name,
        created_at=paper.available_at,
        code=None,
    )
    return to_pdf(compose(_TEMPLATE.read_text(encoding="utf-8"), context).html, sheet, settings)


def whole_batch(
    papers: tuple[PaperRow, ...], acts: Mapping[str, bytes], settings: Settings
) -> bytes:
    """One PDF to print: each notice page, then its act, from a new sheet of paper each.

    acts: the bytes of the acts by their hash; one that is no PDF that can be read is printed apart.
    """
    from pypdf import PdfWriter

    writer = PdfWriter()
    for paper in papers:
        _append(writer, notice_page(paper, settings))
        if paper.act_media_type == PDF:
            _append(writer, acts[paper.act_sha256])
    writer.add_metadata({"/Title": "Lote de notificaciones en papel"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _append(writer: PdfWriter, data: bytes) -> None:
    """Its pages, and a blank one when they are odd: the next paper begins a sheet."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pages = list(PdfReader(io.BytesIO(data)).pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return
    for page in pages:
        writer.add_page(page)
    if len(pages) % 2:
        writer.add_blank_page()
