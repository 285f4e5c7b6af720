"""Pages of long lists: by the last row of the page before, so that new rows shift nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

Position = tuple[datetime, UUID]


def position_text(at: datetime, identifier: UUID) -> str:
    """The place of a row, for an address."""
    return f"{at.isoformat()}~{identifier}"


def position(text: str | None) -> Position | None:
    """The place that an address names; what cannot be read is the beginning of the list."""
    at, _, identifier = (text or "").partition("~")
    try:
        return datetime.fromisoformat(at.replace(" ", "+")), UUID(identifier)
    except ValueError:
        return None


def page_number(text: str | None) -> int:
    """A page's number, from 1 up; what cannot be read is the first."""
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
