"""Identifiers: UUID version 7 (RFC 9562 section 5.7), made in Python so that no server feature is needed."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_lock = threading.Lock()
_last_tick = 0


def new_id() -> UUID:
    """A time-ordered identifier; ids made by one process are strictly increasing.

    48 bits of milliseconds, 12 bits that count quarter microseconds inside the
    millisecond (RFC 9562 section 6.2, method 3), 62 random bits.
    """
    global _last_tick  # noqa: PLW0603 - one counter for each process, under a lock
    nanoseconds = time.time_ns()
    milliseconds, remainder = divmod(nanoseconds, 1_000_000)
    tick = (milliseconds << 12) | (remainder * 4096 // 1_000_000)
    with _lock:
        tick = max(tick, _last_tick + 1)
        _last_tick = tick
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    value = (
        (milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | secrets.randbits(62)
    )
    return UUID(int=value)


def instant_of(identifier: UUID) -> datetime:
    """The millisecond at which a version 7 identifier was made."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, tz=UTC)


def first_id_at(instant: datetime) -> UUID:
    """The lowest identifier that can be made at an instant: every later one is greater."""
    milliseconds = round(instant.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def parse_id(text: str) -> UUID | None:
    """The identifier written in `text`, or None when it is not one."""
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
