"""By which channel a person is notified, and why (arts. 14, 41.1 and 41.2 of Ley 39/2015)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.notifications.models import ChannelReason, Notification
from engine.people.models import Channel, Person


@dataclass(frozen=True)
class ChosenChannel:
    """The channel of one notification."""

    channel: Channel
    reason: ChannelReason


def channel_for(person: Person, *, convertible: bool, first_of_office: bool) -> ChosenChannel:
    """The channel as the person is today: a choice made later counts for the next notification.

    convertible: whether it can be made electronic (NOT-3); first_of_office: it is the first one, of
    a procedure that the town began, to somebody of whom no contact is known (NOT-11).
    """
    if not convertible:
        return ChosenChannel(Channel.PAPER, ChannelReason.NOT_CONVERTIBLE)
    if person.obliged and first_of_office:
        return ChosenChannel(Channel.PAPER, ChannelReason.FIRST_OF_OFFICE)
    if person.obliged:
        return ChosenChannel(Channel.ELECTRONIC, ChannelReason.OBLIGED)
    if person.channel == Channel.ELECTRONIC.value:
        return ChosenChannel(Channel.ELECTRONIC, ChannelReason.CHOSEN)
    return ChosenChannel(Channel.PAPER, ChannelReason.NOT_ELECTRONIC)


def is_first_of_office(session: Session, person: Person, *, filed: bool) -> bool:
    """Whether the town begins the procedure and does not know where to send a notice to somebody
    whom it notifies for the first time (art. 43.2 of RD 203/2021).

    filed: the person began the procedure with a filing.
    """
    if filed or person.email or person.phone:
        return False
    notified = session.scalar(
        select(Notification.id).where(Notification.person_id == person.id).limit(1)
    )
    return notified is None


def paper_sentences(reason: ChannelReason) -> tuple[str, ...]:
    """What the paper says besides the act: how to read it in the sede, how the next ones come."""
    sede = "También puede leer esta notificación en la sede electrónica, con los mismos efectos."
    match reason:
        case ChannelReason.FIRST_OF_OFFICE:
            return (
                sede,
                "Las próximas notificaciones serán electrónicas: la ley le obliga a recibirlas así.",
                "Indique en la sede un correo electrónico en el que recibir los avisos.",
            )
        case ChannelReason.NOT_ELECTRONIC:
            return (sede, "Si lo prefiere, puede elegir en la sede la notificación electrónica.")
        case _:
            return (sede,)
