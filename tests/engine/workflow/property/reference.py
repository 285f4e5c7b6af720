"""A plain interpreter of tokens for BPMN 2.0.2, to compare the engine with. It knows nothing of it.

A token stands at one node and knows its own data. A fork makes a token for each flow; an exclusive
gateway lets each one run on; a parallel one takes one from each flow in; an inclusive one goes on when
no token can still come to one of its empty flows (except one that may as well come to a full one). A
process ends when all its tokens are at an end. What tokens know is joined over what was known where
they parted: a datum that two of them changed to different values is a conflict. At the end of a process
it is none where one node wrote both or an event on a border began one of the two: the value of the one
that ended later stands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from tests.engine.workflow.property.drawn import Flow, Node, Scope
from tests.engine.workflow.property.knowing import known_together
from tests.engine.workflow.property.tokens import (
    Border,
    Data,
    Frame,
    Token,
    Uncaught,
    Wait,
    at_join,
    frozen,
    name_of,
    oldest_of_each,
    reached,
    taken,
    without_item,
)

SERVICE_RESULT = 7


class Reference:
    """One running instance."""

    def __init__(self, scope: Scope, data: Mapping[str, Any]) -> None:
        self.done: list[str] = []
        self.called: list[str] = []
        self.result: Data | None = None
        self.crowded = False
        """Whether there were ever two tokens of which one had to go first, and which of them is free."""
        self._given = 0
        self._ended = 0
        self._queue: deque[Token] = deque()
        self._forks = 0
        self._root = Frame(scope, None)
        self._enter(self._root, dict(data))
        self._settle()

    # What comes from outside

    def waits(self) -> list[tuple[Wait, Any]]:
        """What the instance waits for, with the token or border that does."""
        found: list[tuple[Wait, Any]] = []
        for token in self._tokens(self._root):
            if token.state in ("open", "service"):
                found.append((Wait(token.state, name_of(token), frozen(token.data)), token))
            elif token.state == "event":
                found.append((Wait(token.node.event, token.node.id, frozen(token.data)), token))
            elif token.state == "choice":
                for flow in token.frame.scope.out_of(token.node.id):
                    node = token.frame.scope.nodes[flow.target]
                    found.append((Wait(node.event, node.id, frozen(token.data)), (token, node)))
            for border in token.borders:
                if border.node.event in ("timer", "message", "signal"):
                    name, data = border.node.id, frozen(border.data)
                    found.append((Wait(border.node.event, name, data), border))
        return found

    @property
    def status(self) -> str:
        if self.result is not None:
            return "completed"
        return "running" if self.waits() else "stuck"

    def give(self, wait: Wait, data: Mapping[str, Any]) -> None:
        """Let something that is waited for happen; a signal happens to all that wait for it."""
        self._given += 1
        same = [
            waiting
            for each, waiting in self.waits()
            if each == wait or (wait.kind == "signal" and each.name == wait.name)
        ]
        for waiting in same if wait.kind == "signal" else same[:1]:
            self._give(waiting, data)
        self._settle()

    def _give(self, waiting: Any, data: Mapping[str, Any]) -> None:
        if isinstance(waiting, Border):
            self._fire(waiting)
        elif isinstance(waiting, tuple):
            token, node = waiting
            token.node = node
            self._complete(token)
        else:
            waiting.data = {**waiting.data, **data}
            self._complete(waiting)

    # Steps

    def _settle(self) -> None:
        while self.result is None:
            if self._queue:
                token = self._queue.popleft()
                if token.state == "ready":
                    self._step(token)
            elif not self._join_something():
                return

    def _step(self, token: Token) -> None:
        node = token.node
        if node.kind == "script":
            for key, value in node.writes:
                token.data[key] = (token.data.get(key) or 0) + 1 if value == "+1" else value
        elif node.kind == "service":
            self.called.append(node.id)
            if node.later:
                token.state = "service"
                return
            token.data[node.id] = SERVICE_RESULT
        elif node.kind == "choice":
            self._log(token)
            token.state = "choice"
            return
        elif node.kind in ("end", "terminate", "throw"):
            self._end(token)
            return
        elif node.kind == "raise":
            self._log(token)
            self._throw(token)
            if token.state != "gone":
                self._send(token.frame, token, token.frame.scope.out_of(node.id))
            return
        self._complete(token)

    def _end(self, token: Token) -> None:
        self._log(token)
        token.state = "ended"
        self._ended += 1
        token.ended = (self._given, self._ended)
        if token.node.kind == "throw":
            self._throw(token)
        elif token.node.kind == "terminate":
            for other in list(token.frame.tokens):
                if other is not token:
                    self._remove(other)
            self._frame_ended(token.frame, token.data)

    def _complete(self, token: Token) -> None:
        """The work at a node is done."""
        self._log(token)
        if token.instance_of is not None:
            token.state = "ended"
            self._instance_ended(token.instance_of)
            return
        token.borders = []
        self._send(token.frame, token, token.frame.scope.out_of(token.node.id))

    def _send(self, frame: Frame, token: Token, flows: list[Flow]) -> None:
        """Leave a node by its flows, one token for each that is taken."""
        chosen = taken(token, flows)
        frame.tokens.remove(token)
        token.state = "gone"
        forks = token.forks
        if len(chosen) > 1:
            forks = self._forked(token.forks, token.data)
        arrived = []
        writers = token.all_writers()
        for flow in chosen:
            other = Token(
                frame, frame.scope.nodes[flow.target], dict(token.data), forks, flow.source
            )
            other.events, other.writers = token.events, writers
            frame.tokens.append(other)
            arrived.append(other)
        for other in arrived:
            self._arrive(other)

    def _forked(self, forks: tuple[tuple[int, Data], ...], data: Data) -> Any:
        self._forks += 1
        return (*forks, (self._forks, dict(data)))

    def _enter(self, frame: Frame, data: Data) -> None:
        token = Token(frame, frame.scope.start(), data, self._forked((), data))
        frame.tokens.append(token)
        self._queue.append(token)

    def _arrive(self, token: Token) -> None:
        node, scope = token.node, token.frame.scope
        borders = scope.borders(node.id)
        if borders:
            token.forks = self._forked(token.forks, token.data)
            token.borders = [Border(token, each, dict(token.data), token.forks) for each in borders]
        if node.kind in ("and", "or") and len(scope.into(node.id)) > 1:
            self._join_arrive(token)
        elif node.repeat is not None:
            self._repeat(token)
        else:
            self._begin(token)

    def _begin(self, token: Token) -> None:
        kind = token.node.kind
        if kind == "user":
            token.state = "open"
        elif kind == "catch":
            token.state = "event"
        elif kind in ("sub", "call"):
            assert token.node.inside is not None
            token.state = "inside"
            frame = Frame(token.node.inside, token)
            token.frames.append(frame)
            self._enter(frame, dict(token.data))
        else:
            self._queue.append(token)

    # Repetition

    def _repeat(self, token: Token) -> None:
        token.state = "inside"
        count = self._times(token)
        if count == 0:
            self._repeat_ended(token)
        elif token.node.repeat.kind == "at once":  # type: ignore[union-attr]
            token.forks = self._forked(token.forks, token.data)
            for place in range(count):
                self._instance(token, place, token.data)
            for instance in list(token.instances):
                self._begin(instance)
        else:
            self._instance(token, 0, token.data)
            self._begin(token.instances[0])

    def _times(self, token: Token) -> int:
        repeat = token.node.repeat
        assert repeat is not None
        return repeat.count if repeat.count is not None else len(token.data[repeat.items])

    def _instance(self, token: Token, place: int, data: Data) -> None:
        repeat, own = token.node.repeat, dict(data)
        assert repeat is not None
        if repeat.item:
            own[repeat.item] = token.data[repeat.items][place] if repeat.items else place
        token.instances.append(
            Token(token.frame, token.node, own, token.forks, instance_of=token, place=place)
        )

    def _instance_ended(self, token: Token) -> None:
        repeat = token.node.repeat
        assert repeat is not None
        ended = [each for each in token.instances if each.state == "ended"]
        if len(ended) == self._times(token):
            self._repeat_ended(token)
        elif repeat.kind != "at once":
            known = token.data if repeat.output else without_item(token, ended[-1])
            self._instance(token, len(ended), known)
            self._begin(token.instances[-1])

    def _repeat_ended(self, token: Token) -> None:
        repeat, ended = token.node.repeat, token.instances
        assert repeat is not None
        if repeat.output:
            results = [each.data.get(repeat.out) for each in ended]
            token.data = {**token.data, repeat.output: results}
        elif ended and repeat.kind == "at once":
            for each in ended:
                each.data = without_item(token, each)
            token.data = self._joined(ended)
        elif ended:
            token.data = without_item(token, ended[-1])
        token.state = "ready"
        self._complete(token)

    # Joins

    def _join_arrive(self, token: Token) -> None:
        token.state = "join"
        waiting = at_join(token.frame, token.node)
        if sum(1 for other in waiting if other.came == token.came) > 1:
            self.crowded = True
        if token.node.kind == "and":
            oldest = oldest_of_each(waiting)
            if len(oldest) == len(token.frame.scope.into(token.node.id)):
                self._join(oldest)

    def _join(self, tokens: list[Token]) -> None:
        last = tokens[-1]
        data = self._joined(tokens)
        for token in tokens[:-1]:
            self._remove(token)
        last.data, last.state = data, "ready"
        self._queue.append(last)

    def _join_something(self) -> bool:
        """Nothing else moves: let an inclusive gateway go on, or a process that is over end."""
        for frame in self._frames(self._root):
            for node in frame.scope.nodes.values():
                waiting = at_join(frame, node) if node.kind == "or" else []
                if waiting and not self._may_still_come(frame, node, waiting):
                    self._join(oldest_of_each(waiting))
                    return True
            if frame.tokens and all(token.state == "ended" for token in frame.tokens):
                self._frame_ended(frame, self._joined(frame.tokens, ended=True))
                return True
        return False

    def _may_still_come(self, frame: Frame, join: Node, waiting: list[Token]) -> bool:
        full = {token.came for token in waiting}
        empty = {flow.source for flow in frame.scope.into(join.id)} - full
        for token in frame.tokens:
            if token.state == "ended" or token in waiting:
                continue
            for place in (token.node.id, *(border.node.id for border in token.borders)):
                sources = reached(frame.scope, place, join.id)
                if sources & empty and not sources & full:
                    return True
        return False

    def _joined(self, tokens: list[Token], *, ended: bool = False) -> Data:
        data, by_chance = known_together(tokens, ended=ended)
        self.crowded = self.crowded or by_chance
        return data

    # Ends and events

    def _frame_ended(self, frame: Frame, data: Data) -> None:
        holder = frame.holder
        frame.tokens = []
        if holder is None:
            self.result = data
            return
        holder.frames = []
        holder.data = data
        self._complete(holder)

    def _fire(self, border: Border) -> None:
        host, frame = border.host, border.host.frame
        token = Token(frame, border.node, dict(border.data), border.forks)
        token.events = host.events | {border.forks[-1][0]}
        token.writers = host.writers
        frame.tokens.append(token)
        if border.node.interrupts:
            self._remove(host)
        elif border.node.event == "timer":
            host.borders.remove(border)
        self._complete(token)

    def _throw(self, token: Token) -> None:
        """An error or an escalation goes to the nearest border above that catches it."""
        holder = token.frame.holder
        while holder is not None:
            host = holder.instance_of or holder
            for border in host.borders:
                if border.node.event == token.node.event:
                    self._fire(border)
                    return
            holder = host.frame.holder
        if token.node.event == "error":
            raise Uncaught

    def _remove(self, token: Token) -> None:
        """A token that is no more, with everything inside it."""
        token.state = "gone"
        if token in token.frame.tokens:
            token.frame.tokens.remove(token)
        for each in (token, *token.instances):
            each.state = "gone"
            for frame in each.frames:
                for inner in list(frame.tokens):
                    self._remove(inner)
        token.borders = []

    def _log(self, token: Token) -> None:
        self.done.append(name_of(token))

    def _frames(self, frame: Frame) -> Iterator[Frame]:
        for token in list(frame.tokens):
            for holder in (token, *token.instances):
                for inner in holder.frames:
                    yield from self._frames(inner)
        yield frame

    def _tokens(self, frame: Frame) -> Iterator[Token]:
        for each in self._frames(frame):
            for token in each.tokens:
                yield token
                yield from token.instances
