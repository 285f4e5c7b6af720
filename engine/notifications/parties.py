"""Whose notification it is: its expediente's parties, and who may receive it in their name."""

from __future__ import annotations

from uuid import UUID

from engine.clock import madrid_date
from engine.errors import NotFound, Refused
from engine.expedientes.models import Expediente
from engine.notifications.models import Notification
from engine.operation import Act
from engine.people.queries import powers_between


def expediente_of(act: Act, expediente_id: UUID | None) -> Expediente | None:
    """The expediente, when the notification is of one."""
    if expediente_id is None:
        return None
    return act.session.get(Expediente, (act.entity_id, expediente_id))


def check_receiver(act: Act, row: Notification) -> None:
    """The actor is the interested person, or holds now a power that reaches this procedure.

    Raises NotFound for anybody else, Refused for a power that was given for other procedures.
    """
    if act.actor.interested_id != row.person_id:
        raise NotFound
    if act.actor.id is not None and act.actor.id != row.person_id:
        check_power(act, row, act.actor.id)


def check_power(act: Act, row: Notification, attorney_id: UUID) -> None:
    """The attorney may receive it today; raises NotFound without a power, Refused when it is short."""
    powers = powers_between(act.session, row.person_id, attorney_id, madrid_date(act.now))
    if not powers:
        raise NotFound("No consta una representación en vigor para actuar en su nombre.")
    expediente = expediente_of(act, row.expediente_id)
    procedure = None if expediente is None else expediente.procedure_key
    if not any(power.scope != "procedures" or procedure in power.procedures for power in powers):
        raise Refused(
            "Su representación no alcanza a este procedimiento: la notificación debe recibirla la "
            "persona interesada, o quien tenga un poder para él."
        )
