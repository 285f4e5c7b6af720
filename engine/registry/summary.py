"""What an entry's act binds: the number, the instants, who, where, about what, and every document."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from engine.audit.events import canonical_instant, canonical_value
from engine.registry.models import RegistryEntry


@dataclass(frozen=True)
class BoundDocument:
    """A document of an entry, with the hash of its bytes when it was registered."""

    eni_id: str
    sha256: str


def summary_of(entry: RegistryEntry, documents: Sequence[BoundDocument]) -> dict[str, Any]:
    """The facts of an entry, without personal data in the clear: the subject goes by its hash."""
    effective = entry.effective_at
    return {
        "book": entry.book,
        "office": entry.office,
        "number": entry.number,
        "code": entry.code,
        "presented_at": canonical_instant(entry.presented_at),
        "effective_at": None if effective is None else canonical_instant(effective),
        "channel": entry.channel,
        "person": None if entry.person_id is None else str(entry.person_id),
        "representative": (
            None if entry.representative_id is None else str(entry.representative_id)
        ),
        "unit": entry.unit_dir3,
        "documents": [{"eni_id": item.eni_id, "sha256": item.sha256} for item in documents],
    }


def summary_sha256(summary: dict[str, Any]) -> str:
    """SHA-256 of the canonical summary (RFC 8785), in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps(canonical_value(summary))).hexdigest()
