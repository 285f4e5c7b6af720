"""Reading what an address or a form carries."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID

from engine.errors import NotFound


def identifier(text: str) -> UUID:
    """An id; raises NotFound for what is none, as for one that nobody has."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def day(text: str) -> date | None:
    """A day typed as 27/3/2027, or as a browser writes it; None when it is empty.

    Raises ValueError for what is no day.
    """
    plain = text.strip()
    if not plain:
        return None
    found = _DAY.fullmatch(plain)
    if found is None:
        return date.fromisoformat(plain)
    return date(int(found[3]), int(found[2]), int(found[1]))
