"""What changed between two versions of a model: added, removed, renamed and changed elements.

The same id is the same element. One that went and one that came are the same element renamed when
they are of one kind and alike: the same name, or the same neighbours and the same words about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.workflow.definitions import Definition
from engine.workflow.elements import Element, Elements, elements_of
from engine.workflow.versions import facets
from engine.workflow.versions.facets import flow_facets, node_facets

ADDED, REMOVED, RENAMED, CHANGED = "added", "removed", "renamed", "changed"
_ALIKE = 3
"""The score from which two elements are one renamed: a name, or all the neighbours, is enough."""


@dataclass(frozen=True)
class Change:
    """A facet of an element that differs: what it was and what it is; empty where it was not."""

    facet: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """An element that differs.

    mark: `added`, `removed`, `renamed` (another id, or another name) or `changed`; source, target:
    its id in the older and in the newer version, None where it is not; name: the older one's,
    unless it was added.
    """

    mark: str
    source: str | None
    target: str | None
    kind: str
    name: str
    new_name: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Two versions side by side.

    pairs: each element of the older version that the newer one has, by its id there; nodes and
    flows: those that differ, in the order of the models.
    """

    pairs: Mapping[str, str]
    nodes: tuple[Difference, ...]
    flows: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return not self.nodes and not self.flows

    def marks(self, *, newer: bool) -> dict[str, str]:
        """The mark of each element that differs, by its id in one of the two versions."""
        found = {}
        for item in (*self.nodes, *self.flows):
            identifier = item.target if newer else item.source
            if identifier is not None:
                found[identifier] = item.mark
        return found

    def renamed(self) -> dict[str, str]:
        """The elements that have another id now."""
        return {old: new for old, new in self.pairs.items() if old != new}


@lru_cache(maxsize=64)
def compare(source: Definition, target: Definition) -> Comparison:
    """The difference from an older model to a newer one."""
    pairs = _pairs(
        elements_of(source), elements_of(target), node_facets(source), node_facets(target)
    )
    return Comparison(
        pairs,
        tuple(_node_differences(source, target, pairs)),
        tuple(_flow_differences(source, target, pairs)),
    )


def _pairs(
    old: Elements,
    new: Elements,
    old_facets: Mapping[str, Mapping[str, str]],
    new_facets: Mapping[str, Mapping[str, str]],
) -> dict[str, str]:
    """Which element of the newer version each of the older one is."""
    pairs = {key: key for key in old.nodes if key in new.nodes}
    gone = [node for key, node in old.nodes.items() if key not in pairs]
    came = [node for key, node in new.nodes.items() if key not in pairs]
    around_old, around_new = _around(old), _around(new)
    while gone and came:
        score, first, second = max(
            (
                (
                    _likeness(
                        one,
                        other,
                        {pairs.get(key, key) for key in around_old[one.id]},
                        around_new[other.id],
                        old_facets[one.id],
                        new_facets[other.id],
                    ),
                    one,
                    other,
                )
                for one in gone
                for other in came
            ),
            key=lambda item: (item[0], item[1].id, item[2].id),
        )
        if score < _ALIKE:
            break
        pairs[first.id] = second.id
        gone.remove(first)
        came.remove(second)
    return {key: pairs[key] for key in old.nodes if key in pairs}


def _likeness(
    one: Element,
    other: Element,
    around_one: set[str],
    around_other: set[str],
    said_one: Mapping[str, str],
    said_other: Mapping[str, str],
) -> int:
    """How alike two elements are; nothing when they are of different kinds."""
    if (one.kind, one.events) != (other.kind, other.events):
        return 0
    score = 0
    if one.name and one.name.casefold() == other.name.casefold():
        score += 3
    common = around_one & around_other
    if common:
        score += 3 if around_one == around_other else 1
    told = set(said_one.items()) & set(said_other.items())
    return score + min(2, sum(1 for key, _ in told if key not in (facets.KIND, facets.LANE)))


def _around(elements: Elements) -> dict[str, set[str]]:
    """The neighbours of each element: what comes before and after it, and what it hangs from."""
    found: dict[str, set[str]] = {key: set() for key in elements.nodes}
    for flow in elements.flows:
        if flow.source in found and flow.target in found:
            found[flow.source].add(flow.target)
            found[flow.target].add(flow.source)
    for node in elements.nodes.values():
        if node.attached_to in found:
            found[node.id].add(str(node.attached_to))
    return found


def _node_differences(
    source: Definition, target: Definition, pairs: Mapping[str, str]
) -> Iterator[Difference]:
    old, new = elements_of(source).nodes, elements_of(target).nodes
    said, says = node_facets(source), node_facets(target)
    for key, node in old.items():
        if key not in pairs:
            yield Difference(REMOVED, key, None, node.kind, node.name, "")
            continue
        other = new[pairs[key]]
        before = _translated(said[key], pairs)
        changes = _changes(before, says[other.id])
        if key != other.id or node.name != other.name:
            yield Difference(RENAMED, key, other.id, node.kind, node.name, other.name, changes)
        elif changes:
            yield Difference(CHANGED, key, other.id, node.kind, node.name, other.name, changes)
    kept = set(pairs.values())
    for key, node in new.items():
        if key not in kept:
            yield Difference(ADDED, None, key, node.kind, node.name, node.name)


def _flow_differences(
    source: Definition, target: Definition, pairs: Mapping[str, str]
) -> Iterator[Difference]:
    """Flows are the same when they go from and to the same elements, whatever their ids."""
    said, says = flow_facets(source), flow_facets(target)
    old = {_ends(_translated(item, pairs)): key for key, item in said.items()}
    new = {_ends(item): key for key, item in says.items()}
    for ends, key in old.items():
        if ends not in new:
            yield Difference(REMOVED, key, None, "sequenceFlow", _between(source, ends, pairs), "")
            continue
        before = _translated(said[key], pairs)
        changes = _changes(before, says[new[ends]])
        if changes:
            name = _between(target, ends, {})
            yield Difference(CHANGED, key, new[ends], "sequenceFlow", name, name, changes)
    for ends, key in new.items():
        if ends not in old:
            name = _between(target, ends, {})
            yield Difference(ADDED, None, key, "sequenceFlow", name, name)


def _ends(said: Mapping[str, str]) -> tuple[str, str]:
    return said.get(facets.SOURCE, ""), said.get(facets.TARGET, "")


def _between(definition: Definition, ends: tuple[str, str], pairs: Mapping[str, str]) -> str:
    """A flow told by the names of the elements at its ends."""
    back = {new: old for old, new in pairs.items()}
    nodes = elements_of(definition).nodes
    names = []
    for end in ends:
        key = end if end in nodes else back.get(end, end)
        names.append(nodes[key].name or key if key in nodes else key)
    return " → ".join(names)


_REFERENCES = (facets.ATTACHED, facets.SOURCE, facets.TARGET)


def _translated(said: Mapping[str, str], pairs: Mapping[str, str]) -> dict[str, str]:
    """The facets of the older version with its elements called as in the newer one."""
    return {
        key: pairs.get(value, value) if key in _REFERENCES else value for key, value in said.items()
    }


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(key, before.get(key, ""), after.get(key, ""))
        for key in dict.fromkeys((*before, *after))
        # The default flow is an id of its own: what changes is told by the flows.
        if key not in (facets.NAME, facets.DEFAULT) and before.get(key, "") != after.get(key, "")
    )
