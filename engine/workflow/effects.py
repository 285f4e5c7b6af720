"""What a transition does outside the rows of its instance, all of it undone if the model fails."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from uuid import UUID

from engine.db import driver_rows
from engine.operation import Act
from engine.workflow import statements
from engine.workflow.codec import to_json
from engine.workflow.models import ProcessInstance, WorkItem
from engine.workflow.store import Writing, write

STARTING = "start"
"""The key of an instance's header that holds its first data until its first step went well."""


class Effects:
    """A savepoint that begins when the first effect needs it: most steps need none.

    first_data: that of an instance that is not stored yet; done: the work that the actor has just
    done; last: the transition is the last thing that its act does.
    """

    def __init__(
        self,
        act: Act,
        instance: ProcessInstance,
        *,
        first_data: dict[str, Any] | None = None,
        done: WorkItem | None = None,
        last: bool = False,
    ) -> None:
        self._act = act
        self._instance = instance
        self._first_data = first_data
        self._savepoint: ExitStack | None = None
        self._last = last
        self.done_now = done
        self.done_item = None if done is None else done.id

    @property
    def actor_id(self) -> UUID | None:
        """Who acts."""
        return self._act.actor.id

    @property
    def done_task(self) -> UUID | None:
        """The task whose work was just done."""
        return None if self.done_now is None else self.done_now.task_id

    @property
    def fresh(self) -> bool:
        """Whether the instance is not stored yet."""
        return self._first_data is not None

    @property
    def nothing_else(self) -> bool:
        """Whether nothing happens between the writing of the transition and the event of its act."""
        return self._last and self._savepoint is None

    def prepare(self) -> None:
        """Before an effect: store the instance, if it is not, and open the savepoint."""
        if self._savepoint is not None:
            return
        self.store()
        self._savepoint = ExitStack()
        self._savepoint.enter_context(self._act.session.begin_nested())

    def store(self) -> None:
        """Store what stays whatever the model does: the work that was done, and an instance that has
        not moved yet, with what it starts with."""
        if self.done_item is not None:
            act = self._act
            values = {
                "entity": act.entity_id,
                "done": [self.done_item],
                "now": act.now,
                "by": act.actor.id,
            }
            driver_rows(act.session, statements.DONE_ITEM, values)
            self.done_item = None
        if self._first_data is None:
            return
        self._instance.header = {STARTING: to_json(self._first_data)}
        self._instance.version = -1
        write(self._act, self._instance, Writing(), fresh=True)
        self._first_data = None

    def stored(self) -> None:
        """The instance was stored by its first step."""
        self._first_data = None

    def keep(self) -> None:
        """The step went well."""
        if self._savepoint is not None:
            self._savepoint.close()

    def undo(self, error: BaseException) -> None:
        """Nothing of the step stays; an instance that was not stored is, as it was."""
        if self._savepoint is not None:
            self._savepoint.__exit__(type(error), error, error.__traceback__)
        else:
            self.store()
