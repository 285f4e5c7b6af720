"""The recurrent work of keys: announce what is about to end."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.jobs import duty
from engine.keys.demo import renew_demo_list
from engine.keys.operations import warn_expiry
from engine.keys.queries import CertificateRow, expiring
from engine.townhall import TownHall

THRESHOLDS = (7, 30, 60)
"""Days before the end of a certificate at which an alarm is recorded."""


@duty("keys.watch", every=600)
def watch(townhall: TownHall) -> None:
    """An alarm for each certificate that ends within 60, 30 and 7 days; the demo's list is renewed."""
    renew_demo_list(townhall)
    now = townhall.clock.now()
    with townhall.database.reading() as session:
        ending = expiring(session, now, timedelta(days=THRESHOLDS[-1]))
    for row in ending:
        days = _threshold(row, now)
        if row.warned_days is None or row.warned_days > days:
            warn_expiry(townhall.system("keys.watch"), certificate_id=row.id, days=days)


def _threshold(row: CertificateRow, now: datetime) -> int:
    """The narrowest threshold that has been passed."""
    left = row.valid_to - now
    return next((days for days in THRESHOLDS if left < timedelta(days=days)), THRESHOLDS[-1])
