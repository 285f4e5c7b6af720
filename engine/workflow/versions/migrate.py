"""The stored state of an instance taken to another version: rows in, rows out, nothing else touched.

A task keeps its id, so the work and the timers that stand for it stay theirs. What is over and is
not in the newer version any more leaves the tree, and what it added to the data passes to what came
after it; the history keeps it as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
from SpiffWorkflow.util.task import TaskState

from engine.workflow.elements import elements_of
from engine.workflow.state import Header, Stored, TaskRow
from engine.workflow.versions.naming import JOIN, SPLIT, Scope, parts
from engine.workflow.versions.plan import Action, Choice, Plan
from engine.workflow.versions.tree import Tree

SAME, RENAMED, MOVED, DROPPED, STAYS = "same", "renamed", "moved", "dropped", "stays"
_STAY = Choice(Action.STAY)


@dataclass(frozen=True)
class Token:
    """An open task: where it stood, where it stands after, and how that changed."""

    element: str
    target: str | None
    change: str


@dataclass(frozen=True)
class Migrated:
    """What a plan makes of a stored instance.

    stored: the state for the newer version, the same as before when it cannot be taken there; tokens:
    in the order of their elements; keys: the data that is called as its renamed element; made: the
    finished tasks that the newer version puts above open ones; problems: what keeps it from migrating.
    """

    stored: Stored
    tokens: tuple[Token, ...]
    keys: Mapping[str, str]
    made: tuple[TaskRow, ...]
    problems: tuple[str, ...]

    @property
    def stays(self) -> bool:
        """Whether the plan itself leaves the instance in its version."""
        return any(token.change == STAYS for token in self.tokens)


def migrated(stored: Stored, plan: Plan, salt: str) -> Migrated:
    """A stored instance under a plan. salt: makes the ids of its new tasks."""
    return _Migration(stored, plan, salt).result()


class _Migration:
    """The work of one migration, scope by scope, the outer ones first."""

    def __init__(self, stored: Stored, plan: Plan, salt: str) -> None:
        self._stored = stored
        self._plan = plan
        self._salt = salt
        self._renamed = plan.renamed()
        self._names = {**_names(plan.target), **_names(plan.source)}
        self._tokens: list[Token] = []
        self._problems: list[str] = []
        self._made: list[TaskRow] = []
        self._rows: list[TaskRow] = []
        self._lost: set[UUID] = set()
        self._subprocesses: dict[str, Mapping[str, Any]] = {}

    def result(self) -> Migrated:
        keys = self._keys()
        self._scope(None, Scope(self._plan.source.spec, self._plan.target.spec, self._renamed))
        for holder in self._outer_first():
            self._subprocess(holder)
        tokens = tuple(sorted(self._tokens, key=lambda item: (item.element, item.target or "")))
        open_left = any(not row.finished for row in self._rows)
        if not open_left and not self._problems and not any(t.change == STAYS for t in tokens):
            self._problems.append("No le quedaría ningún paso pendiente.")
        if self._problems or any(token.change == STAYS for token in tokens):
            problems = tuple(dict.fromkeys(self._problems))
            return Migrated(self._stored, tokens, {}, (), problems)
        rows = tuple(_with_keys(row, keys) for row in self._rows)
        made = {row.id for row in self._made}
        return Migrated(
            replace(
                self._stored,
                header=self._header(),
                tasks=rows,
                data={
                    (scope, keys.get(key, key)): value
                    for (scope, key), value in self._stored.data.items()
                },
            ),
            tokens,
            keys,
            tuple(row for row in rows if row.id in made),
            (),
        )

    def _header(self) -> Header:
        return replace(self._stored.header, subprocesses=self._subprocesses)

    def _keys(self) -> dict[str, str]:
        """What the people's work gave is called as its element: it is called anew with it."""
        used = {key for _, key in self._stored.data}
        for row in self._stored.tasks:
            used.update(row.added)
        return {
            old: new
            for old, new in self._renamed.items()
            if old != new and old in used and new not in used
        }

    def _outer_first(self) -> list[UUID]:
        inside = {row.id: row.inside for row in self._stored.tasks}

        def depth(holder: UUID) -> int:
            count, above = 0, inside.get(holder)
            while above is not None:
                count, above = count + 1, inside.get(above)
            return count

        return sorted(map(UUID, self._stored.header.subprocesses), key=depth)

    def _subprocess(self, holder: UUID) -> None:
        """The tasks inside an open subprocess, unless the task that holds it was lost."""
        described = self._stored.header.subprocesses[str(holder)]
        above = next((row for row in self._rows if row.id == holder), None)
        if above is None:
            self._lost.update(row.id for row in self._stored.tasks if row.inside == holder)
            return
        old_name = str(described["spec"])
        new_name = self._called(above)
        if new_name is None:
            self._problems.append(f"{self._called_by(above)} ya no es un subproceso.")
            return
        self._subprocesses[str(holder)] = {**described, "spec": new_name}
        old = self._plan.source.subprocesses[old_name]
        new = self._plan.target.subprocesses[new_name]
        self._scope(holder, Scope(old, new, self._renamed))

    def _called(self, holder: TaskRow) -> str | None:
        """The name of the process that a task of the newer version holds."""
        for each in (self._plan.target.spec, *self._plan.target.subprocesses.values()):
            spec = each.task_specs.get(holder.spec)
            name = getattr(spec, "spec", None)
            if isinstance(name, str) and name in self._plan.target.subprocesses:
                return name
        return None

    def _called_by(self, row: TaskRow) -> str:
        return f"«{self._name(parts(row.spec)[0])}»"

    def _name(self, element: str) -> str:
        return self._names.get(element) or element

    def _scope(self, holder: UUID | None, scope: Scope) -> None:
        """Take the tasks of one process or subprocess to the newer version."""
        tree = Tree(row for row in self._stored.tasks if row.inside == holder)
        gone: list[UUID] = []
        for row in tree.in_order():
            if row.finished:
                name = scope.kept(row.spec)
                if name is None:
                    gone.append(row.id)
                else:
                    tree.replace(replace(row, spec=name))
            elif not scope.hangs(row.spec):
                self._open(tree, row, scope)
        if self._problems or any(token.change == STAYS for token in self._tokens):
            return
        self._borders(tree, scope, gone)
        orphans = {row.id for identifier in gone for row in tree.children(identifier)}
        for identifier in gone:
            tree.take_out(identifier, str(scope.new.start.name))
        self._joins(tree, scope, orphans)
        self._rows += tree.in_order()

    def _open(self, tree: Tree, row: TaskRow, scope: Scope) -> None:
        """Take one open task where the plan says."""
        element, part = parts(row.spec)
        if part == JOIN or element not in self._names:
            self._automatic(tree, row, scope)
            return
        choice = self._plan.choices.get(element, _STAY)
        if choice.action is Action.STAY:
            self._tokens.append(Token(element, None, STAYS))
        elif choice.action is Action.DROP:
            self._tokens.append(Token(element, None, DROPPED))
            tree.drop(row.id)
        else:
            target = str(choice.target)
            change = SAME if target == element else MOVED
            if change == MOVED and self._renamed.get(element) == target:
                change = RENAMED
            self._tokens.append(Token(element, target, change))
            self._put(tree, row, scope, scope.part(target, part), target)

    def _automatic(self, tree: Tree, row: TaskRow, scope: Scope) -> None:
        """A task that no model draws: the process's own end, what waits beside a border event."""
        name = scope.kept(row.spec)
        if name is not None:
            tree.replace(replace(row, spec=name))
        else:
            tree.drop(row.id)

    def _put(self, tree: Tree, row: TaskRow, scope: Scope, name: str | None, target: str) -> None:
        """Let an open task be another element's, when the two are of one sort."""
        if name is None:
            self._problems.append(
                f"«{self._name(target)}» está dentro de otro subproceso o se repite de otra manera."
            )
        elif type(scope.old.task_specs[row.spec]) is not type(scope.new.task_specs[name]):
            self._problems.append(
                f"{self._called_by(row)} y «{self._name(target)}» no esperan de la misma manera."
            )
        else:
            tree.replace(replace(row, spec=name))

    def _borders(self, tree: Tree, scope: Scope, gone: list[UUID]) -> None:
        """Bring the events on the border of each open task up to what the newer version has."""
        splits = [row for row in tree.in_order() if row.finished and _is_split(self._stored, row)]
        for row in splits:
            self._old_border(tree, scope, row, gone)
        for row in tree.in_order():
            element, part = parts(row.spec)
            split = scope.part(element, SPLIT)
            if row.finished or part or split is None or row.spec in scope.borders(split):
                continue
            self._new_border(tree, scope, row, split)

    def _old_border(self, tree: Tree, scope: Scope, split: TaskRow, gone: list[UUID]) -> None:
        """What hung from an element: the events that still do stay, the others go."""
        below = tree.children(split.id)
        hanging = [row for row in below if not row.finished and self._hung(scope, row)]
        main = next((row for row in below if not self._hung(scope, row)), None)
        name = None
        if main is not None and not main.finished:
            name = scope.part(parts(main.spec)[0], SPLIT)
        elif split.id not in gone:
            name = tree.row(split.id).spec
        allowed = scope.borders(name) if name is not None else ()
        for row in hanging:
            kept = scope.kept(row.spec)
            if kept is not None and kept in allowed:
                tree.replace(replace(row, spec=kept))
            else:
                tree.drop(row.id)
        if name is not None:
            tree.replace(replace(tree.row(split.id), spec=name))
            if split.id in gone:
                gone.remove(split.id)
        elif split.id not in gone:
            gone.append(split.id)

    def _hung(self, scope: Scope, row: TaskRow) -> bool:
        """Whether a row was an event on a border, by what it was before."""
        original = next(item for item in self._stored.tasks if item.id == row.id)
        return scope.hangs(original.spec)

    def _new_border(self, tree: Tree, scope: Scope, row: TaskRow, split: str) -> None:
        """Put above an open task the part from which its events hang, and those that it lacks."""
        above = None if row.parent is None else tree.find(row.parent)
        if above is None or above.spec != split:
            above = self._new_row(row, split, TaskState.COMPLETED, row.parent, row.position)
            tree.put_above(row.id, above)
            self._made.append(above)
        there = {child.spec for child in tree.children(above.id)}
        for event in scope.borders(split):
            if event not in there:
                place = len(tree.children(above.id))
                tree.add(self._new_row(row, event, TaskState.WAITING, above.id, place))

    def _new_row(
        self, near: TaskRow, spec: str, state: int, parent: UUID | None, position: int
    ) -> TaskRow:
        return TaskRow(
            id=uuid5(near.id, f"{self._salt} {spec}"),
            parent=parent,
            inside=near.inside,
            position=position,
            spec=spec,
            state=int(state),
            triggered=False,
            added={},
            removed=(),
            internal={},
        )

    def _joins(self, tree: Tree, scope: Scope, orphans: set[UUID]) -> None:
        """A token that waits at a join must have come by one of the flows that the join awaits.

        orphans: those that came from an element that is no more.
        """
        for row in tree.in_order():
            spec = scope.new.task_specs[row.spec]
            above = None if row.parent is None else tree.find(row.parent)
            if row.finished or not isinstance(spec, ParallelGateway) or above is None:
                continue
            awaited = {str(item.name) for item in spec.inputs}
            if above.spec in awaited:
                continue
            between = f"{above.spec}{JOIN}"
            if between in awaited:
                made = self._new_row(row, between, TaskState.COMPLETED, above.id, row.position)
                tree.put_above(row.id, made)
                self._made.append(made)
            elif row.id in orphans and len(scope.new.task_specs[above.spec].outputs) > 1:
                # Its whole branch is no more: the join waits for the others alone.
                self._tokens.remove(Token(row.spec, row.spec, SAME))
                self._tokens.append(Token(row.spec, None, DROPPED))
                tree.drop(row.id)
            else:
                self._problems.append(
                    f"Una rama ya había llegado a la unión «{self._name(row.spec)}» y en la "
                    "versión nueva le faltaría un paso anterior: se quedaría esperando."
                )


def _is_split(stored: Stored, row: TaskRow) -> bool:
    return any(item.id == row.id and item.spec.endswith(SPLIT) for item in stored.tasks)


def _names(definition: Any) -> dict[str, str]:
    return {node.id: node.name or node.id for node in elements_of(definition).nodes.values()}


def _with_keys(row: TaskRow, keys: Mapping[str, str]) -> TaskRow:
    """A row whose data is called as its renamed element."""
    if not keys:
        return row
    return replace(
        row,
        added={keys.get(key, key): value for key, value in row.added.items()},
        removed=tuple(sorted({*(keys.get(key, key) for key in row.removed), *_old(row, keys)})),
    )


def _old(row: TaskRow, keys: Mapping[str, str]) -> Iterator[str]:
    """A key that a task took away stays away under its older name too."""
    return (key for key in row.removed if key in keys)
