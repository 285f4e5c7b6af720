"""The stored tasks of one process as a tree that can be cut and grafted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from engine.workflow.state import TaskRow


class Tree:
    """Rows by id, with the children of each in their order. Every change leaves positions right."""

    def __init__(self, rows: Iterable[TaskRow]) -> None:
        self._rows = {row.id: row for row in rows}
        self._below: dict[UUID | None, list[UUID]] = {}
        for row in sorted(self._rows.values(), key=lambda item: (item.position, str(item.id))):
            self._below.setdefault(self.above(row), []).append(row.id)

    def above(self, row: TaskRow) -> UUID | None:
        """The row's parent, when it is one of these."""
        return row.parent if row.parent in self._rows else None

    def in_order(self) -> tuple[TaskRow, ...]:
        """Every row, those above first."""
        found: list[TaskRow] = []
        waiting = list(reversed(self._below.get(None, ())))
        while waiting:
            identifier = waiting.pop()
            found.append(self._rows[identifier])
            waiting.extend(reversed(self._below.get(identifier, ())))
        return tuple(found)

    def row(self, identifier: UUID) -> TaskRow:
        """A row; raises KeyError."""
        return self._rows[identifier]

    def find(self, identifier: UUID) -> TaskRow | None:
        """A row, None when it is not one of these."""
        return self._rows.get(identifier)

    def children(self, identifier: UUID) -> tuple[TaskRow, ...]:
        """The rows right below one."""
        return tuple(self._rows[each] for each in self._below.get(identifier, ()))

    def replace(self, row: TaskRow) -> None:
        """Change what a row says, not where it stands."""
        known = self._rows[row.id]
        self._rows[row.id] = replace(row, parent=known.parent, position=known.position)

    def add(self, row: TaskRow) -> None:
        """Add a row as the last child of its parent."""
        self._rows[row.id] = row
        self._below.setdefault(self.above(row), []).append(row.id)
        self._count(self.above(row))

    def put_above(self, identifier: UUID, row: TaskRow) -> None:
        """Put a new row between a row and its parent, in its place."""
        below = self._rows[identifier]
        above = self.above(below)
        siblings = self._below[above]
        siblings[siblings.index(identifier)] = row.id
        self._rows[row.id] = replace(row, parent=below.parent, position=below.position)
        self._below[row.id] = [identifier]
        self._rows[identifier] = replace(below, parent=row.id, position=0)

    def drop(self, identifier: UUID) -> None:
        """Take a row out with all that is below it."""
        above = self.above(self._rows[identifier])
        waiting = [identifier]
        while waiting:
            current = waiting.pop()
            waiting.extend(self._below.pop(current, ()))
            del self._rows[current]
        self._below[above].remove(identifier)
        self._count(above)

    def take_out(self, identifier: UUID, neutral: str) -> None:
        """Take a finished row out, its children going to its parent with what it added to the data.

        The topmost one stays, as what every process has (`neutral`): the data stands at it.
        """
        row = self._rows[identifier]
        above = self.above(row)
        if above is None:
            self._rows[identifier] = replace(row, spec=neutral)
            return
        below = self._below.pop(identifier, [])
        siblings = self._below[above]
        place = siblings.index(identifier)
        siblings[place : place + 1] = below
        for each in below:
            self._rows[each] = _with_data_of(replace(self._rows[each], parent=row.parent), row)
        del self._rows[identifier]
        self._count(above)

    def _count(self, above: UUID | None) -> None:
        """Number the children of a row anew."""
        if above is None:
            return
        for place, each in enumerate(self._below.get(above, ())):
            self._rows[each] = replace(self._rows[each], position=place)


def _with_data_of(row: TaskRow, above: TaskRow) -> TaskRow:
    """A row that adds and takes away also what the one above it did."""
    added = {key: value for key, value in above.added.items() if key not in row.removed}
    removed = {*row.removed, *(key for key in above.removed if key not in row.added)}
    return replace(row, added={**added, **row.added}, removed=tuple(sorted(removed)))
