"""Limits of attempts (ENS op.acc.5, mp.s.4): counted in the record, so they hold for all processes."""

from __future__ import annotations

from datetime import timedelta

from werkzeug.exceptions import TooManyRequests

from engine.audit.queries import refusals_from
from web.context import current, reading, real_now

WINDOW = timedelta(minutes=10)


def limit_refusals(operation: str, *, most: int) -> None:
    """Raise 429 when this address was refused this operation `most` times within the window."""
    address = current().trace.address
    if address is None:
        return
    refused = refusals_from(reading(), type=operation, address=address, since=real_now() - WINDOW)
    if refused >= most:
        raise TooManyRequests(retry_after=int(WINDOW.total_seconds()))
