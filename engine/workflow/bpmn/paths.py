"""The paths of a model: what is never reached, what never ends, joins that wait in vain."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.workflow.bpmn.drawing import Scope
from engine.workflow.bpmn.findings import Finding, error, warning
from engine.workflow.bpmn.names import (
    BPMN,
    SCOPES,
    id_of,
    is_event_subprocess,
    is_handler,
    kind_of,
)

LONG_CHAIN = 250
_MAX_WORK = 3_000_000


def check_paths(root: etree._Element) -> Iterator[Finding]:
    """The structure of each process and sub-process."""
    for process in root.findall(f"{BPMN}process"):
        for node in process.iter(*(f"{BPMN}{kind}" for kind in SCOPES)):
            scope = Scope.of(node)
            if scope.nodes and kind_of(node) != "adHocSubProcess":
                yield from _Paths(scope).findings()


class _Paths:
    """The graph of one scope. An event on the border of an activity follows from the activity."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._after: dict[str, list[str]] = {}
        self._before: dict[str, list[str]] = {}
        self._work = 0
        for identifier in scope.nodes:
            for target in scope.after(identifier):
                if target in scope.nodes:
                    self._link(identifier, target)
        for identifier, node in scope.nodes.items():
            attached = str(node.get("attachedToRef") or "")
            if kind_of(node) == "boundaryEvent" and attached in scope.nodes:
                self._link(attached, identifier)

    def _link(self, source: str, target: str) -> None:
        self._after.setdefault(source, []).append(target)
        self._before.setdefault(target, []).append(source)

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the paths."""
        dangling = list(self._dangling())
        yield from dangling
        if dangling:
            return
        starts = self._starts()
        reached = self._walk(starts, self._after)
        for identifier, node in self._scope.nodes.items():
            if identifier not in reached and not is_event_subprocess(node) and not is_handler(node):
                yield warning("unreachable", identifier, "no se llega nunca a este elemento")
        yield from self._ends(reached)
        yield from self._joins(reached)
        yield from self._chains()

    def _dangling(self) -> Iterator[Finding]:
        for source, flows in self._scope.outgoing.items():
            for flow in flows:
                for place, wanted in (("origen", source), ("destino", str(flow.get("targetRef")))):
                    if wanted not in self._scope.nodes:
                        message = f"su {place} «{wanted}» no es un elemento de su mismo proceso"
                        yield error("reference", id_of(flow), message)

    def _starts(self) -> list[str]:
        return [
            identifier
            for identifier, node in self._scope.nodes.items()
            if kind_of(node) == "startEvent"
        ]

    def _walk(self, first: list[str], links: dict[str, list[str]]) -> set[str]:
        seen, waiting = set(first), list(first)
        while waiting:
            current = waiting.pop()
            for following in links.get(current, ()):
                self._work += 1
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return seen

    def _ends(self, reached: set[str]) -> Iterator[Finding]:
        """Elements from which no end can be reached."""
        scope, nodes = self._scope.element, self._scope.nodes
        ends = [identifier for identifier, node in nodes.items() if kind_of(node) == "endEvent"]
        ending = self._walk(ends, self._before)
        if not ends or not any(start in ending for start in self._starts()):
            interrupted = any(is_event_subprocess(node) for node in nodes.values())
            message = "no se llega nunca a un fin"
            inner = kind_of(scope) != "process" or interrupted
            yield (warning if inner else error)("no-end", id_of(scope), message)
            return
        trapped = [
            identifier
            for identifier in nodes
            if identifier in reached and identifier not in ending
            and not is_event_subprocess(nodes[identifier])
            and not (kind_of(nodes[identifier]) == "boundaryEvent" and not self._after.get(identifier))
        ]  # fmt: skip
        if trapped:
            message = "desde aquí no se llega nunca a un fin"
            yield warning("no-end", trapped[0], message)

    def _forks(self) -> dict[str, list[str]]:
        """Where one token becomes several, and the elements to which they go."""
        forks: dict[str, list[str]] = {}
        for identifier, node in self._scope.nodes.items():
            after, kind = self._after.get(identifier, []), kind_of(node)
            beside = any(
                self._scope.nodes[other].get("cancelActivity") == "false" for other in after
            )
            if beside or (
                len(after) > 1 and kind in ("parallelGateway", "inclusiveGateway", "startEvent")
            ):
                forks[identifier] = after
        starts = self._starts()
        if len(starts) > 1:
            forks[""] = starts
        return forks

    def _joins(self, reached: set[str]) -> Iterator[Finding]:
        """Parallel joins to which no fork sends a token by two of their flows."""
        forks = self._forks()
        for identifier, node in self._scope.nodes.items():
            sources = self._before.get(identifier, [])
            if kind_of(node) != "parallelGateway" or len(sources) < 2 or identifier not in reached:
                continue
            if self._work > _MAX_WORK:
                message = "el modelo es demasiado grande para comprobar si sus uniones acaban"
                yield warning("size", identifier, message)
                return
            missing = [source for source in sources if source not in reached]
            if missing:
                message = f"espera por «{missing[0]}», adonde no se llega nunca: no acaba"
                yield warning("join", identifier, message)
            elif not self._may_meet(identifier, sources, forks):
                message = (
                    "une caminos que se excluyen: espera por todos y solo llega uno. Use una "
                    "compuerta exclusiva"
                )
                yield warning("join", identifier, message)

    def _may_meet(self, join: str, sources: list[str], forks: dict[str, list[str]]) -> bool:
        """Whether the tokens of some fork can come by two flows of the join at once."""
        ways = [
            self._walk([source], self._before_without(join)) for source in dict.fromkeys(sources)
        ]
        if len(ways) < len(sources):
            return True
        for targets in forks.values():
            coming = [{at for at, way in enumerate(ways) if target in way} for target in targets]
            direct = targets.count(join)
            reaching = [way for way in coming if way]
            if direct + len(reaching) >= 2 and (direct or len(set().union(*reaching)) >= 2):
                return True
        return False

    def _before_without(self, join: str) -> dict[str, list[str]]:
        """The links backwards, not through the join itself."""
        return {target: found for target, found in self._before.items() if target != join}

    def _chains(self) -> Iterator[Finding]:
        """Very long chains are slow to draw and to read."""
        lengths: dict[str, int] = {}
        for identifier in self._scope.nodes:
            if identifier in lengths or self._one_before(identifier) is not None:
                continue
            length, current = 1, identifier
            while (following := self._one_after(current)) is not None:
                length, current = length + 1, following
            lengths[identifier] = length
            if length > LONG_CHAIN:
                message = (
                    f"empieza una cadena de {length} elementos seguidos: divídala en subprocesos"
                )
                yield warning("long-chain", identifier, message)

    def _one_before(self, identifier: str) -> str | None:
        before = self._before.get(identifier, [])
        if len(before) != 1 or len(self._after.get(before[0], [])) != 1:
            return None
        return before[0]

    def _one_after(self, identifier: str) -> str | None:
        after = self._after.get(identifier, [])
        if len(after) != 1 or len(self._before.get(after[0], [])) != 1:
            return None
        return after[0]
