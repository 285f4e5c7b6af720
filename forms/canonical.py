"""The canonical bytes of a filing (RFC 8785): what is shown is what is signed."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

VERSION = 1
_SAFE_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """A value that has no canonical form: a float, a key that is not text, an unknown type."""


@dataclass(frozen=True)
class AttachedFile:
    """A file as the filing names it; size in bytes."""

    key: str
    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Filing:
    """Everything that a person files. Amounts are text with two decimals; `at` is RFC 3339 in UTC."""

    procedure: str
    procedure_version: int
    form_version: int
    form_sha256: str
    answers: Mapping[str, Any]
    attachments: Sequence[AttachedFile]
    fee: Mapping[str, Any]
    declarations: Sequence[Mapping[str, Any]]
    person: Mapping[str, str]
    representative: Mapping[str, str] | None
    at: str


def canonical_bytes(filing: Filing) -> bytes:
    """The filing's bytes, the same for the same filing whatever the order of its keys."""
    return rfc8785.dumps(
        {
            "v": VERSION,
            "procedure": {"key": filing.procedure, "version": filing.procedure_version},
            "form": {"version": filing.form_version, "sha256": filing.form_sha256},
            "answers": plain(filing.answers),
            "attachments": [
                {
                    "key": item.key,
                    "name": plain(item.name),
                    "media_type": item.media_type,
                    "size": item.size,
                    "sha256": item.sha256,
                }
                for item in filing.attachments
            ],
            "fee": plain(filing.fee),
            "declarations": plain(filing.declarations),
            "person": plain(filing.person),
            "representative": plain(filing.representative),
            "at": filing.at,
        }
    )


def fingerprint(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def plain(value: Any) -> Any:
    """The value with its text in NFC; raises NotCanonical for what cannot be written exactly."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, int):
        if abs(value) > _SAFE_INTEGER:
            raise NotCanonical("an integer beyond 2^53 - 1")
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise NotCanonical("a key that is not text")
        return {unicodedata.normalize("NFC", key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    raise NotCanonical(f"a {type(value).__name__}")
