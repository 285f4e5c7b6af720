"""Part of completing a task: what silence does not let be decided is told to who decides (SIL-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import BadInput, ConfigurationError
from engine.expedientes.silence.senses import fallen, outcome_of, refusal
from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.procedures.silence import ResolutionRule
from engine.workflow.models import ProcessInstance, WorkItem
from engine.workflow.queries import data_of


def check_task(
    session: Session,
    instance: ProcessInstance,
    item: WorkItem,
    rule: ResolutionRule | None,
    answers: Mapping[str, Any],
) -> None:
    """Raise BadInput when the task decides what may not be decided any more (art. 24.3).

    rule: `[resolution]` of the procedure; its expression sees the process's data and, under the
    name of the task, these answers. It gives an outcome, or null where there is none to compare.
    """
    if rule is None or item.expediente_id is None or rule.task not in (item.element, item.form):
        return
    if fallen(session, item.expediente_id) is None:
        return
    data = {**data_of(session, instance), item.element: answers}
    try:
        outcome = compile_expression(rule.outcome).evaluate(data)
    except FeelError as error:
        raise ConfigurationError(
            f"El trámite no sabe decir qué resultado tiene esta tarea: {error}"
        ) from error
    if outcome is None:
        return
    why = refusal(session, item.expediente_id, outcome_of(str(outcome)))
    if why is not None:
        raise BadInput(why)
