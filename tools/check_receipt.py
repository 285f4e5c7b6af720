"""Check a town hall's receipt by yourself, offline: `python check_receipt.py receipt.pdf log-key.pub.pem`.

Needs Python 3.11 and the package `cryptography`, nothing of Andecha. It reads the proof inside the
PDF, recomputes the hashes of RFC 6962 up to the root, and checks the log's Ed25519 signature over it.
It is written apart from Andecha's own code, so that both would have to be wrong in the same way.
Exit 0: the filing is in the log; 1: it is not; 2: the files cannot be read.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import zlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

MAX_BYTES = 64_000_000
MAX_STREAM = 8_000_000


class Unreadable(Exception):
    """A file that is not what it should be."""


class Wrong(Exception):
    """The proof does not hold."""


def main() -> int:
    """Check the receipt named on the command line and say what was found."""
    if len(sys.argv) != 3:
        print("Uso: python check_receipt.py justificante.pdf log-key.pub.pem", file=sys.stderr)
        return 2
    try:
        key = read_key(Path(sys.argv[2]))
        streams = embedded_streams(read(Path(sys.argv[1])))
        proof = find_proof(streams)
        event = check(proof, key)
        copies = check_copies(streams, event)
    except Unreadable as error:
        print(f"No se puede comprobar: {error}", file=sys.stderr)
        return 2
    except Wrong as error:
        print(f"NO es correcto: {error}")
        return 1
    facts = event.get("facts", {})
    print(
        f"Correcto: el asiento {facts.get('code')} está en el registro, lugar {proof['index']} de {proof['size']}."
    )
    print(f"Presentado: {facts.get('presented_at')}. Copias comprobadas: {copies}.")
    for item in facts.get("documents", []):
        print(f"  sha256 {item.get('sha256')}  {item.get('eni_id', '')}")
    return 0


def read(path: Path) -> bytes:
    """The bytes of a file of reasonable size."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"{path} es demasiado grande")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


def read_key(path: Path) -> Ed25519PublicKey:
    """The log's public key, as the town hall publishes it."""
    try:
        key = load_pem_public_key(read(path))
    except ValueError:
        raise Unreadable(f"{path} no es una clave pública en formato PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable(f"{path} no es una clave Ed25519")
    return key


def embedded_streams(pdf: bytes) -> list[bytes]:
    """The contents of the embedded files of a PDF, found by their own marks."""
    if not pdf.startswith(b"%PDF-"):
        raise Unreadable("el fichero no es un PDF")
    found = []
    for match in re.finditer(
        rb"<<(?:(?!endobj|stream).){0,2000}?/EmbeddedFile(?:(?!endobj).){0,2000}?stream\r?\n",
        pdf,
        re.DOTALL,
    ):
        end = pdf.find(b"endstream", match.end())
        if end < 0:
            continue
        data = pdf[match.end() : end]
        if b"/FlateDecode" in match[0]:
            try:
                data = zlib.decompressobj().decompress(data, MAX_STREAM)
            except zlib.error:
                continue
        else:
            data = data.rstrip(b"\r\n")
        found.append(data)
    return found


def find_proof(streams: list[bytes]) -> dict[str, object]:
    """The proof among the embedded files: there must be exactly one."""
    proofs = []
    for data in streams:
        try:
            value = json.loads(data)
        except ValueError:
            continue
        if isinstance(value, dict) and {"leaf_body", "path", "note"} <= value.keys():
            proofs.append(value)
    if len(proofs) != 1:
        raise Unreadable("el PDF no lleva dentro una prueba del registro")
    return proofs[0]


def check(proof: dict[str, object], key: Ed25519PublicKey) -> dict[str, object]:
    """Verify signature and inclusion; returns the event that was proved."""
    try:
        body = base64.b64decode(str(proof["leaf_body"]), validate=True)
        index, size = int(str(proof["index"])), int(str(proof["size"]))
        path = [bytes.fromhex(step) for step in proof["path"]]  # type: ignore[attr-defined]
    except (ValueError, TypeError, KeyError):
        raise Unreadable("la prueba está dañada") from None
    signed_size, signed_root = open_note(str(proof["note"]), key)
    if signed_size != size:
        raise Wrong("el tamaño firmado no es el de la prueba")
    if root_from(body, index, size, path) != signed_root:
        raise Wrong("el asiento no está en el registro que firmó el ayuntamiento")
    event = json.loads(body)
    if event.get("type") != "registry.enter" or event.get("result") != "ok":
        raise Wrong("la prueba es de otro acto, no de una entrada en el registro")
    return event  # type: ignore[no-any-return]


def open_note(note: str, key: Ed25519PublicKey) -> tuple[int, bytes]:
    """Size and root of a checkpoint that the key signed (C2SP signed-note, tlog-checkpoint)."""
    text, separator, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) < 3:
        raise Unreadable("el punto de control está dañado")
    text += "\n"
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = hashlib.sha256(lines[0].encode() + b"\n\x01" + raw).digest()[:4]
    for line in signatures.splitlines():
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or parts[1] != lines[0]:
            continue
        try:
            blob = base64.b64decode(parts[2], validate=True)
            if blob[:4] == name:
                key.verify(blob[4:], text.encode())
                return int(lines[1]), base64.b64decode(lines[2], validate=True)
        except (ValueError, InvalidSignature):
            break
    raise Wrong("el punto de control no lleva la firma del registro del ayuntamiento")


def root_from(body: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that leaf and path lead to, from the top down (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        return None
    steps = list(path)

    def climb(leaf_index: int, count: int) -> bytes | None:
        if count == 1:
            return hashlib.sha256(b"\x00" + body).digest()
        if not steps:
            return None
        sibling = steps.pop()
        split = 1 << ((count - 1).bit_length() - 1)
        if leaf_index < split:
            left = climb(leaf_index, split)
            return None if left is None else hashlib.sha256(b"\x01" + left + sibling).digest()
        right = climb(leaf_index - split, count - split)
        return None if right is None else hashlib.sha256(b"\x01" + sibling + right).digest()

    root = climb(index, size)
    return None if steps else root


def check_copies(streams: list[bytes], event: dict[str, object]) -> int:
    """Every embedded file but the proof must be one whose hash the event names."""
    known = json.dumps(event.get("facts", {}))
    copies = 0
    for data in streams:
        if b'"leaf_body"' in data:
            continue
        if hashlib.sha256(data).hexdigest() not in known:
            raise Wrong("una de las copias que lleva el PDF no es la que se registró")
        copies += 1
    return copies


if __name__ == "__main__":
    sys.exit(main())
