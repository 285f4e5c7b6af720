"""Activities that repeat: loops, and one instance for each element of a list, in turn or at once.

The activity keeps what was known at its beginning; each instance has data of its own over that. In turn,
an instance sees what the one before left. At once, none sees another's, and what they change is put
together as that of branches that join. With an output collection only that collection comes out of
them, in the order of the elements. The library leaks the element's name into the process, orders the
results as they come, stops for ever at a null, and counts finished instances over and over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import (
    MultiInstanceTask,
    ParallelMultiInstanceTask,
    SequentialMultiInstanceTask,
    StandardLoopTask,
)
from SpiffWorkflow.util.task import TaskState

from engine.workflow.data import TaskData
from engine.workflow.merging import Branch, joined_data
from engine.workflow.scripting import ModelError

MAX_INSTANCES = 10_000
INSTANCE = "instance"
_TOTAL = "instances"
_DONE = "instances_done"


def is_instance(task: Any) -> bool:
    """Whether a task is one of the instances of an activity that repeats."""
    return INSTANCE in task.internal_data


def is_spent(task: Any) -> bool:
    """Whether a task is an instance that is over and that its activity does not need any more.

    It needs those whose results it still has to gather; in turn, each knows what the one before left.
    """
    if not is_instance(task) or not task.state & TaskState.FINISHED_MASK:
        return False
    activity, spec = task.parent, task.parent.task_spec
    if activity.state & TaskState.FINISHED_MASK or isinstance(spec, StandardLoopTask):
        return True
    return isinstance(spec, SequentialMultiInstanceTask) and not _collects(spec)


def instance_ended(task: Any) -> None:
    """An instance ended: begin the next one, or end the activity."""
    activity = task.parent
    internal = activity.internal_data
    internal[_DONE] = internal.get(_DONE, 0) + 1
    activity.task_spec.instance_ended(activity, task)


def _instances(activity: Any) -> list[Any]:
    return [child for child in activity.children if is_instance(child)]


def _create(activity: Any, place: int, known: Any, element: Mapping[str, Any]) -> None:
    """Begin an instance with what it knows, and its element over that."""
    spec = activity.workflow.spec.task_specs[activity.task_spec.task_spec]
    child = activity._add_child(spec, TaskState.FUTURE)  # noqa: SLF001 - as the library's own specs do
    child.triggered = True
    child.internal_data[INSTANCE] = place
    child.data = known.copy() if isinstance(known, TaskData) else TaskData(known)
    child.data.update(element)
    spec._update(child)  # noqa: SLF001


def _finish(activity: Any, data: Any) -> None:
    activity.data = data
    activity._set_state(TaskState.READY)  # noqa: SLF001 - as the library's own specs do


def _left(activity: Any, task: Any) -> TaskData:
    """What an instance leaves: its data, without the element that was only for it."""
    data: TaskData = task.data.copy()
    item = getattr(activity.task_spec, "input_item", None)
    if item is not None:
        name = item.bpmn_id
        if name in activity.data:
            data[name] = activity.data[name]
        elif name in data:
            del data[name]
    return data


# Loops


def _begin_loop(self: Any, my_task: Any) -> bool:
    super(StandardLoopTask, self)._update_hook(my_task)
    if self.maximum == 0 or (self.test_before and _loop_is_over(self, my_task, my_task)):
        return True
    my_task._set_state(TaskState.STARTED)  # noqa: SLF001 - as the library's own specs do
    _create(my_task, 0, my_task.data, {})
    return False


def _turn_ended(self: Any, activity: Any, task: Any) -> None:
    data = _left(activity, task)
    if _loop_is_over(self, activity, task):
        _finish(activity, data)
    else:
        _create(activity, activity.internal_data[_DONE], data, {})


def _loop_is_over(self: Any, activity: Any, task: Any) -> bool:
    """Whether the loop ends, by what the last turn left."""
    done = activity.internal_data.get(_DONE, 0)
    if self.maximum is not None and done >= self.maximum:
        return True
    if self.condition is None:
        return False
    engine = activity.workflow.script_engine
    holds = engine.evaluate(task, self.condition, {"loopCounter": done})
    return holds is not True


# One instance for each element


def _begin_instances(self: Any, my_task: Any) -> bool:
    super(MultiInstanceTask, self)._update_hook(my_task)
    items = _items(self, my_task)
    my_task.internal_data[_TOTAL] = len(items)
    if not items:
        my_task.data = _outcome(self, my_task)
        return True
    my_task._set_state(TaskState.STARTED)  # noqa: SLF001 - as the library's own specs do
    in_turn = isinstance(self, SequentialMultiInstanceTask)
    for place, item in enumerate(items[:1] if in_turn else items):
        _create(my_task, place, my_task.data, _element(self, item))
    return False


def _items(self: Any, activity: Any) -> Sequence[Any]:
    """The elements of the list, the values of the context, or as many numbers as are asked for.

    The entries of a context come in the order of their keys: what is stored keeps no other.
    """
    if self.data_input is None:
        return range(_cardinality(self, activity))
    name = self.data_input.bpmn_id
    found = activity.data.get(name)
    if isinstance(found, Mapping):
        found = [found[key] for key in sorted(found)]
    items: Sequence[Any] = found
    if not isinstance(items, list | tuple):
        raise ModelError(f"{self.bpmn_id}: «{name}» no es una lista", task=activity)
    _check_count(self, activity, len(items))
    return items


def _cardinality(self: Any, activity: Any) -> int:
    value = activity.workflow.script_engine.evaluate(activity, self.cardinality)
    whole = isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value)
    if not whole or value < 0:
        message = "el número de veces no es un número entero de cero en adelante"
        raise ModelError(f"{self.bpmn_id}: {message}", task=activity)
    _check_count(self, activity, int(value))
    return int(value)


def _check_count(self: Any, activity: Any, count: int) -> None:
    if count > MAX_INSTANCES:
        message = f"hay {count} elementos y se admiten {MAX_INSTANCES} a lo sumo"
        raise ModelError(f"{self.bpmn_id}: {message}", task=activity)


def _element(self: Any, item: Any) -> dict[str, Any]:
    return {} if self.input_item is None else {self.input_item.bpmn_id: item}


def _one_ended(self: Any, activity: Any, task: Any) -> None:
    done, total = activity.internal_data[_DONE], activity.internal_data[_TOTAL]
    in_turn = isinstance(self, SequentialMultiInstanceTask)
    enough = self.condition is not None and _enough(self, activity, task)
    if enough or done >= total:
        if done < total and not in_turn:
            for other in _instances(activity):
                other.cancel()
        _finish(activity, _outcome(self, activity))
    elif in_turn:
        known = activity.data if _collects(self) else _left(activity, task)
        _create(activity, done, known, _element(self, _items(self, activity)[done]))


def _enough(self: Any, activity: Any, task: Any) -> bool:
    """Whether the condition to stop holds, with the numbers that BPMN gives it (table 10.30)."""
    done, total = activity.internal_data[_DONE], activity.internal_data[_TOTAL]
    in_turn = isinstance(self, SequentialMultiInstanceTask)
    counts = {
        "numberOfInstances": total,
        "numberOfActiveInstances": 0 if in_turn else total - done,
        "numberOfCompletedInstances": done,
        "numberOfTerminatedInstances": 0,
        "loopCounter": task.internal_data[INSTANCE],
    }
    return activity.workflow.script_engine.evaluate(task, self.condition, counts) is True


def _collects(self: Any) -> bool:
    return self.data_output is not None and self.output_item is not None


def _outcome(self: Any, activity: Any) -> TaskData:
    """What the activity leaves: the collection, or what its instances changed."""
    base = activity.data if isinstance(activity.data, TaskData) else TaskData(activity.data)
    ended = [child for child in _instances(activity) if child.state == TaskState.COMPLETED]
    if not _collects(self):
        if isinstance(self, SequentialMultiInstanceTask):
            return _left(activity, ended[-1]) if ended else base
        branches = [Branch(_left(activity, child), child) for child in ended]
        return joined_data(base, branches, activity)
    data = base.copy()
    name = self.output_item.bpmn_id
    results = {child.internal_data[INSTANCE]: child.data.get(name) for child in ended}
    data[self.data_output.bpmn_id] = _collection(self, activity, results)
    return data


def _collection(self: Any, activity: Any, results: Mapping[int, Any]) -> Any:
    """The results in the order of the elements; in the place of the elements where it is their list."""
    source = None if self.data_input is None else activity.data.get(self.data_input.bpmn_id)
    in_place = self.data_input is not None and self.data_output.bpmn_id == self.data_input.bpmn_id
    if isinstance(source, Mapping):
        keys = sorted(source)
        named = {keys[place]: results[place] for place in sorted(results)}
        return {**source, **named} if in_place else named
    if in_place and source is not None:
        return [results.get(place, item) for place, item in enumerate(source)]
    return [results[place] for place in sorted(results)]


def install() -> None:
    """Give the library's repeating tasks our ways."""
    StandardLoopTask._update_hook = _begin_loop  # noqa: SLF001 - see the docstring of library.py
    StandardLoopTask.instance_ended = _turn_ended
    for spec in (ParallelMultiInstanceTask, SequentialMultiInstanceTask):
        spec._update_hook = _begin_instances  # noqa: SLF001
        spec.instance_ended = _one_ended
