"""How much one transition may do: its instance's row is locked meanwhile, and others wait for it."""

from __future__ import annotations

from time import thread_time
from typing import Any

from engine.workflow.scripting import ModelError

MAX_STEPS = 200_000
MAX_TASKS = 200_000
MAX_SECONDS = 30.0
_ADVICE = (
    "Reduzca sus repeticiones o ponga en medio una tarea de una persona o un temporizador, para que "
    "el trabajo se reparta."
)


class Budget:
    """What a transition may still do. Time is the processor's: to wait for the database costs none."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Another transition begins; its time counts from the first step that it does."""
        self._steps = self._tasks = 0
        self._until: float | None = None

    def step(self, task: Any) -> None:
        """A step without anybody in between; raises ModelError when there were too many."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            done = f"da más de {MAX_STEPS} pasos seguidos sin que nadie intervenga"
            raise ModelError(f"El proceso {done}. {_ADVICE}", task=task)
        self.check_time(task)

    def new_task(self, task: Any) -> None:
        """A task was created; raises ModelError when there are too many."""
        self._tasks += 1
        if self._tasks > MAX_TASKS:
            done = f"crea más de {MAX_TASKS} tareas de una vez"
            raise ModelError(f"El proceso {done}. {_ADVICE}", task=task)

    def check_time(self, task: Any) -> None:
        """Raise ModelError when the time is spent."""
        instant = thread_time()
        if self._until is None:
            self._until = instant + MAX_SECONDS
        elif instant > self._until:
            done = f"necesita más de {MAX_SECONDS:.0f} segundos de cálculo seguidos"
            raise ModelError(f"El proceso {done}. {_ADVICE}", task=task)
