"""From a composed body to a tagged PDF/A-3 with the town's letterhead and the CSV on every page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from engine.clock import MADRID
from engine.documents import secure_code
from engine.errors import BadInput
from engine.settings import Settings

LAYOUTS = Path(__file__).with_name("layouts")
PDF_VARIANT = "pdf/a-3a"
_PACKAGED = re.compile(r"packaged:([a-z0-9-]+\.(?:css|svg|png))")
_MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True)
class Sheet:
    """What the layout prints around the body.

    code: the secure code without groups, None for a document that has none (a draft to look at);
    references: label and value pairs under the letterhead (expediente, register number);
    draft: print it as a draft with no legal value.
    """

    title: str
    kind_label: str
    unit_name: str
    created_at: datetime
    code: str | None
    references: tuple[tuple[str, str], ...] = ()
    language: str = "es"
    draft: bool = False


@dataclass(frozen=True)
class EmbeddedFile:
    """A file inside the PDF (PDF/A-3); relationship: Data, Source, Supplement, Alternative."""

    name: str
    description: str
    media_type: str
    data: bytes
    relationship: str = "Data"


def to_pdf(
    body: str, sheet: Sheet, settings: Settings, attachments: Sequence[EmbeddedFile] = ()
) -> bytes:
    """The PDF of a composed body. It takes tenths of a second: never inside a transaction.

    Raises BadInput when the body asks for anything that is not packaged with the town hall.
    """
    from weasyprint import HTML, Attachment
    from weasyprint.urls import FatalURLFetchingError

    html = page_html(body, sheet, settings)
    files = [
        Attachment(
            string=file.data,
            name=file.name,
            description=file.description,
            relationship=file.relationship,
            created=sheet.created_at.astimezone(UTC),
            modified=sheet.created_at.astimezone(UTC),
        )
        for file in attachments
    ]
    refused: list[str] = []
    pdf = b""
    # Drawing an SVG swallows every exception, so what was refused is also written down.
    with suppress(FatalURLFetchingError):
        document = HTML(string=html, base_url="packaged:", url_fetcher=_fetcher(refused))
        pdf = document.write_pdf(pdf_variant=PDF_VARIANT, attachments=files)
    if refused:
        raise BadInput(f"La plantilla pide un recurso que no se admite: {refused[0]}.")
    return pdf


def page_html(body: str, sheet: Sheet, settings: Settings) -> str:
    """The whole HTML document: the letterhead, the body, and the running header and footer."""
    town = settings.town
    code = sheet.code
    return (
        _layouts()
        .get_template("document.html")
        .render(
            sheet=sheet,
            body=Markup(body),  # noqa: S704 - composed by templates.compose, which escapes the data
            town=town,
            sede=settings.base_url,
            printed_code=None if code is None else secure_code.printed(code),
            verification_url=_verification_url(settings, code),
            qr=None if code is None else qr_image(_verification_url(settings, code)),
            created=sheet.created_at.astimezone(MADRID).isoformat(timespec="seconds"),
        )
    )


def _verification_url(settings: Settings, code: str | None) -> str:
    if code is None:
        return settings.base_url
    return settings.base_url + secure_code.verification_path(code)


def qr_image(text: str) -> str:
    """A QR as an SVG in a data URI."""
    symbol = segno.make(text, error="m", micro=False)
    return symbol.svg_data_uri(border=0, dark="#000", light=None, omitsize=True, unit=None)


@cache
def _layouts() -> Environment:
    return Environment(
        loader=FileSystemLoader(LAYOUTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _fetcher(refused: list[str]) -> Any:
    """Gives packaged files and `data:` URIs; anything else stops the rendering (SSRF)."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class PackagedFetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            match = _PACKAGED.fullmatch(url)
            path = LAYOUTS / match[1] if match else None
            if path is None or not path.is_file():
                refused.append(url[:200])
                raise FatalURLFetchingError(url[:200])
            media_type = _MEDIA_TYPES[path.suffix]
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": media_type})

    return PackagedFetcher(allowed_protocols={"data"}, allow_redirects=False)
