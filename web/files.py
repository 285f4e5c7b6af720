"""A document as an answer: shown in the browser when it is a PDF or a picture, else downloaded."""

from __future__ import annotations

from io import BytesIO

from flask import Response, send_file

_SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg"})
_PDF_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
)
_POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"


def document_answer(data: bytes, name: str, media_type: str, *, download: bool = False) -> Response:
    """The bytes of a document under its own name.

    What came from outside never runs as a page of ours: other types are only downloaded, no type is
    guessed, and all but PDF is boxed in. A browser's own PDF viewer does not start inside the box.
    """
    shown = media_type in _SHOWN and not download
    answer = send_file(
        BytesIO(data), mimetype=media_type, as_attachment=not shown, download_name=name
    )
    answer.headers["Content-Security-Policy"] = (
        _PDF_POLICY if media_type == "application/pdf" else _POLICY
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
