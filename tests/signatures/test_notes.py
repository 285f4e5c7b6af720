"""Signed notes: what one key signed opens with that key and with no other, and not after a change."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signatures.notes import Checkpoint, NoteError, open_checkpoint, sign_checkpoint, verifier_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CHECKPOINT = Checkpoint("sede.example/registro/L01339014", 42, bytes(32))


def test_a_note_opens_to_what_was_signed() -> None:
    assert open_checkpoint(sign_checkpoint(CHECKPOINT, KEY), KEY.public_key()) == CHECKPOINT


def test_a_note_has_the_shape_that_witnesses_read() -> None:
    lines = sign_checkpoint(CHECKPOINT, KEY).split("\n")
    assert lines[:4] == [CHECKPOINT.origin, "42", "A" * 43 + "=", ""]
    assert lines[4].startswith(f"— {CHECKPOINT.origin} ")
    name, key_id, encoded = verifier_key(CHECKPOINT.origin, KEY.public_key()).split("+", 2)
    assert (name, len(key_id), len(encoded)) == (CHECKPOINT.origin, 8, 44)


@pytest.mark.parametrize(
    ("old", "new"),
    [("42", "43"), ("42", "042"), ("sede", "sedo"), ("AAAA", "BAAA"), ("\n\n", "\n"), ("— ", "- ")],
)
def test_an_altered_note_does_not_open(old: str, new: str) -> None:
    note = sign_checkpoint(CHECKPOINT, KEY).replace(old, new, 1)
    with pytest.raises(NoteError):
        open_checkpoint(note, KEY.public_key())


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(NoteError):
        open_checkpoint(sign_checkpoint(CHECKPOINT, KEY), Ed25519PrivateKey.generate().public_key())
