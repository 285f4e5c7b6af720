"""Files that people attach: each lie and each bomb gets its own clear sentence."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.attachments import AttachmentRejected, check_attachment, safe_name
from forms.definition import Attachment, FormDefinition

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x0b\x08"
    + struct.pack(">HH", 10, 20)
    + b"\x01\x01\x11\x00"
)


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + b"IHDR"
        + header
        + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    )


def zipped(entries: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.fixture
def rule(form: FormDefinition) -> Attachment:
    return form.attachments[0]


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("plano.pdf", PDF, "application/pdf"),
        ("foto.JPG", JPEG, "image/jpeg"),
        ("foto.png", png(100, 100), "image/png"),
        ("todo.zip", zipped({"a.txt": b"hola"}), "application/zip"),
        ("sin extension", PDF, "application/pdf"),
    ],
)
def test_a_right_file_is_taken(rule: Attachment, name: str, data: bytes, media_type: str) -> None:
    checked = check_attachment(io.BytesIO(data), name, rule)
    assert (checked.media_type, checked.size) == (media_type, len(data))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("vacio.pdf", b"", "vacío"),
        ("foto.jpg", PDF, "se llama como un fichero JPEG, pero es PDF"),
        ("plano.pdf", JPEG, "se llama como un fichero PDF, pero es JPEG"),
        ("plano.pdf", b"%PDF-1.7\ncut", "incompleto"),
        ("plano.pdf", PDF.replace(b"trailer<<>>", b"trailer<</Encrypt 5 0 R>>"), "contraseña"),
        ("grande.pdf", PDF + b" " * 2_100_000, "pasa de 2 MB"),
        ("nota.txt", b"hola", "es texto. Se admiten ficheros PDF, JPEG, PNG o ZIP"),
        ("programa.exe", b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(200), "No se reconoce"),
        ("enorme.png", png(60_000, 60_000), "demasiado grande"),
        ("rota.png", b"\x89PNG\r\n\x1a\n" + bytes(30), "dañada"),
        ("rota.jpg", b"\xff\xd8\xff\xe0", "dañada"),
        ("bomba.zip", zipped({"a": bytes(20_000_000)}), "contiene demasiado"),
        ("anidado.zip", zipped({"b.zip": zipped({"c": b"x"})}), "otro fichero comprimido"),
        ("roto.zip", b"PK\x03\x04" + bytes(40), "dañado"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_is_told_why(
    rule: Attachment, name: str, data: bytes, words: str
) -> None:
    with pytest.raises(AttachmentRejected, match=words):
        check_attachment(io.BytesIO(data), name, rule)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\plano.pdf", "plano.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("gpj.\u202efdp.exe", "gpj.fdp.exe"),
        ("..", "documento"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.binary(max_size=400), st.text(max_size=60))
def test_whatever_is_attached_is_taken_or_refused_with_a_sentence(data: bytes, name: str) -> None:
    rule = Attachment(
        "x", "X", media_types=("application/pdf", "image/png", "image/jpeg", "application/zip")
    )
    try:
        check_attachment(io.BytesIO(data), name, rule)
    except AttachmentRejected as error:
        assert str(error).endswith(".")
