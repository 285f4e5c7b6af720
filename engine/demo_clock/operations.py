"""Moving the demonstration's clock forward."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import event, select
from sqlalchemy.dialects.postgresql import insert

from engine.clock import madrid_date
from engine.deadlines.calendars import NoCalendarForYear
from engine.deadlines.seat import seat_calendar
from engine.demo_clock.clock import DemoClock
from engine.demo_clock.models import DemoClockRow
from engine.errors import BadInput, Refused
from engine.keys.queries import expiring
from engine.operation import Act, operation

LONGEST = timedelta(days=366)
"""How far it may be moved at a time: the certificates are renewed after each move."""


@operation("demo.move_clock")
def move_clock(act: Act, *, to: datetime) -> datetime:
    """Move the town's clock forward to an instant; returns the instant.

    What the law counts moves with it: terms, notifications, certificates and the demonstration's time
    stamps. Sessions, leases, attempts of jobs and limits of attempts stay in real time.
    Raises Refused where the clock cannot be moved, and BadInput for an instant that is past, too far,
    of a year without calendar (PLZ-18) or after the end of a certificate.
    """
    clock = act.clock
    if not act.settings.demo or not isinstance(clock, DemoClock):
        raise Refused("El reloj solo se puede adelantar en la demostración.", "demo.move_clock")
    row = _locked(act)
    now = clock.base.now() + row.ahead
    act.about("clock", str(act.entity_id))
    act.note(moved_from=now, moved_to=to)
    _check(act, now, to)
    row.ahead += to - now
    row.moved_from, row.moved_to = now, to
    event.listen(act.session, "after_commit", lambda _session: clock.look_again(), once=True)
    act.defer("demo.renew_keys")
    return to


def _locked(act: Act) -> DemoClockRow:
    """The town's row, made the first time, locked until the commit."""
    act.session.execute(
        insert(DemoClockRow)
        .values(entity_id=act.entity_id, ahead=timedelta(0))
        .on_conflict_do_nothing()
    )
    return act.session.scalars(select(DemoClockRow).with_for_update()).one()


def _check(act: Act, now: datetime, to: datetime) -> None:
    if to <= now:
        raise BadInput("El reloj solo va hacia delante: elija un momento posterior al actual.")
    if to - now > LONGEST:
        raise BadInput("Adelante el reloj un año como mucho cada vez.")
    if act.settings.town.time_stamp_urls:
        raise BadInput(
            "Los sellos de tiempo los pone un servicio externo, que va con la hora real: "
            "con él no se puede adelantar el reloj."
        )
    day = madrid_date(to)
    try:
        seat_calendar(act.townhall, act.session).why_closed(day)
    except NoCalendarForYear:
        raise BadInput(
            f"El municipio no tiene calendario de {day.year}, y sin él no se cuenta ningún plazo "
            "(art. 30.7 de la Ley 39/2015): cargue antes ese calendario."
        ) from None
    ending = expiring(act.session, to, timedelta(0))
    if ending:
        first = ending[0]
        raise BadInput(
            f"El certificado de {first.holder} caduca el {first.valid_to:%d/%m/%Y}: adelante el reloj "
            "hasta antes de ese día y, cuando se haya renovado, siga."
        )
