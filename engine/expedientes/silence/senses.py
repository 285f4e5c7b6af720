"""What may still be decided once the maximum term ended (arts. 24.3 and 25.1.b; SIL-2)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.documents.templates import day
from engine.errors import BadInput, RuleBroken
from engine.expedientes.models import Outcome
from engine.expedientes.silence.models import Silence, SilenceEffect

_CONFIRMS = frozenset({Outcome.GRANTED, Outcome.ANSWERED, Outcome.PAID, Outcome.WITHDRAWN})
"""The ends that take nothing away from what silence granted; a withdrawal is the person's own."""
_AFTER_EXPIRY = frozenset({Outcome.EXPIRED, Outcome.ARCHIVED, Outcome.WITHDRAWN})


def fallen(session: Session, expediente_id: UUID) -> Silence | None:
    """The silence or the expiry that stands in an expediente; None when there is none."""
    return session.scalar(
        select(Silence).where(Silence.expediente_id == expediente_id, Silence.annulled_at.is_(None))
    )


def refusal(session: Session, expediente_id: UUID, outcome: Outcome) -> str | None:
    """Why an outcome may not be decided any more, in plain words; None when it may.

    After positive silence only what confirms it (art. 24.3.a); after negative silence anything
    (art. 24.3.b); after expiry only its declaration (art. 25.1.b).
    """
    silence = fallen(session, expediente_id)
    if silence is None or silence.effect == SilenceEffect.NEGATIVE.value:
        return None
    when = day(silence.fell_at)
    if silence.effect == SilenceEffect.POSITIVE.value and outcome not in _CONFIRMS:
        return (
            f"La solicitud se concedió por silencio el {when}: una resolución posterior solo puede "
            "confirmarlo (art. 24.3 de la Ley 39/2015). Para quitarle efecto hay que revisarla de "
            "oficio."
        )
    if silence.effect == SilenceEffect.EXPIRY.value and outcome not in _AFTER_EXPIRY:
        return (
            f"El procedimiento caducó el {when}: solo cabe declarar la caducidad y archivarlo "
            "(art. 25.1.b de la Ley 39/2015)."
        )
    return None


def check_sense(session: Session, expediente_id: UUID, outcome: Outcome | str) -> None:
    """Raise RuleBroken for an outcome that may not be decided any more (SIL-2).

    outcome: a value of `Outcome`. Raises BadInput when it is none.
    """
    why = refusal(session, expediente_id, outcome_of(outcome))
    if why is not None:
        raise RuleBroken(why)


def outcome_of(text: Outcome | str) -> Outcome:
    """An outcome by its value; raises BadInput."""
    try:
        return Outcome(text)
    except ValueError:
        raise BadInput(f"«{text}» no es un resultado de un expediente.") from None
