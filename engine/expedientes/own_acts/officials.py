"""Part of operations: what an official may do with the term of an expediente, and the reason they give."""

from __future__ import annotations

from sqlalchemy import exists, select

from engine.errors import BadInput, NotFound
from engine.expedientes.access import accessible_to
from engine.expedientes.models import Expediente
from engine.operation import Act

_MAX_REASON = 2000


def own_unit(act: Act, row: Expediente) -> None:
    """Raise NotFound for an official who has nothing to do with the expediente."""
    theirs = exists(select(Expediente.id).where(Expediente.id == row.id, accessible_to(act.actor)))
    if not act.session.scalar(select(theirs)):
        raise NotFound


def checked_reason(act: Act, reason: str, field: str = "reason") -> str:
    """The reason of an act that has to be motivated, kept in the event; raises BadInput."""
    plain = reason.strip()
    if not plain or len(plain) > _MAX_REASON:
        message = (
            "Escriba el motivo: la ley pide que conste."
            if not plain
            else "El motivo pasa de 2.000 caracteres: acórtelo."
        )
        raise BadInput(message, ((field, message),))
    act.because(plain)
    return plain
