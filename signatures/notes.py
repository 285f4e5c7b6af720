"""Signed notes and checkpoints of transparency logs (C2SP signed-note and tlog-checkpoint).

A checkpoint is text: origin, size, base64 root, an empty line, then one line for each signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = 1
_DASH = "\N{EM DASH}"


class NoteError(ValueError):
    """The text is not a note, or no signature of the given key stands on it."""


@dataclass(frozen=True)
class Checkpoint:
    """What a log commits to: its name, its number of leaves and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The signed part of the note."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_hash(name: str, public: bytes) -> bytes:
    """The four bytes that name a key: SHA-256(name ‖ newline ‖ 0x01 ‖ public key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()[:4]


def verifier_key(name: str, public_key: Ed25519PublicKey) -> str:
    """A public key as witnesses write it: name+hash+base64."""
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    encoded = base64.b64encode(bytes([ED25519]) + raw).decode()
    return f"{name}+{key_hash(name, raw).hex()}+{encoded}"


def sign_checkpoint(checkpoint: Checkpoint, private_key: Ed25519PrivateKey) -> str:
    """The note: the checkpoint and the log's signature, the key named as the origin."""
    text = checkpoint.text()
    raw = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    blob = key_hash(checkpoint.origin, raw) + private_key.sign(text.encode())
    return f"{text}\n{_DASH} {checkpoint.origin} {base64.b64encode(blob).decode()}\n"


def open_checkpoint(note: str, public_key: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint of a note that this key signed; raises NoteError otherwise."""
    text, separator, signatures = note.partition("\n\n")
    if not separator or not note.endswith("\n"):
        raise NoteError("it is not a signed note")
    text += "\n"
    checkpoint = _parse(text)
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    wanted = key_hash(checkpoint.origin, raw)
    for line in signatures.splitlines():
        blob = _signature(line, checkpoint.origin)
        if blob is None or blob[:4] != wanted:
            continue
        try:
            public_key.verify(blob[4:], text.encode())
        except InvalidSignature:
            raise NoteError("the signature is not right") from None
        return checkpoint
    raise NoteError("the key did not sign this note")


def _parse(text: str) -> Checkpoint:
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], lines[1], lines[2]
        if not origin or not size.isascii() or not size.isdigit() or str(int(size)) != size:
            raise NoteError("the checkpoint is malformed")
        return Checkpoint(origin, int(size), base64.b64decode(root, validate=True))
    except (IndexError, binascii.Error):
        raise NoteError("the checkpoint is malformed") from None


def _signature(line: str, name: str) -> bytes | None:
    prefix = f"{_DASH} {name} "
    if not line.startswith(prefix):
        return None
    try:
        return base64.b64decode(line[len(prefix) :], validate=True)
    except binascii.Error:
        return None
