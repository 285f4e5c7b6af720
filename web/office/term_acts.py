"""What may be done with the clock of an expediente, in words: shown when it makes sense and one may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext

from engine.deadlines.models import Urgency
from engine.expedientes.clock.view import ExpedienteClock
from engine.expedientes.expiry.models import ExpiryState, ExpiryWarning
from engine.expedientes.simplified.models import Simplification


@dataclass(frozen=True)
class Standing:
    """What an expediente follows now, which decides what may be done with its clock."""

    clock: ExpedienteClock
    simplified: Simplification | None
    warning: ExpiryWarning | None
    urgency: Urgency | None
    going_on: bool

    @property
    def runs(self) -> bool:
        """Whether its term has not ended."""
        return self.going_on and (self.clock.running or self.clock.suspended)


@dataclass(frozen=True)
class TermAct:
    """Something that may be done with a clock: its words, its operation, its route, when it makes sense."""

    title: str
    says: str
    operation: str
    endpoint: str
    button: str
    fits: Callable[[Standing], bool]


def _warned(found: Standing, *states: ExpiryState) -> bool:
    return found.warning is not None and found.warning.state in {each.value for each in states}


ACTS: Mapping[str, TermAct] = {
    "suspender": TermAct(
        lazy_gettext("Suspender el plazo"),
        lazy_gettext(
            "El plazo deja de contar desde hoy, solo por una de las causas que la ley admite. Se "
            "comunica a la persona interesada."
        ),
        "expedientes.suspend_clock",
        "office.suspend_clock",
        lazy_gettext("Suspender el plazo"),
        lambda found: found.runs,
    ),
    "reanudar": TermAct(
        lazy_gettext("Reanudar el plazo"),
        lazy_gettext(
            "Termina una suspensión: el plazo vuelve a contar desde hoy con los días que le quedaban."
        ),
        "expedientes.resume_clock",
        "office.resume_clock",
        lazy_gettext("Reanudar el plazo"),
        lambda found: found.runs and any(each.lasts for each in found.clock.suspensions),
    ),
    "ampliar": TermAct(
        lazy_gettext("Ampliar el plazo"),
        lazy_gettext(
            "Una sola vez, de forma excepcional y motivada, sin pasar del plazo que tenía (artículo 23 "
            "de la Ley 39/2015). No cabe recurso."
        ),
        "expedientes.extend_clock",
        "office.extend_clock",
        lazy_gettext("Ampliar el plazo"),
        lambda found: found.runs,
    ),
    "urgencia": TermAct(
        lazy_gettext("Tramitar de urgencia"),
        lazy_gettext(
            "Los plazos del procedimiento se reducen a la mitad, salvo los de presentar solicitudes y "
            "recursos (artículo 33). No cabe recurso."
        ),
        "expedientes.declare_urgency",
        "office.declare_urgency",
        lazy_gettext("Declarar la urgencia"),
        lambda found: found.runs and found.urgency is None,
    ),
    "silencio": TermAct(
        lazy_gettext("Cambiar el efecto del silencio"),
        lazy_gettext(
            "Solo en este expediente y antes de que termine el plazo: por ejemplo, si lo que se pide "
            "afecta al dominio público, el silencio es siempre negativo (artículo 24.1)."
        ),
        "silence.classify",
        "office.classify_silence",
        lazy_gettext("Cambiar el efecto"),
        lambda found: found.runs and found.clock.on_request,
    ),
    "simplificar": TermAct(
        lazy_gettext("Acordar la tramitación simplificada"),
        lazy_gettext(
            "Se sella un acuerdo y se notifica. Desde el día siguiente cuentan treinta días hábiles para "
            "resolver, salvo que quede menos (artículo 96)."
        ),
        "expedientes.simplify",
        "office.simplify",
        lazy_gettext("Acordarla"),
        lambda found: found.runs and found.simplified is None,
    ),
    "ordinaria": TermAct(
        lazy_gettext("Volver a la tramitación ordinaria"),
        lazy_gettext("El expediente recupera el plazo que tenía antes de simplificarse."),
        "expedientes.make_ordinary",
        "office.make_ordinary",
        lazy_gettext("Volver a la ordinaria"),
        lambda found: found.going_on and found.simplified is not None,
    ),
    "advertir-caducidad": TermAct(
        lazy_gettext("Advertir de la caducidad"),
        lazy_gettext(
            "Se sella una advertencia y se notifica. Desde entonces la persona tiene tres meses para "
            "hacer lo que falta (artículo 95)."
        ),
        "expedientes.warn_expiry",
        "office.warn_expiry",
        lazy_gettext("Advertir a la persona"),
        lambda found: found.going_on and found.clock.on_request and found.warning is None,
    ),
    "levantar-caducidad": TermAct(
        lazy_gettext("Dar por hecho lo que faltaba"),
        lazy_gettext("La persona ha hecho lo que se le pedía y el expediente no caduca."),
        "expedientes.lift_expiry",
        "office.lift_expiry",
        lazy_gettext("Darlo por hecho"),
        lambda found: found.going_on and _warned(found, ExpiryState.WARNED, ExpiryState.COUNTING),
    ),
    "declarar-caducidad": TermAct(
        lazy_gettext("Declarar la caducidad"),
        lazy_gettext(
            "Han pasado los tres meses: se sella la resolución y se notifica. El expediente termina "
            "cuando se notifica."
        ),
        "expedientes.declare_expiry",
        "office.declare_expiry",
        lazy_gettext("Declarar la caducidad"),
        lambda found: found.going_on and _warned(found, ExpiryState.COUNTING),
    ),
}
"""By the word of its address."""
