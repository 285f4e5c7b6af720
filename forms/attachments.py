"""Files that people attach: real type against name, size, bombs, names. Nothing is read whole into memory."""

from __future__ import annotations

import hashlib
import io
import re
import struct
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import puremagic

from forms.definition import Attachment

MAX_NAME = 120
MAX_ENTRIES = 2_000
MAX_UNPACKED = 200_000_000
MAX_RATIO = 100
MAX_PIXELS = 60_000_000
_HEAD = 8192
_BLOCK = 1 << 20

TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "application/pdf": ("PDF", ("pdf",)),
    "image/jpeg": ("JPEG", ("jpg", "jpeg")),
    "image/png": ("PNG", ("png",)),
    "application/xml": ("XML", ("xml", "xsig")),
    "text/plain": ("texto", ("txt",)),
    "application/zip": ("ZIP", ("zip",)),
    "application/vnd.oasis.opendocument.text": ("documento ODT", ("odt",)),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (
        "documento DOCX",
        ("docx",),
    ),
}
_ZIPPED = frozenset(
    kind for kind in TYPES if "zip" in kind or "opendocument" in kind or "openxml" in kind
)


class AttachmentRejected(ValueError):
    """A file that cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class CheckedFile:
    """A file that was looked at: its safe name, its real type, its size in bytes and its SHA-256."""

    name: str
    media_type: str
    size: int
    sha256: str


def check_attachment(stream: BinaryIO, name: str, rule: Attachment) -> CheckedFile:
    """Look at a file against the rule of its attachment; the stream ends at its start.

    Raises AttachmentRejected.
    """
    shown = safe_name(name)
    size, digest = _measure(stream, rule.max_mb, shown)
    head = stream.read(_HEAD)
    stream.seek(0)
    real = sniff(head, stream)
    claimed = _claimed(shown)
    if real is None:
        raise AttachmentRejected(
            f"No se reconoce qué tipo de fichero es «{shown}». {_accepted(rule)}"
        )
    if claimed is not None and claimed != real:
        raise AttachmentRejected(
            f"«{shown}» se llama como un fichero {TYPES[claimed][0]}, pero es {TYPES[real][0]}: "
            "cambie su nombre o elija otro."
        )
    if real not in rule.media_types:
        raise AttachmentRejected(f"«{shown}» es {TYPES[real][0]}. {_accepted(rule)}")
    _look_inside(stream, real, shown)
    stream.seek(0)
    return CheckedFile(shown, real, size, digest)


def safe_name(name: str) -> str:
    """The last part of a name, without what could be a path, a control or a trick of direction."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(char for char in text if unicodedata.category(char)[0] != "C")
    text = re.sub(r'[<>:"|?*]+', "_", " ".join(text.split())).strip(". ")
    if len(text) > MAX_NAME:
        stem, dot, extension = text.rpartition(".")
        text = (
            f"{stem[: MAX_NAME - len(extension) - 1]}{dot}{extension}" if stem else text[:MAX_NAME]
        )
    return text or "documento"


def _measure(stream: BinaryIO, max_mb: int, name: str) -> tuple[int, str]:
    """Size and hash, stopping at the limit."""
    limit = max_mb * 1_000_000
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > limit:
            raise AttachmentRejected(f"«{name}» pasa de {max_mb} MB: redúzcalo o divídalo.")
        digest.update(block)
    if size == 0:
        raise AttachmentRejected(f"«{name}» está vacío.")
    stream.seek(0)
    return size, digest.hexdigest()


def sniff(head: bytes, stream: BinaryIO | None = None) -> str | None:
    """The media type that the bytes show, among those that we know."""
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head, stream)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "application/xml"
    try:
        guess = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        guess = ""
    if guess in TYPES and guess not in _ZIPPED and guess != "application/pdf":
        return str(guess)
    return "text/plain" if not guess and _is_text(head) else None


def _zipped(head: bytes, stream: BinaryIO | None) -> str:
    """ODT and DOCX are ZIP files that say what they are."""
    if b"mimetypeapplication/vnd.oasis.opendocument.text" in head[:120]:
        return "application/vnd.oasis.opendocument.text"
    if stream is not None:
        try:
            with zipfile.ZipFile(stream) as archive:
                if "word/document.xml" in archive.namelist()[:MAX_ENTRIES]:
                    return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
            pass
        finally:
            stream.seek(0)
    return "application/zip"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(char in "\t\n\r" or unicodedata.category(char)[0] != "C" for char in text)


def _claimed(name: str) -> str | None:
    extension = name.rpartition(".")[2].lower()
    return next((kind for kind, (_, known) in TYPES.items() if extension in known), None)


def _accepted(rule: Attachment) -> str:
    names = [TYPES[kind][0] if kind in TYPES else kind for kind in rule.media_types]
    return f"Se admiten ficheros {_listed(names)} de hasta {rule.max_mb} MB."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} o {names[-1]}"


def _look_inside(stream: BinaryIO, kind: str, name: str) -> None:
    if kind == "application/pdf":
        _check_pdf(stream, name)
    elif kind in _ZIPPED:
        _check_zip(stream, name)
    elif kind in ("image/png", "image/jpeg"):
        _check_pixels(stream, kind, name)


def _check_pdf(stream: BinaryIO, name: str) -> None:
    """A PDF must end as one and not be locked with a password."""
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(max(0, size - 4096))
    tail = stream.read()
    if b"%%EOF" not in tail or b"startxref" not in tail:
        raise AttachmentRejected(f"«{name}» está incompleto o dañado: vuelva a guardarlo como PDF.")
    if re.search(rb"/Encrypt\s+\d+\s+\d+\s+R", tail):
        raise AttachmentRejected(
            f"«{name}» está protegido con contraseña: quítela y adjúntelo otra vez."
        )


def _check_zip(stream: BinaryIO, name: str) -> None:
    """Read the directory only: how many entries, how large they say they are."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise AttachmentRejected(
            f"«{name}» está incompleto o dañado: vuelva a comprimirlo."
        ) from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked / packed > MAX_RATIO:
        raise AttachmentRejected(
            f"«{name}» contiene demasiado al descomprimirlo: adjunte los ficheros por separado."
        )
    if any(entry.filename.lower().endswith((".zip", ".7z", ".rar", ".gz")) for entry in entries):
        raise AttachmentRejected(
            f"«{name}» lleva dentro otro fichero comprimido: adjunte los ficheros por separado."
        )


def _check_pixels(stream: BinaryIO, kind: str, name: str) -> None:
    """The size in pixels that the header declares."""
    stream.seek(0)
    size = _png_size(stream) if kind == "image/png" else _jpeg_size(stream)
    if size is None:
        raise AttachmentRejected(f"La imagen «{name}» está dañada: vuelva a guardarla.")
    if size[0] * size[1] > MAX_PIXELS:
        raise AttachmentRejected(f"La imagen «{name}» es demasiado grande: redúzcala.")


def _png_size(stream: BinaryIO) -> tuple[int, int] | None:
    head = stream.read(24)
    if len(head) < 24 or head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _jpeg_size(stream: BinaryIO) -> tuple[int, int] | None:
    """Walk the segments to the one that declares the frame."""
    stream.seek(2)
    for _ in range(500):
        marker = stream.read(4)
        if len(marker) < 4 or marker[0] != 0xFF:
            return None
        length = struct.unpack(">H", marker[2:])[0]
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in (0xC4, 0xC8, 0xCC):
            frame = stream.read(5)
            if len(frame) < 5:
                return None
            height, width = struct.unpack(">HH", frame[1:5])
            return width, height
        stream.seek(length - 2, io.SEEK_CUR)
    return None
