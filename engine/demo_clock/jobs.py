"""After a move: certificates and revocation lists that would end soon are made anew."""

from __future__ import annotations

from datetime import timedelta

from engine.demo_clock.clock import DemoClock
from engine.demo_clock.operations import LONGEST
from engine.jobs import job
from engine.keys.demo import ensure_demo_keys
from engine.townhall import Call

_AHEAD = LONGEST + timedelta(days=60)


@job("demo.renew_keys")
def renew_keys(call: Call) -> None:
    """Make the demonstration's keys good for a move as long as the longest one, and two months more."""
    clock = call.townhall.clock
    if isinstance(clock, DemoClock):
        clock.look_again()
    ensure_demo_keys(call.townhall, call, left=_AHEAD)
