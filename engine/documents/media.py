"""What a file says it is: its declared type must agree with its first bytes."""

from __future__ import annotations

import json
import re

from engine.errors import BadInput

_SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
    "application/zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "application/vnd.oasis.opendocument.text": (b"PK\x03\x04",),
    "application/vnd.oasis.opendocument.spreadsheet": (b"PK\x03\x04",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (b"PK\x03\x04",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (b"PK\x03\x04",),
}
_ENDINGS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/tiff": "tiff",
    "application/zip": "zip",
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/plain": "txt",
    "text/csv": "csv",
}
_MAX_NAME = 120
# A PDF may be preceded by up to this many bytes (ISO 32000-1 annex H.3), as scanners do.
_PDF_HEAD = 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]+')


def check_media_type(data: bytes, media_type: str) -> None:
    """Raise BadInput when the bytes cannot be of the declared type, or are none at all."""
    if not data:
        raise BadInput("El fichero está vacío: adjunte otro.")
    expected = _SIGNATURES.get(media_type)
    head = data[:_PDF_HEAD]
    if media_type == "application/pdf":
        matches = b"%PDF-" in head
    elif media_type == "application/json":
        matches = _is_json(data)
    else:
        matches = expected is None or head.startswith(expected)
    if not matches:
        raise BadInput(
            "El contenido del fichero no corresponde a su tipo: vuelva a guardarlo en su formato."
        )


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def file_name(name: str, media_type: str) -> str:
    """A name to be saved anywhere: no path, no control or direction marks, its ending kept."""
    clean = " ".join(_UNSAFE.sub(" ", name).split()).strip(". ") or "documento"
    ending = _ENDINGS.get(media_type)
    stem, dot, current = clean.rpartition(".")
    has_ending = bool(dot) and 0 < len(current) <= 5 and current.isalnum()
    if not has_ending:
        return f"{clean[:_MAX_NAME]}.{ending}" if ending else clean[:_MAX_NAME]
    return f"{stem[: _MAX_NAME - len(current)]}.{current}"
