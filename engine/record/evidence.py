"""What else must still be as it was: rooms below register what they vouch for.

Stored objects are checked against the hash of their bytes; rows against what their act said of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Evidence:
    """A stored object: its kind in Spanish, its id, what people call it, and the SHA-256 of its bytes."""

    kind: str
    id: str
    title: str
    sha256: str


@dataclass(frozen=True)
class Claim:
    """A row as it is now: some act that made or changed it must have said this value of it.

    kind: in Spanish, with its article; title: what people call it.
    """

    kind: str
    title: str
    object_kind: str
    object_id: str
    value: str


EvidenceSource = Callable[[Session], Iterator[Evidence]]
ClaimSource = Callable[[Session], Iterator[Claim]]
EVIDENCE_SOURCES: list[EvidenceSource] = []
CLAIM_SOURCES: list[tuple[frozenset[str], str, ClaimSource]] = []


def evidence_source(source: EvidenceSource) -> EvidenceSource:
    """Register a function that names the stored objects of a room."""
    EVIDENCE_SOURCES.append(source)
    return source


def claim_source(acts: frozenset[str], fact: str) -> Callable[[ClaimSource], ClaimSource]:
    """Register a function that names the rows of a room as they are now.

    acts: the types of the events that write such rows; fact: the name under which they say the value.
    What other acts say, such as reading, confirms nothing.
    """

    def register(source: ClaimSource) -> ClaimSource:
        CLAIM_SOURCES.append((acts, fact, source))
        return source

    return register
