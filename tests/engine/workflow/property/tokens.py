"""Tokens of the reference interpreter, where they stand and what they know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.engine.workflow.property.drawn import Flow, Node, Scope

Data = dict[str, Any]


class Conflict(Exception):
    """Two tokens that join changed a datum to different values."""


class Uncaught(Exception):
    """An error that nobody catches."""


@dataclass(eq=False)
class Token:
    """A token. state: ready, open, service, event, choice, join, inside, ended or gone."""

    frame: Frame
    node: Node
    data: Data
    forks: tuple[tuple[int, Data], ...]
    came: str = ""
    state: str = "ready"
    borders: list[Border] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    instances: list[Token] = field(default_factory=list)
    instance_of: Token | None = None
    place: int = 0
    events: frozenset[int] = frozenset()
    """The forks at which it parted from the others because an event began it."""
    writers: Mapping[str, str] = field(default_factory=dict)
    """Who wrote each datum, up to this node."""
    ended: tuple[int, int] = (0, 0)
    """When it came to its end: after which event from outside, and in what order."""
    known: Data = field(init=False)

    def __post_init__(self) -> None:
        self.known = dict(self.data)

    def all_writers(self) -> dict[str, str]:
        """Who wrote each datum, this node too."""
        changed = [key for key in self.data if self.data[key] != self.known.get(key)]
        return {**self.writers, **dict.fromkeys(changed, self.node.id)}


@dataclass(eq=False)
class Border:
    """An event that waits on the border of the activity where a token stands."""

    host: Token
    node: Node
    data: Data
    forks: tuple[tuple[int, Data], ...]


@dataclass(eq=False)
class Frame:
    """A running process or subprocess."""

    scope: Scope
    holder: Token | None
    tokens: list[Token] = field(default_factory=list)


@dataclass(frozen=True)
class Wait:
    """Something that has to come from outside. kind: open, service, timer, message or signal."""

    kind: str
    name: str
    data: tuple[tuple[str, Any], ...]


def name_of(token: Token) -> str:
    """The element of a token, as the engine names it."""
    return token.node.id if token.instance_of is None else f"{token.node.id} [child]"


def frozen(data: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Data that can be compared and hashed: 1 and 1.0 are the same number."""
    return tuple(sorted((key, str(_plain(value))) for key, value in data.items()))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, Decimal) and value == int(value) else value


def taken(token: Token, flows: list[Flow]) -> list[Flow]:
    """The flows that a token takes out of its node."""
    if token.node.kind not in ("xor", "or") or len(flows) == 1:
        return flows
    fitting = [flow for flow in flows if flow.condition and flow.condition.holds(token.data)]
    default = [flow for flow in flows if flow.default]
    if token.node.kind == "xor":
        return (fitting or default)[:1]
    return fitting or default


def at_join(frame: Frame, node: Node) -> list[Token]:
    """The tokens that wait at a join, in the order in which they came."""
    return [token for token in frame.tokens if token.state == "join" and token.node is node]


def oldest_of_each(waiting: list[Token]) -> list[Token]:
    """The oldest token of each flow."""
    found: dict[str, Token] = {}
    for token in waiting:
        found.setdefault(token.came, token)
    return list(found.values())


def reached(scope: Scope, place: str, join: str) -> set[str]:
    """The sources of the flows into a join to which a token at a place can come."""
    found: set[str] = set()
    seen, waiting = {place}, [place]
    while waiting:
        node = waiting.pop()
        for flow in scope.out_of(node):
            if flow.target == join:
                found.add(node)
            elif flow.target not in seen:
                seen.add(flow.target)
                waiting.append(flow.target)
                waiting.extend(border.id for border in scope.borders(flow.target))
    return found


def without_item(token: Token, instance: Token) -> Data:
    """What an instance leaves, without the element that was only for it."""
    repeat = token.node.repeat
    data = dict(instance.data)
    if repeat is not None and repeat.item:
        data.pop(repeat.item, None)
        if repeat.item in token.data:
            data[repeat.item] = token.data[repeat.item]
    return data
