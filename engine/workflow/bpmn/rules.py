"""Business rule tasks: a decision of the package, over the instance's data."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask

from engine.decisions.errors import DecisionError
from engine.decisions.model import DecisionModel
from engine.workflow.scripting import ModelError, moment_of


class RuleTask(SpiffBpmnTask):  # type: ignore[misc]
    """Takes a decision; its result goes into the variable that the model names.

    Without a variable, a result of several outputs becomes data name by name, and one of a single
    output goes under the decision's own name.
    """

    def __init__(
        self,
        *args: Any,
        decision: str,
        decisions: DecisionModel | None,
        result_variable: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.decision = decision
        self.decisions = decisions
        self.result_variable = result_variable

    def _run_hook(self, my_task: Any) -> bool:
        super()._run_hook(my_task)
        if self.decisions is None:
            raise ModelError(
                f"{self.bpmn_id}: el modelo no tiene decisiones y pide «{self.decision}»",
                task=my_task,
            )
        try:
            result = self.decisions.decide(self.decision, my_task.data, moment_of(my_task)).result
        except DecisionError as error:
            raise ModelError(f"{self.bpmn_id}: {error}", task=my_task) from error
        if self.result_variable:
            my_task.data[self.result_variable] = result
        elif isinstance(result, dict):
            my_task.data.update(result)
        else:
            my_task.data[self.decision] = result
        return True
