"""Load the demonstration's town through the operations that people use, and only what is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from engine.clock import madrid_date
from engine.errors import ConfigurationError
from engine.keys import queries as keys
from engine.keys.demo import ensure_demo_keys
from engine.keys.models import Purpose
from engine.keys.town_keys import seal_holder
from engine.permissions import Actor
from engine.registry import queries as registry
from engine.townhall import TownHall
from engine.worker import drain
from web.demo.applications import Applications
from web.demo.calendars import ensure_calendars
from web.demo.catalogue import ensure_catalogue
from web.demo.contracts import ensure_contracts
from web.demo.invoices import Invoices
from web.demo.people import ensure_people
from web.demo.story import Town
from web.demo.timeline import Timeline

_FIRST_DAY, _FIRST_DAY_SMALL = 40, 4
_TOLD_EVERY = 15
Say = Callable[[str], None]


def load(townhall: TownHall, *, small: bool = False, say: Say = lambda _text: None) -> None:
    """Give an installation the demonstration's town; loading it again changes nothing.

    small: fewer expedientes and invoices, for tests; say: told what is being done.
    What an interrupted load left undone is done by the next one. No worker may be at work meanwhile:
    the load moves the clock through the last weeks and runs the jobs itself.
    Raises ConfigurationError in production.
    """
    if not townhall.settings.demo:
        raise ConfigurationError(
            "El municipio de demostración no se carga en producción (ANDECHA_ENV=production)."
        )
    call = townhall.system("demo")
    timeline = Timeline(townhall, not_before=_floor(townhall, call.actor))
    try:
        timeline.move_to(timeline.moment(_FIRST_DAY_SMALL if small else _FIRST_DAY, "08:30"))
        ensure_calendars(call)
        say("Personas, unidades y contratos")
        ensure_people(call, timeline.today)
        ensure_demo_keys(townhall, call)
        ensure_contracts(call)
        ensure_catalogue(call, say)
        drain(townhall)
        _tell(Town(townhall, call, timeline), small, say)
    finally:
        timeline.close()


def _tell(town: Town, small: bool, say: Say) -> None:
    """Let everything happen in the order of time, the jobs and the terms with it."""
    applications = Applications(town)
    if not small and applications.all_told():
        return
    steps = [
        step for step in (*Invoices(town).steps(), *applications.steps()) if step.small or not small
    ]
    told = sorted(steps, key=lambda step: town.timeline.moment(step.days_ago, step.hour))
    day = None
    for position, step in enumerate(told):
        town.timeline.move_to(town.timeline.moment(step.days_ago, step.hour))
        today = madrid_date(town.timeline.now())
        if step.do() or today != day:
            drain(town.townhall)
            town.timeline.breathe()
        if position % _TOLD_EVERY == 0:
            say(f"Expedientes y facturas: {100 * position // len(told)} %")
        day = today


def _floor(townhall: TownHall, actor: Actor) -> datetime | None:
    """The load never goes back before the last entry of the registry, nor before the town had its seal."""
    with townhall.database.reading() as session:
        entries = registry.search(session, actor, registry.Search(), limit=1)
        seal = keys.active(session, Purpose.SEAL, seal_holder(townhall.settings))
    known = [row.presented_at for row in entries]
    if seal is not None:
        known.append(seal.valid_from)
    return max(known, default=None)
