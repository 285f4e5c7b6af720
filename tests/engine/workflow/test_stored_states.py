"""What a town has running can be loaded by the next release: states of every version, played to the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.workflow.definitions import load_definition
from engine.workflow.runtime import Status
from engine.workflow.state import Header, Stored, TaskRow, load
from engine.workflow.upgrades import STATE_VERSION
from tests.engine.workflow.keeping import apply
from tests.engine.workflow.states.keep import FIRST, FOLDER, NOW, STEPS, step, wait

FILES = sorted(FOLDER.glob("v*.json"))


def identifier(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def row(fields: dict[str, Any]) -> TaskRow:
    ids = {name: identifier(fields[name]) for name in ("id", "parent", "inside")}
    return TaskRow(**{**fields, **ids, "removed": tuple(fields["removed"])})  # type: ignore[arg-type]


def stored(state: dict[str, Any]) -> Stored:
    return Stored(
        Header(**state["header"]),
        tuple(row(fields) for fields in state["tasks"]),
        tuple(row(fields) for fields in state.get("history", ())),
        {(UUID(scope), key): value for scope, key, value in state.get("data", ())},
        state.get("payloads", {}),
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_state_of_any_version_is_loaded_and_goes_on_to_its_end(path: Path) -> None:
    kept = json.loads(path.read_text(encoding="utf-8"))
    definition = load_definition(kept["model"].encode())
    state = stored(kept["state"])
    session = load(definition, state, NOW, wait)
    state = apply(state, session.changes())
    assert state.header.version == STATE_VERSION
    for _ in range(60):
        session = load(definition, state, NOW, wait)
        if not step(session.run):
            break
        state = apply(state, session.changes())
    assert session.run.status is Status.COMPLETED
    assert session.run.result["letter"] == FIRST["letter"]


def test_every_version_keeps_a_state_of_each_model() -> None:
    names = {path.stem for path in FILES}
    expected = {f"v{version}-{name}" for version in range(1, STATE_VERSION + 1) for name in STEPS}
    assert names == expected
