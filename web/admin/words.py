"""The words of surgery: what stands open, what was ordered, how it went."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from engine.workflow.models import InstanceState
from engine.workflow.surgery.corrections import Form
from engine.workflow.surgery.models import InterventionKind, InterventionState, StepState
from engine.workflow.surgery.tree import Waits

WAITS: Mapping[Waits, str] = {
    Waits.PERSON: _l("Espera a una persona"),
    Waits.ANSWER: _l("Espera una respuesta"),
    Waits.EVENT: _l("Espera un evento o una fecha"),
    Waits.BRANCHES: _l("Espera a las demás ramas"),
    Waits.INSIDE: _l("Espera a lo que tiene dentro"),
}

STATES: Mapping[InstanceState, tuple[str, str]] = {
    InstanceState.RUNNING: (_l("En curso"), "blue"),
    InstanceState.COMPLETED: (_l("Terminado"), "green"),
    InstanceState.INCIDENT: (_l("Parado por una incidencia"), "red"),
    InstanceState.SUSPENDED: (_l("En suspenso"), "yellow"),
    InstanceState.CANCELLED: (_l("Detenido"), "grey"),
}

KINDS: Mapping[InterventionKind, str] = {
    InterventionKind.RETRY: _l("Reintentar"),
    InterventionKind.SKIP: _l("Saltar un paso"),
    InterventionKind.MOVE: _l("Mover a otro paso"),
    InterventionKind.RESTART: _l("Volver a un paso anterior"),
    InterventionKind.SUSPEND: _l("Dejar en suspenso"),
    InterventionKind.RESUME: _l("Reanudar"),
    InterventionKind.CANCEL: _l("Detener para siempre"),
}

ORDER_STATES: Mapping[InterventionState, tuple[str, str]] = {
    InterventionState.PROPOSED: (_l("Falta que otra persona lo confirme"), "yellow"),
    InterventionState.RUNNING: (_l("En marcha"), "blue"),
    InterventionState.DONE: (_l("Terminado"), "green"),
    InterventionState.REJECTED: (_l("Rechazado"), "grey"),
}

STEP_STATES: Mapping[StepState, tuple[str, str]] = {
    StepState.WAITING: (_l("Pendiente"), "blue"),
    StepState.DONE: (_l("Hecho"), "green"),
    StepState.FAILED: (_l("No se ha podido"), "red"),
}

FORMS: tuple[tuple[str, str], ...] = (
    (Form.TEXT.value, _l("Texto")),
    (Form.NUMBER.value, _l("Número (1.250,50)")),
    (Form.TRUTH.value, _l("Sí o no")),
    (Form.DAY.value, _l("Fecha (27/3/2027)")),
    (Form.FEEL.value, _l("Expresión FEEL")),
    (Form.JSON.value, _l("JSON")),
)

SORTS: Mapping[str, str] = {
    "null": _l("vacío"),
    "truth": _l("sí o no"),
    "text": _l("texto"),
    "list": _l("lista"),
    "context": _l("varios datos"),
    "instant": _l("fecha y hora"),
    "day": _l("fecha"),
    "number": _l("número"),
    "other": _l("otro"),
}

MANY: Mapping[InterventionKind, str] = {
    InterventionKind.RETRY: _l(
        "Se repite en cada proceso lo que falló, con los mismos datos. Lo que vuelva a fallar dejará una "
        "incidencia nueva."
    ),
    InterventionKind.SUSPEND: _l(
        "Mientras estén en suspenso nadie podrá completar sus tareas, no saltará ningún temporizador y lo "
        "que llegue esperará. Los plazos legales siguen corriendo: suspender un plazo es otro acto, con su "
        "causa en la ley (art. 22 de la Ley 39/2015)."
    ),
    InterventionKind.CANCEL: _l(
        "Los procesos terminan para siempre: sus tareas y sus temporizadores se anulan. Los expedientes "
        "siguen abiertos, sin proceso que los lleve, y la obligación de resolver se mantiene."
    ),
}
"""What ordering it for many does, said before it is confirmed."""
