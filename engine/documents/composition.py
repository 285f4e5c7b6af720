"""A composed document before it is a PDF: its body and what its sheet prints."""

from __future__ import annotations

import json
from dataclasses import dataclass

import rfc8785

MEDIA_TYPE = "application/vnd.andecha.composition+json"
_VERSION = 1


@dataclass(frozen=True)
class ComposedDocument:
    """Kept as the first version of a rendered document, so that what was drafted can be shown."""

    body: str
    unit_name: str
    references: tuple[tuple[str, str], ...]
    language: str

    def to_bytes(self) -> bytes:
        """Canonical JSON (RFC 8785)."""
        return rfc8785.dumps(
            {
                "v": _VERSION,
                "body": self.body,
                "unit": self.unit_name,
                "references": [list(pair) for pair in self.references],
                "language": self.language,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> ComposedDocument:
        """What `to_bytes` made; raises ValueError for anything else."""
        raw = json.loads(data)
        if raw.get("v") != _VERSION:
            raise ValueError("a composition of another version")
        return cls(
            body=raw["body"],
            unit_name=raw["unit"],
            references=tuple((label, value) for label, value in raw["references"]),
            language=raw["language"],
        )
