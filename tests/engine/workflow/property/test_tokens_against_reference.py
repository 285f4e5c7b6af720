"""Random models under random schedules do what a plain interpreter of tokens does, crashes included."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from SpiffWorkflow.util.task import TaskState

from engine.errors import NotFound, RuleBroken
from engine.services import Wait as Later
from engine.workflow.definitions import Definition, load_definition
from engine.workflow.runtime import Status
from engine.workflow.scripting import ModelError
from engine.workflow.state import Session, Stored, begin, load
from tests.engine.workflow.keeping import apply
from tests.engine.workflow.property.drawn import Scope, xml_of
from tests.engine.workflow.property.generating import DATA, KEYS, models
from tests.engine.workflow.property.reference import SERVICE_RESULT, Reference
from tests.engine.workflow.property.tokens import Conflict, Uncaught, Wait, frozen

FULL_SIZE = os.environ.get("ANDECHA_SOAK") == "1"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_EVENTS = {"HouseTimer": "timer", "HouseMessage": "message", "HouseSignal": "signal"}


class Instance:
    """The engine's side: an instance that is stored after each step and may be lost in between."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.called: list[str] = []
        self._calling: list[str] = []
        self.stored: Stored | None = None
        self.session: Session = begin(definition, DATA, NOW, self._service)
        self.keep()

    def _service(self, name: str, _parameters: Mapping[str, Any], task: Any) -> Any:
        self._calling.append(task.task_spec.bpmn_id)
        return Later(str(task.id)) if name == "later/act" else SERVICE_RESULT

    def keep(self) -> None:
        """Commit: what changed is stored, and what services did stays done."""
        self.stored = apply(self.stored, self.session.changes())
        self.called += self._calling
        self._calling = []

    def crash(self) -> None:
        """Everything in memory is lost; what was stored is read again."""
        assert self.stored is not None
        self._calling = []
        self.session = load(self.definition, self.stored, NOW, self._service)

    def waits(self) -> list[tuple[Wait, Any]]:
        """What the instance waits for, with the id by which it is given."""
        run = self.session.run
        found: list[tuple[Wait, Any]] = [
            (Wait("open", task.task_spec.name, frozen(task.data)), task.id)
            for task in run.open_tasks()
        ]
        found += [
            (Wait("service", task.task_spec.name, frozen(task.data)), reference)
            for reference, task in run.waiting_services().items()
        ]
        for each in run.workflow.event_manager.waiting():
            kind = _EVENTS.get(type(each.task_spec.event_definition).__name__)
            if kind is not None:
                found.append((Wait(kind, each.task_spec.bpmn_id, frozen(each.data)), each.id))
        return found

    def give(self, kind: str, name: str, identifier: Any, data: Mapping[str, Any]) -> bool:
        """Let it happen; whether it had an effect."""
        run = self.session.run
        if kind == "open":
            try:
                run.complete(identifier, data)
            except (RuleBroken, NotFound):
                return False
            return True
        if kind == "service":
            return run.answer(identifier, SERVICE_RESULT)
        if kind == "timer":
            return run.fire_timer(identifier)
        if kind == "signal":
            return run.signal(name, None)
        return run.receive(identifier, None, {})

    def done(self, names: frozenset[str]) -> list[str]:
        """The elements that were completed."""
        assert self.stored is not None
        return [
            row.spec
            for row in self.stored.history
            if row.state == TaskState.COMPLETED and row.spec.removesuffix(" [child]") in names
        ]

    def result(self) -> dict[str, Any]:
        return dict(self.session.run.result)


class Tokens(RuleBasedStateMachine):
    """The engine beside the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.instance: Instance | None = None
        self.reference: Reference | None = None
        self.names: frozenset[str] = frozenset()
        self.over = False
        self.delivered: tuple[str, str, Any, Mapping[str, Any]] | None = None
        self.kept: dict[UUID, Any] = {}

    @initialize(scope=models(size=16 if FULL_SIZE else 9))
    def start(self, scope: Scope) -> None:
        """Both begin."""
        self.names = frozenset(node.id for node in scope.everything())
        definition = load_definition(xml_of(scope))
        self._both(lambda: self._begin_reference(scope), lambda: self._begin(definition))

    def _begin_reference(self, scope: Scope) -> None:
        self.reference = Reference(scope, DATA)

    def _begin(self, definition: Definition) -> None:
        self.instance = Instance(definition)

    def _both(self, reference: Any, engine: Any) -> None:
        """Do the same on both sides: either both go well or both fail."""
        expected, happened = None, None
        try:
            reference()
        except (Conflict, Uncaught) as error:
            expected = type(error).__name__
        try:
            engine()
        except ModelError as error:
            happened = "Conflict" if "valores distintos" in str(error) else "Uncaught"
            assert "valores distintos" in str(error) or "nadie recoge" in str(error), error
        if expected != happened:
            assert self.reference is None or self.reference.crowded, (expected, happened)
            self.over = True
        if expected or happened:
            self.over = True

    @rule(
        pick=st.integers(0, 10**6), crash=st.sampled_from(["no", "before", "amid"]), data=st.data()
    )
    def happen(self, pick: int, crash: str, data: st.DataObject) -> None:
        """Something that the instance waits for happens."""
        if self.over:
            return
        assert self.instance is not None
        assert self.reference is not None
        counted = Counter(wait for wait, _ in self.reference.waits())
        # Of two that look alike nobody can say which is which on the other side.
        waits = [each for each in self.instance.waits() if counted[each[0]] == 1]
        if not waits:
            return
        wait, identifier = sorted(waits, key=lambda item: str(item[0]))[pick % len(waits)]
        given: dict[str, Any] = {}
        if wait.kind == "open":
            name = wait.name.removesuffix(" [child]")
            key = data.draw(st.sampled_from([*KEYS, f"own_{name}", f"own_{name}", f"own_{name}"]))
            given = {key: data.draw(st.integers(0, 2))}
        elif wait.kind == "service":
            given = {wait.name.removesuffix(" [child]"): SERVICE_RESULT}
        if crash == "before":
            self.instance.crash()
        elif crash == "amid":
            self._lost_step(wait, identifier, given)
        self.delivered = (wait.kind, wait.name, identifier, given)

        def step() -> None:
            assert self.instance is not None
            assert self.instance.give(wait.kind, wait.name, identifier, given)
            self.instance.keep()

        self._both(lambda: self.reference.give(wait, given), step)  # type: ignore[union-attr]

    def _lost_step(self, wait: Wait, identifier: Any, given: Mapping[str, Any]) -> None:
        """The process dies after the work and before the commit: nothing of it may stay."""
        assert self.instance is not None
        with contextlib.suppress(ModelError):
            self.instance.give(wait.kind, wait.name, identifier, given)
        self.instance.crash()

    @precondition(lambda self: not self.over and self.delivered is not None)
    @rule(crash=st.booleans())
    def deliver_again(self, crash: bool) -> None:
        """The same thing arrives a second time: it has no effect."""
        assert self.instance is not None
        assert self.delivered is not None
        if crash:
            self.instance.crash()
        kind, name, identifier, given = self.delivered
        if any(waiting == identifier for _, waiting in self.instance.waits()):
            return  # a border that waits again for the next time
        if kind != "signal":
            assert not self.instance.give(kind, name, identifier, given)
        assert self.instance.session.changes().written == ()

    @invariant()
    def the_same_stands(self) -> None:
        """The same is open, was done, was called and came out."""
        if self.over or self.instance is None:
            return
        assert self.reference is not None
        instance, reference = self.instance, self.reference
        mine = Counter(self._plain(wait) for wait, _ in instance.waits())
        theirs = Counter(self._plain(wait) for wait, _ in reference.waits())
        if mine != theirs and reference.crowded:
            self.over = True
            return
        assert mine == theirs
        assert str(instance.session.run.status) == reference.status
        assert Counter(instance.done(self.names)) == Counter(reference.done)
        assert Counter(instance.called) == Counter(reference.called)
        if reference.result is not None:
            assert instance.session.run.status is Status.COMPLETED
            if not reference.crowded:
                assert frozen(instance.result()) == frozen(reference.result)
        self._history_is_true()

    def _plain(self, wait: Wait) -> Wait:
        assert self.reference is not None
        return Wait(wait.kind, wait.name, ()) if self.reference.crowded else wait

    def _history_is_true(self) -> None:
        """A task comes after the one that it follows, and what is over never changes."""
        assert self.instance is not None
        assert self.instance.stored is not None
        history = self.instance.stored.history
        place = {row.id: at for at, row in enumerate(history)}
        assert len(place) == len(history)
        for at, row in enumerate(history):
            if not row.spec.endswith(" [child]"):  # its activity ends after it
                assert place.get(row.parent, -1) < at
            assert self.kept.setdefault(row.id, row) == row


TestTokens = Tokens.TestCase
TestTokens.settings = settings(
    max_examples=2_000 if FULL_SIZE else 60,
    stateful_step_count=60 if FULL_SIZE else 25,
    deadline=None,
    derandomize=not FULL_SIZE,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
