"""What models may do: FEEL and the town hall's named services. Never host code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.spiff.specs.defaults import ServiceTask

from engine.clock import MADRID
from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.feel.scope import Evaluation
from engine.services import Wait
from engine.workflow.data import inherited

# operation name, evaluated parameters, task → the result, or Wait.
ServiceCaller = Callable[[str, Mapping[str, Any], Any], Any]
WAITING_FOR = "waiting_for"


class ModelError(WorkflowTaskException):  # type: ignore[misc]
    """A model that fails on its data: becomes an incident that names the element.

    task: where it failed; None when it is the process as a whole.
    """

    def __init__(self, message: str, task: Any = None) -> None:
        if task is None:
            SpiffWorkflowException.__init__(self, message)
            self.task = None
        else:
            super().__init__(message, task=task)


class _NoHostCode(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """Stands where the library keeps what runs Python: nothing of a model ever comes here."""

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        """Refuse; raises ModelError."""
        raise ModelError("un modelo no ejecuta código del ordenador")

    def execute(self, script: str, context: Any, external_context: Any = None) -> bool:
        """Refuse; raises ModelError."""
        raise ModelError("un modelo no ejecuta código del ordenador")

    def call_service(self, context: Any, **kwargs: Any) -> Any:
        """Refuse; raises ModelError."""
        raise ModelError("un modelo no ejecuta código del ordenador")


class FeelEngine(PythonScriptEngine):  # type: ignore[misc]
    """SpiffWorkflow's script engine, speaking FEEL instead of Python."""

    def __init__(self, services: ServiceCaller | None = None) -> None:
        super().__init__(environment=_NoHostCode())
        self.services = services

    def validate(self, expression: str) -> None:
        """Whether an expression is FEEL; raises FeelSyntaxError."""
        compile_expression(expression)

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """The value of an expression over a task's data."""
        task.workflow.top_workflow.budget.check_time(task)
        values = task.data
        if external_context:
            values = inherited(external_context, values)
            values.new.update(external_context)
        try:
            return compile_expression(expression).evaluate(values, evaluation=moment_of(task))
        except FeelError as error:
            raise ModelError(f"{task.task_spec.name}: {error}", task=task) from error

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        """A script is a FEEL context whose entries become the task's data, in order."""
        result = self.evaluate(task, script, external_context)
        if not isinstance(result, dict):
            raise ModelError(f"{task.task_spec.name}: el script no es un contexto FEEL", task=task)
        task.data.update(result)
        return True

    def call_service(self, task: Any, **kwargs: Any) -> Any:
        """Call a named service with its evaluated parameters."""
        if self.services is None:
            raise ModelError(f"{task.task_spec.name}: aquí no se llama a servicios", task=task)
        parameters = {name: item["value"] for name, item in kwargs["operation_params"].items()}
        return self.services(kwargs["operation_name"], parameters, task)


def moment_of(task: Any) -> Evaluation:
    """How the expressions of a step are evaluated: `now()` is the transition's instant, in Madrid."""
    now: datetime = task.workflow.top_workflow.now
    return Evaluation(now=now.astimezone(MADRID))


class HouseServiceTask(ServiceTask):  # type: ignore[misc]
    """A service task whose service may answer later: then its token waits for a signal."""

    def _execute(self, my_task: Any) -> bool | None:
        result = my_task.workflow.script_engine.call_service(
            my_task,
            operation_name=self.operation_name,
            operation_params=self.evaluate_params(my_task),
        )
        if isinstance(result, Wait):
            my_task._set_internal_data(**{WAITING_FOR: result.reference})  # noqa: SLF001
            return None
        self.put_result(my_task, result)
        return True

    def put_result(self, my_task: Any, result: Any) -> None:
        """Keep what the service answered, in the variable that the model names, if it names one."""
        if not self.result_variable.startswith("spiff__"):
            my_task.data[self.result_variable] = deepcopy(result)
