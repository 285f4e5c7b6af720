"""Random models: blocks within blocks, and the ways in which people draw what is no block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.engine.workflow.property.drawn import Condition, Node, Repeat, Scope

KEYS = ("a", "b", "c")
DATA = {"a": 0, "b": 0, "c": 0, "items": [4, 5, 6]}
Ends = tuple[str, str | None]


class _Builder:
    """Draws a model. Each method adds a block and returns where it begins and where it ends."""

    def __init__(self, draw: Callable[[Any], Any], size: int) -> None:
        self._draw = draw
        self._left = size
        self._count = 0

    def model(self) -> Scope:
        scope = Scope()
        self._process(scope, 3)
        return scope

    def _pick(self, *options: Any) -> Any:
        return self._draw(st.sampled_from(options))

    def _new(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _process(self, scope: Scope, depth: int, *, throws: str = "") -> None:
        start = scope.add(Node("start" if depth == 3 else self._new("start"), "start"))
        entry, leaving = self._sequence(scope, depth, throws=throws)
        scope.flow(start, entry)
        if leaving is not None:
            scope.flow(leaving, scope.add(Node(self._new("end"), "end")))

    def _sequence(self, scope: Scope, depth: int, *, throws: str = "") -> Ends:
        entry, leaving = self._block(scope, depth)
        if throws:
            entry, leaving = self._chain(scope, (entry, leaving), self._thrower(scope, throws))
        while leaving is not None and self._left > 0 and self._pick(True, True, False):
            entry, leaving = self._chain(scope, (entry, leaving), self._block(scope, depth))
        return entry, leaving

    def _chain(self, scope: Scope, first: Ends, second: Ends) -> Ends:
        if first[1] is None:
            return first
        scope.flow(first[1], second[0])
        return first[0], second[1]

    def _thrower(self, scope: Scope, event: str) -> Ends:
        """A person decides whether an error or an escalation is thrown."""
        user = scope.add(Node(self._new("user"), "user"))
        which = scope.add(Node(self._new("xor"), "xor"))
        throw = scope.add(Node(self._new("throw"), "throw", event=event))
        after = scope.add(Node(self._new("script"), "script", writes=(("a", 1),)))
        scope.flow(user, which)
        scope.flow(which, throw, Condition("b", "=", self._pick(0, 1)))
        scope.flow(which, after, default=True)
        return user, after

    def _block(self, scope: Scope, depth: int) -> Ends:
        self._left -= 1
        simple = (self._user, self._user, self._script, self._service, self._catch)
        if depth == 0 or self._left <= 0:
            return self._pick(*simple)(scope)  # type: ignore[no-any-return]
        nested = (
            self._exclusive, self._parallel, self._parallel, self._inclusive, self._inclusive,
            self._loop, self._choice, self._held, self._bordered, self._bordered, self._repeated,
            self._merged_without_join, self._crowded, self._loop_around_join, self._terminated,
            self._side_door,
        )  # fmt: skip
        made: Ends = self._pick(*simple, *((block, depth - 1) for block in nested))
        if isinstance(made, tuple):
            block, inner = made
            return block(scope, inner)  # type: ignore[no-any-return]
        return made(scope)  # type: ignore[operator,no-any-return]

    # One element

    def _user(self, scope: Scope) -> Ends:
        name = scope.add(Node(self._new("user"), "user"))
        return name, name

    def _script(self, scope: Scope) -> Ends:
        name = self._new("script")
        key = self._pick(*KEYS, f"own_{name}", f"own_{name}", f"own_{name}")
        scope.add(Node(name, "script", writes=((key, self._pick(1, 2, "+1")),)))
        return name, name

    def _service(self, scope: Scope) -> Ends:
        name = scope.add(Node(self._new("service"), "service", later=self._pick(True, False)))
        return name, name

    def _catch(self, scope: Scope) -> Ends:
        event = self._pick("timer", "message", "signal")
        name = scope.add(Node(self._new("catch"), "catch", event=event))
        return name, name

    # Gateways

    def _gateway(self, scope: Scope, kind: str) -> str:
        return scope.add(Node(self._new(kind), kind))

    def _branches(self, scope: Scope, depth: int) -> list[Ends]:
        return [self._sequence(scope, depth) for _ in range(self._pick(2, 2, 3))]

    def _fork(self, scope: Scope, kind: str, branches: list[Ends]) -> str:
        split = self._gateway(scope, kind)
        for number, (entry, _) in enumerate(branches):
            last = number == len(branches) - 1
            if kind == "and":
                scope.flow(split, entry)
            else:
                condition = None if last else Condition(self._pick(*KEYS), "=", self._pick(0, 1))
                scope.flow(split, entry, condition, default=last)
        return split

    def _join(self, scope: Scope, kind: str, branches: list[Ends]) -> str | None:
        leaving = [end for _, end in branches if end is not None]
        if not leaving:
            return None
        join = self._gateway(scope, kind)
        for end in leaving:
            scope.flow(end, join)
        return join

    def _split(self, scope: Scope, depth: int, kind: str, joined_by: str) -> Ends:
        branches = self._branches(scope, depth)
        return self._fork(scope, kind, branches), self._join(scope, joined_by, branches)

    def _exclusive(self, scope: Scope, depth: int) -> Ends:
        return self._split(scope, depth, "xor", self._pick("xor", "xor", "or"))

    def _parallel(self, scope: Scope, depth: int) -> Ends:
        return self._split(scope, depth, "and", self._pick("and", "and", "and", "or"))

    def _inclusive(self, scope: Scope, depth: int) -> Ends:
        return self._split(scope, depth, "or", "or")

    def _merged_without_join(self, scope: Scope, depth: int) -> Ends:
        """Each token of a fork runs on."""
        return self._split(scope, depth, "and", "xor")

    def _crowded(self, scope: Scope, depth: int) -> Ends:
        """Two tokens at one flow into a join, one at the other: one token stays for ever."""
        branches = [self._sequence(scope, depth) for _ in range(3)]
        split = self._fork(scope, "and", branches)
        merged = self._join(scope, "xor", branches[:2])
        return split, self._join(scope, self._pick("and", "or"), [("", merged), branches[2]])

    def _side_door(self, scope: Scope, depth: int) -> Ends:
        """A branch that may go around another one, into the same inclusive join."""
        first, second = self._sequence(scope, depth), self._sequence(scope, depth)
        split = self._fork(scope, "and", [first, second])
        which, join = self._gateway(scope, "xor"), self._gateway(scope, "or")
        after = self._sequence(scope, 0)
        if first[1] is not None:
            scope.flow(first[1], which)
            scope.flow(which, join, Condition("a", "=", self._pick(0, 1)))
            scope.flow(which, after[0], default=True)
        else:
            scope.flow(split, after[0])
        if after[1] is not None:
            scope.flow(after[1], join)
        if second[1] is not None:
            scope.flow(second[1], join)
        return split, join

    def _again(self, scope: Scope, inner: Ends, turns: int) -> Ends:
        """Go back until a counter is full."""
        counter = self._new("count")
        before = self._gateway(scope, "xor")
        count = scope.add(Node(self._new("script"), "script", writes=((counter, "+1"),)))
        after = self._gateway(scope, "xor")
        scope.flow(before, inner[0])
        if inner[1] is None:
            return before, None
        scope.flow(inner[1], count)
        scope.flow(count, after)
        scope.flow(after, before, Condition(counter, "<", turns))
        out = scope.add(Node(self._new("script"), "script", writes=((f"own_{counter}", 1),)))
        scope.flow(after, out, default=True)
        return before, out

    def _loop(self, scope: Scope, depth: int) -> Ends:
        return self._again(scope, self._sequence(scope, depth), self._pick(1, 2, 3))

    def _loop_around_join(self, scope: Scope, depth: int) -> Ends:
        return self._again(scope, self._parallel(scope, depth), 2)

    def _choice(self, scope: Scope, depth: int) -> Ends:
        gateway = self._gateway(scope, "choice")
        branches = []
        for event in ("timer", "message"):
            catch = scope.add(Node(self._new("catch"), "catch", event=event))
            scope.flow(gateway, catch)
            after = self._sequence(scope, depth)
            scope.flow(catch, after[0])
            branches.append((catch, after[1]))
        return gateway, self._join(scope, "xor", branches)

    def _terminated(self, scope: Scope, depth: int) -> Ends:
        """A branch at whose end a person stops everything in its process."""
        branch, other = self._sequence(scope, depth), self._user(scope)
        split = self._fork(scope, "and", [branch, other])
        scope.flow(str(other[1]), scope.add(Node(self._new("terminate"), "terminate")))
        return split, branch[1]

    # Activities with something inside or on their border

    def _activity(self, scope: Scope, depth: int, *, throws: str = "", **more: Any) -> str:
        kind = "sub" if throws or more.get("nested") else self._pick("user", "sub", "call")
        more.pop("nested", None)
        inside = None
        if kind in ("sub", "call"):
            inside = Scope()
            self._process(inside, min(depth, 2), throws=throws)
        return scope.add(Node(self._new(kind), kind, inside=inside, **more))

    def _held(self, scope: Scope, depth: int) -> Ends:
        name = self._activity(scope, depth, nested=True)
        return name, name

    def _bordered(self, scope: Scope, depth: int) -> Ends:
        event = self._pick("timer", "message", "signal", "error", "escalation")
        throws = event if event in ("error", "escalation") else ""
        repeat = None
        if not throws and self._pick(True, False, False):
            repeat = Repeat("at once", count=2, item=self._new("item"))
        name = self._activity(scope, depth, throws=throws, repeat=repeat)
        interrupts = event == "error" or self._pick(True, False)
        border = scope.add(
            Node(self._new("border"), "border", event=event, attached=name, interrupts=interrupts)
        )
        handler = self._sequence(scope, min(depth, 1))
        scope.flow(border, handler[0])
        if handler[1] is None or not self._pick(True, False):
            if handler[1] is not None:
                scope.flow(handler[1], scope.add(Node(self._new("end"), "end")))
            return name, name
        return name, self._join(
            scope, self._pick("xor", "xor", "or"), [(name, name), (border, handler[1])]
        )

    def _repeated(self, scope: Scope, depth: int) -> Ends:
        kind = self._pick("loop", "in turn", "at once", "at once")
        if kind == "loop":
            repeat = Repeat("loop", count=self._pick(1, 2, 3))
        else:
            listed = self._pick(True, False)
            repeat = Repeat(
                kind,
                count=None if listed else self._pick(0, 1, 3),
                items="items" if listed else "",
                item=self._new("item"),
                output=self._pick("", self._new("results")),
                out="a",
            )
        kinds = ("user", "script", "service", "sub", "call")
        what = self._pick(*kinds)
        inside = None
        if what in ("sub", "call"):
            inside = Scope()
            self._process(inside, min(depth, 1))
        name = self._new(what)
        writes = (
            ((self._pick("a", f"own_{name}"), self._pick(1, "+1")),) if what == "script" else ()
        )
        node = Node(
            name, what, writes=writes, inside=inside, repeat=repeat, later=self._pick(True, False)
        )
        return scope.add(node), name


@st.composite
def models(draw: Callable[[Any], Any], size: int = 9) -> Scope:
    """A model of about so many blocks."""
    return _Builder(draw, size).model()
