"""Stories: what happens in the town, told step by step, and done in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from engine.clock import madrid_date
from engine.expedientes import operations as expedientes
from engine.people import queries as people
from engine.townhall import Call, TownHall
from engine.workflow import queries as workflow
from engine.workflow.models import WorkState
from engine.workflow.operations import claim
from web.demo.people import official_id, person_id
from web.demo.timeline import Timeline

_ORDER = "Orden de la jefatura: se despacha antes porque su plazo vence primero"
"""What is written when the demonstration takes a task before others that began earlier."""


@dataclass(frozen=True)
class Step:
    """Something that somebody does: when, told as business days ago and an hour.

    do: does it and says whether there was anything to do; small: also in the small town.
    """

    days_ago: int
    hour: str
    do: Callable[[], bool]
    small: bool = False


def step_at(when: Sequence[Any], do: Callable[[], bool], small: bool) -> Step:
    """A step told as [business days ago, hour]."""
    days_ago, hour = when
    return Step(days_ago, hour, do, small)


@dataclass
class Town:
    """The town while its stories are told: who acts, and when.

    ids: what was found by document or code before, since nobody changes them.
    """

    townhall: TownHall
    call: Call
    timeline: Timeline
    ids: dict[str, UUID] = field(default_factory=dict)

    def official(self, code: str) -> Call:
        """An official, as of the instant at which the load stands."""
        identifier = self.ids.setdefault(code, official_id(self.call, code))
        with self.townhall.database.reading() as session:
            actor = people.load_official_actor(session, identifier, self._today())
        return self.townhall.call(actor)

    def citizen(self, document: str, on_behalf_of: str | None = None) -> Call:
        """A person, for themselves or for the one whom they represent."""
        represented = None if on_behalf_of is None else self.person(on_behalf_of)
        with self.townhall.database.reading() as session:
            actor = people.load_citizen_actor(
                session, self.person(document), self._today(), represented
            )
        return self.townhall.call(actor)

    def person(self, document: str) -> UUID:
        """The id of a person."""
        return self.ids.setdefault(document, person_id(self.call, document))

    def _today(self) -> date:
        return madrid_date(self.timeline.now())


def work_on(
    town: Town,
    expediente_id: UUID,
    element: str,
    official: str,
    data: Mapping[str, Sequence[str]],
    *,
    times: int = 1,
) -> bool:
    """An official completes the task of an expediente; false when it is done, or is not asked for.

    times: how often the story has come to this task, since a process may ask for it again.
    """
    with town.townhall.database.reading() as session:
        items = [
            item for item in workflow.items_of(session, expediente_id) if item.element == element
        ]
    done = sum(item.state is WorkState.DONE for item in items)
    waiting = [item for item in items if item.open]
    if done >= times or not waiting:
        return False
    item, who = waiting[0], town.official(official)
    version = item.version
    if item.state is WorkState.OPEN:
        claim(who, work_item_id=item.id, version=version, reason=_ORDER)
        version += 1
    expedientes.complete_task(who, work_item_id=item.id, version=version, data=data)
    return True
