"""The recurrent work of the record."""

from __future__ import annotations

from engine.jobs import duty
from engine.record.sequencer import BATCH, sequence, when_events_wait
from engine.townhall import TownHall


@duty("record.sequence", every=0.5, look=when_events_wait)
def sequence_events(townhall: TownHall) -> None:
    """Place every waiting event."""
    while sequence(townhall) == BATCH:
        pass
