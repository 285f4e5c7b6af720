"""A document of the town hall as the tests of its verification hold it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Sealed:
    """A sealed document and the code that is printed on it."""

    document_id: UUID
    code: str
