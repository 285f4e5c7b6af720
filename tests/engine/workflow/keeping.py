"""Store instances in memory as the database does: its JSON keeps no order of keys."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from engine.workflow import state
from engine.workflow.rows import Changes, Stored, TaskRow


def apply(stored: Stored | None, changes: Changes) -> Stored:
    """The stored instance after the changes, whose values went through the database's JSON."""
    header = changes.header
    return state.apply(
        stored,
        replace(
            changes,
            header=replace(
                header,
                data=through_jsonb(header.data),
                flags=through_jsonb(header.flags),
                subprocesses=through_jsonb(header.subprocesses),
            ),
            written=tuple(_row(row) for row in changes.written),
            ended=tuple(_row(row) for row in changes.ended),
            data={key: through_jsonb(value) for key, value in changes.data.items()},
        ),
    )


def _row(row: TaskRow) -> TaskRow:
    return replace(row, added=through_jsonb(row.added), internal=through_jsonb(row.internal))


def through_jsonb(value: Any) -> Any:
    """A value as PostgreSQL's JSONB gives it back: keys by their length and then by their bytes."""
    return _reordered(json.loads(json.dumps(value, ensure_ascii=False)))


def _reordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _reordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [_reordered(item) for item in value]
    return value
