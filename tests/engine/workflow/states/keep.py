"""Write the states of the current version: `python -m tests.engine.workflow.states.keep` (see docs/engine.md).

Run once when STATE_VERSION grows, before the release: from then on the files are never written again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.services import Wait
from engine.workflow import state as states
from engine.workflow.definitions import load_definition
from engine.workflow.timers import pending_timers
from tests.engine.workflow.models import Model
from tests.engine.workflow.test_state import MODELS

FOLDER = Path(__file__).parent
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FIRST: dict[str, Any] = {"n": 0, "money": Decimal("0.00"), "letter": "Muy señores míos: " * 90}
STEPS = {"branches": 1, "correction": 0, "loop": 5, "services": 1, "subprocess": 1}
"""After how many steps each model is kept: where it has something of its own open."""


def wait(_name: str, _parameters: Mapping[str, Any], task: Any) -> Wait:
    """A service that answers later."""
    return Wait(f"reference:{task.task_spec.bpmn_id}")


def step(run: Any) -> bool:
    """Do the first thing that is open; whether there was one."""
    opened = sorted(run.open_tasks(), key=lambda task: str(task.task_spec.bpmn_id))
    timers = pending_timers(run.workflow)
    if run.waiting_services():
        run.answer(next(iter(run.waiting_services())), {"outcome": "signed"})
    elif opened:
        element = opened[0].task_spec.bpmn_id
        run.complete(opened[0].id, {element: {"amount": Decimal("12.50"), "at": NOW}})
    elif timers:
        run.fire_timer(timers[0].task_id)
    else:
        return False
    return True


def kept(name: str, model: Callable[[], Model]) -> dict[str, Any]:
    """A model and its state after some steps, stored between them."""
    xml = model().xml()
    definition = load_definition(xml)
    session = states.begin(definition, FIRST, NOW, wait)
    stored = None
    for _ in range(STEPS[name]):
        stored = states.apply(stored, session.changes())
        session = states.load(definition, stored, NOW, wait)
        step(session.run)
    stored = states.apply(stored, session.changes())
    return {"model": xml.decode(), "state": plain(stored)}


def plain(stored: Any) -> dict[str, Any]:
    """A stored state as JSON."""
    fields = asdict(stored) | {
        "data": [
            [str(scope), key, value] for (scope, key), value in getattr(stored, "data", {}).items()
        ]
    }
    return json.loads(json.dumps(fields, default=str))  # type: ignore[no-any-return]


def main() -> None:
    """Write a file for each model, unless it is there."""
    for name, model in MODELS.items():
        path = FOLDER / f"v{states.STATE_VERSION}-{name}.json"
        if not path.exists():
            path.write_text(
                json.dumps(kept(name, model), indent=1, sort_keys=True), encoding="utf-8"
            )


if __name__ == "__main__":
    main()
