"""A DEHú that exists only in demonstrations and tests: it can be late, repeat, contradict and fail.

It reads and writes the folder of exchange (engine/notifications/adapters/dehu.py), as a connector
would; the town hall learns of it by its recurrent work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.clock import Clock
from engine.ids import new_id
from engine.notifications.adapters import EventKind
from engine.notifications.adapters.dehu import write_whole
from web.access import Audience, access
from web.context import current
from web.rendering import page
from web.simulators.gateway import simulators

_PLAYS = "plays the DEHú: the town hall takes what it tells by an operation of its own"
_MOST = 50


class DehuBehaviour(StrEnum):
    """What happens to a parcel there."""

    AVAILABLE = "available"
    ACCESS = "access"
    REJECT = "reject"
    ACCESS_LATE = "access-late"
    ACCESS_TWICE = "access-twice"
    CONTRADICT = "contradict"
    REFUSE = "refuse"


@dataclass(frozen=True)
class SimulatedParcel:
    """A parcel as the simulated DEHú holds it; ended: what the town told of its end."""

    key: UUID
    exit_code: str
    subject: str
    ended: str


class SimulatedDehu:
    """The other side of the folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def parcels(self) -> tuple[SimulatedParcel, ...]:
        """What it was handed, the newest first."""
        found = sorted((self._folder / "out").glob("*.json"), reverse=True)[:_MOST]
        return tuple(self._parcel(json.loads(path.read_bytes())) for path in found)

    def _parcel(self, raw: dict[str, Any]) -> SimulatedParcel:
        told = sorted((self._folder / "ended").glob(f"{raw['key']}-*.json"))
        state = json.loads(told[-1].read_bytes())["state"] if told else ""
        return SimulatedParcel(UUID(raw["key"]), raw["exit"], raw["subject"], state)

    @property
    def closed(self) -> bool:
        return (self._folder / "closed").exists()

    def open_or_close(self) -> None:
        """Take nothing more, or take again."""
        if self.closed:
            (self._folder / "closed").unlink()
        else:
            write_whole(self._folder / "closed", b"")

    @property
    def held(self) -> int:
        """How many messages it has not told yet."""
        return len(list((self._folder / "held").glob("*.json")))

    def tell_what_is_held(self) -> None:
        """Tell late what happened long ago."""
        for path in sorted((self._folder / "held").glob("*.json")):
            write_whole(self._folder / "in" / path.name, path.read_bytes())
            path.unlink()

    def play(self, key: UUID, chosen: DehuBehaviour) -> None:
        """Do it and tell it, late or twice where that was chosen; nothing for an unknown parcel."""
        path = self._folder / "out" / f"{key}.json"
        if not path.exists():
            return
        addressee = json.loads(path.read_bytes())["addressee"]
        receiver = f"{addressee['name']} ({addressee['document']})"
        where = "held" if chosen is DehuBehaviour.ACCESS_LATE else "in"
        for kind, at, reference in self._messages(chosen):
            facts = {
                "reference": reference,
                "key": str(key),
                "kind": kind.value,
                "at": at.isoformat(),
                "receiver": receiver,
            }
            write_whole(self._folder / where / f"{new_id()}.json", json.dumps(facts).encode())

    def _messages(self, chosen: DehuBehaviour) -> Iterator[tuple[EventKind, datetime, str]]:
        now, reference = self._clock.now(), f"DEHU-{new_id()}"
        match chosen:
            case DehuBehaviour.AVAILABLE:
                yield EventKind.AVAILABLE, now, reference
            case DehuBehaviour.REJECT:
                yield EventKind.REJECTED, now, reference
            case DehuBehaviour.REFUSE:
                yield EventKind.REFUSED, now, reference
            case _:
                yield EventKind.ACCESSED, now, reference
        if chosen is DehuBehaviour.ACCESS_TWICE:
            yield EventKind.ACCESSED, now, reference
        if chosen is DehuBehaviour.CONTRADICT:
            yield EventKind.REJECTED, now - timedelta(seconds=1), f"DEHU-{new_id()}"


def _dehu() -> SimulatedDehu:
    townhall = current().townhall
    return SimulatedDehu(townhall.settings.dehu_dir, townhall.clock)


@simulators.get("/dehu")
@access(Audience.PUBLIC)
def dehu_home() -> Response:
    """What the simulated DEHú holds, and what the tester wants to happen."""
    return _page()


def _page(*, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    simulated = _dehu()
    parcels = simulated.parcels()
    return page(
        "simulators/dehu.html",
        status=status,
        errors=errors,
        parcels=parcels,
        choices=[(str(each.key), f"{each.exit_code}: {each.subject}") for each in parcels],
        closed=simulated.closed,
        held=simulated.held,
        behaviours=_choices(),
    )


@simulators.post("/dehu")
@access(Audience.PUBLIC, without_operation=_PLAYS)
def play_dehu() -> Response:
    """Do what the tester chose with one parcel."""
    try:
        key = UUID(request.form.get("key", ""))
        chosen = DehuBehaviour(request.form.get("behaviour", ""))
    except ValueError:
        wrong = gettext("Elija una notificación y qué quiere que pase con ella.")
        return _page(status=422, errors=(("behaviour", wrong),))
    _dehu().play(key, chosen)
    flash(gettext("Hecho. El ayuntamiento lo sabrá en unos segundos."), "success")
    return redirect(url_for(".dehu_home"), 303)


@simulators.post("/dehu/callados")
@access(Audience.PUBLIC, without_operation=_PLAYS)
def tell_dehu() -> Response:
    """Tell at last what was held back."""
    _dehu().tell_what_is_held()
    return redirect(url_for(".dehu_home"), 303)


@simulators.post("/dehu/cierre")
@access(Audience.PUBLIC, without_operation=_PLAYS)
def close_dehu() -> Response:
    """Stop answering, or answer again."""
    _dehu().open_or_close()
    return redirect(url_for(".dehu_home"), 303)


def _choices() -> list[tuple[str, str, str]]:
    return [
        (DehuBehaviour.ACCESS, gettext("Acceder al contenido"), ""),
        (DehuBehaviour.REJECT, gettext("Rechazarla"), ""),
        (
            DehuBehaviour.ACCESS_LATE,
            gettext("Acceder, y que se sepa tarde"),
            gettext(
                "La DEHú se calla hasta que usted lo diga: sirve para que antes pase otra cosa."
            ),
        ),
        (
            DehuBehaviour.ACCESS_TWICE,
            gettext("Acceder, y que se diga dos veces"),
            gettext("El segundo mensaje no debe cambiar nada."),
        ),
        (
            DehuBehaviour.CONTRADICT,
            gettext("Acceder y decir también que se rechazó un segundo antes"),
            gettext("Vale lo que ocurrió primero; queda escrito lo demás."),
        ),
        (DehuBehaviour.AVAILABLE, gettext("Decir solo que está disponible"), ""),
        (
            DehuBehaviour.REFUSE,
            gettext("No admitirla"),
            gettext("Sigue en la sede, con los mismos efectos."),
        ),
    ]
