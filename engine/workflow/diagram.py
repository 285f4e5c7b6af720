"""The drawing of a process as SVG, made on the server from the model's own drawing.

Every shape carries its state as a class (`is-done`, `is-current`, `is-pending`) and as a sign that
needs no colour: a tick, or the words «En curso». `steps` says the same as a list. The styles are in
web/styles/_diagram.scss; there is no style, script or address inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from engine.workflow.elements import Box, Element, Elements, Flow, Lane
from engine.workflow.geometry import number, rounded
from engine.workflow.lettering import width_of, wrap
from engine.workflow.marks import CHECK, EVENTS, FILLED, GATEWAYS, TASKS

DONE, CURRENT, PENDING = "done", "current", "pending"
WORDS: Mapping[str, str] = {DONE: "Hecho", CURRENT: "En curso", PENDING: "Pendiente"}
_SVG = "http://www.w3.org/2000/svg"
_MARGIN = 12
_SIZE, _SMALL = 12.0, 11.0
_LINE, _SMALL_LINE = 15.0, 13.5
_HEADER = 30
_LABEL_WIDTH = 100.0
_PILL_HEIGHT = 18.0
_LARGEST_TASK = 170


def draw(elements: Elements, states: Mapping[str, str], sheet: str = "") -> str:
    """The SVG of a model; the empty text when the model says nowhere where things are drawn.

    states: `done`, `current` or `pending` by element; one that is not there is pending. sheet: the key of
    a called process that has a diagram of its own, else what the first one draws.
    """
    drawn = elements.on(sheet)
    boxes = [node.box for node in drawn.nodes.values() if node.box is not None]
    if not boxes:
        return ""
    return _Drawing(drawn, states, name=f"diagram-{sheet}" if sheet else "diagram").svg()


def draw_marked(
    elements: Elements, marks: Mapping[str, str], words: Mapping[str, str], name: str
) -> str:
    """The SVG of a model with a mark on some elements, each with its word; `name` makes its ids.

    words: of each mark, and of `pending` for the elements without one.
    """
    drawn = elements.on("")
    if not any(node.box is not None for node in drawn.nodes.values()):
        return ""
    return _Drawing(drawn, marks, words, frozenset(words) - {PENDING}, name).svg()


def steps(elements: Elements, states: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The named steps with their state, in the model's order.

    What cannot be reached any more from where the process stands is left out.
    """
    ahead = _ahead(elements, states)
    return tuple(
        (node.name, states.get(node.id, PENDING))
        for node in elements.in_order()
        if node.name
        and node.kind.endswith(("Task", "task", "Activity", "CatchEvent"))
        and (node.id in ahead or states.get(node.id, PENDING) != PENDING)
    )


def _ahead(elements: Elements, states: Mapping[str, str]) -> frozenset[str]:
    """What may still be reached: from what is open now, or from the start when nothing began."""
    follows: dict[str, list[str]] = {}
    for flow in elements.ways:
        follows.setdefault(flow.source, []).append(flow.target)
    for node in elements.nodes.values():
        if node.attached_to:
            follows.setdefault(node.attached_to, []).append(node.id)
    pending = [key for key, state in states.items() if state == CURRENT]
    if not states:
        pending = [node.id for node in elements.nodes.values() if node.kind == "startEvent"]
    found: set[str] = set()
    while pending:
        element = pending.pop()
        for follower in follows.get(element, ()):
            if follower not in found:
                found.add(follower)
                pending.append(follower)
    return frozenset(found)


class _Drawing:
    """Builds one SVG, from what lies behind to what lies in front."""

    def __init__(
        self,
        elements: Elements,
        states: Mapping[str, str],
        words: Mapping[str, str] = WORDS,
        told: frozenset[str] = frozenset({CURRENT}),
        name: str = "diagram",
    ) -> None:
        """told: the states that are written on the element; name: the beginning of every id inside."""
        self._elements = elements
        self._states = states
        self._words = words
        self._told = told
        self._name = name
        self._root = etree.Element(f"{{{_SVG}}}svg", nsmap={None: _SVG})

    def svg(self) -> str:
        """The whole drawing."""
        self._frame()
        for pool in self._elements.pools:
            self._lane(pool, "diagram-pool")
        for lane in self._elements.lanes:
            self._lane(lane, "diagram-lane")
        nodes = sorted(self._nodes(), key=lambda node: not _is_container(node))
        for node in filter(_is_container, nodes):
            self._node(node)
        for flow in self._elements.flows:
            self._flow(flow)
        for node in nodes:
            if not _is_container(node):
                self._node(node)
        for flow in self._elements.flows:
            self._flow_name(flow)
        return etree.tostring(self._root, encoding="unicode")

    def _nodes(self) -> Iterator[Element]:
        """Those on the border of others come last, over them."""
        drawn = [node for node in self._elements.nodes.values() if node.box is not None]
        yield from (node for node in drawn if node.attached_to is None)
        yield from (node for node in drawn if node.attached_to is not None)

    def _frame(self) -> None:
        left, top, right, bottom = _extent(self._elements)
        width, height = right - left, bottom - top
        for key, value in (
            ("class", "diagram"),
            ("role", "img"),
            ("aria-labelledby", f"{self._name}-title {self._name}-desc"),
            ("viewBox", f"{number(left)} {number(top)} {number(width)} {number(height)}"),
            ("width", number(width)),
            ("height", number(height)),
        ):
            self._root.set(key, value)
        name = ", ".join(pool.name for pool in self._elements.pools if pool.name)
        title = self._add(self._root, "title", id=f"{self._name}-title")
        title.text = f"Diagrama del proceso: {name}" if name else "Diagrama del proceso"
        self._add(self._root, "desc", id=f"{self._name}-desc").text = self._description()
        definitions = self._add(self._root, "defs")
        arrow = self._add(
            definitions,
            "marker",
            id=f"{self._name}-arrow",
            viewBox="0 0 10 10",
            refX="9",
            refY="5",
            markerWidth="8",
            markerHeight="8",
            orient="auto",
        )
        self._add(arrow, "path", d="M0 0.5L10 5L0 9.5z", **{"class": "diagram-arrow"})

    def _description(self) -> str:
        """What the drawing shows, for who does not see it."""
        if self._words is not WORDS:
            return self._marked()
        said = steps(self._elements, self._states)
        parts = []
        for state in (CURRENT, DONE):
            names = [name for name, found in said if found == state]
            if names:
                parts.append(f"{WORDS[state]}: {', '.join(names)}.")
        return " ".join(parts) or f"Pasos: {', '.join(name for name, _ in said)}."

    def _marked(self) -> str:
        """Which elements have each mark."""
        parts = []
        for mark in sorted(self._told):
            names = [
                node.name or node.id
                for node in self._elements.nodes.values()
                if self._states.get(node.id) == mark
            ]
            if names:
                parts.append(f"{self._words[mark]}: {', '.join(names)}.")
        return " ".join(parts) or "Nada cambia."

    def _lane(self, lane: Lane, style: str) -> None:
        group = self._add(self._root, "g", **{"class": style})
        box = lane.box
        self._rectangle(group, box, 0, "diagram-frame")
        header = Box(box.x, box.y, _HEADER, box.height)
        self._rectangle(group, header, 0, "diagram-frame diagram-header")
        lines = wrap(lane.name, box.height - 12, _SMALL, 2)
        middle = box.y + box.height / 2
        for position, line in enumerate(lines):
            x = box.x + _HEADER / 2 + 4 + (position - (len(lines) - 1) / 2) * _SMALL_LINE
            text = self._add(
                group,
                "text",
                x=number(x),
                y=number(middle),
                transform=f"rotate(-90 {number(x)} {number(middle)})",
                **{"class": "diagram-lane-name", "text-anchor": "middle"},
            )
            text.text = line

    def _flow(self, flow: Flow) -> None:
        if len(flow.points) > 1:
            self._add(
                self._root,
                "path",
                d=rounded(flow.points),
                **{"class": "diagram-flow", "marker-end": f"url(#{self._name}-arrow)"},
            )

    def _flow_name(self, flow: Flow) -> None:
        if not flow.name or len(flow.points) < 2:
            return
        if flow.label is not None:
            box = flow.label
            self._label(self._root, flow.name, box.x + box.width / 2, box.y + _SMALL, box.width)
            return
        (x1, y1), (x2, y2) = flow.points[0], flow.points[1]
        if abs(y2 - y1) < abs(x2 - x1):
            self._label(self._root, flow.name, (x1 + x2) / 2, y1 - 6, _LABEL_WIDTH)
        else:
            half = width_of(flow.name, _SMALL) / 2
            self._label(self._root, flow.name, x1 + 8 + half, (y1 + y2) / 2, 2 * half + 4)

    def _node(self, node: Element) -> None:
        state = self._states.get(node.id, PENDING)
        group = self._add(self._root, "g", **{"class": f"diagram-node is-{state}"})
        name = node.name or "Sin nombre"
        self._add(group, "title").text = f"{name}: {self._words[state].lower()}"
        box = node.box
        assert box is not None  # noqa: S101 - `_nodes` leaves out what is not drawn
        if node.kind.endswith("Event"):
            self._event(group, node, box, state)
        elif node.kind.endswith("Gateway"):
            self._gateway(group, node, box, state)
        elif _is_container(node):
            self._rectangle(group, box, 10, "diagram-shape diagram-container")
            self._label(group, node.name, box.x + box.width / 2, box.y + 18, box.width - 20)
        else:
            self._task(group, node, box, state)

    def _task(self, group: etree._Element, node: Element, box: Box, state: str) -> None:
        style = "diagram-shape diagram-call" if node.kind == "callActivity" else "diagram-shape"
        self._rectangle(group, box, 9, style)
        room = box.height - 22
        if state in self._told:
            room -= _PILL_HEIGHT
            self._pill(
                group, box.x + box.width / 2, box.y + box.height - _PILL_HEIGHT / 2 - 5, state
            )
        lines = wrap(node.name, box.width - 14, _SIZE, max(1, int((room + 10) // _LINE)))
        middle = box.y + 18 + room / 2
        for position, line in enumerate(lines):
            y = middle + (position - (len(lines) - 1) / 2) * _LINE + _SIZE * 0.35
            self._text(group, line, box.x + box.width / 2, y, "diagram-name")
        if node.kind in TASKS:
            self._mark(group, TASKS[node.kind], box.x + 14, box.y + 13)
        if state == DONE:
            self._tick(group, box.x + box.width - 14, box.y + 13)

    def _event(self, group: etree._Element, node: Element, box: Box, state: str) -> None:
        x, y, radius = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
        style = "diagram-shape diagram-end" if node.kind == "endEvent" else "diagram-shape"
        self._circle(group, x, y, radius, style)
        if node.kind.startswith(("intermediate", "boundary")):
            self._circle(group, x, y, radius - 3.5, "diagram-ring")
        for event in node.events[:1]:
            filled = "diagram-mark diagram-filled" if event in FILLED else "diagram-mark"
            if event in EVENTS:
                self._mark(group, EVENTS[event], x, y, filled)
        if state == DONE and not node.events:
            self._mark(group, CHECK, x, y, "diagram-mark diagram-reached")
        if state == DONE and node.events:
            self._tick(group, x + radius * 0.75, y - radius * 0.75)
        if state in self._told:
            self._pill(group, x, box.y - _PILL_HEIGHT / 2 - 4, state)
        place = node.label or Box(x - _LABEL_WIDTH / 2, box.y + box.height + 4, _LABEL_WIDTH, 28)
        self._label(group, node.name, place.x + place.width / 2, place.y + _SMALL, place.width)

    def _gateway(self, group: etree._Element, node: Element, box: Box, state: str) -> None:
        x, y = box.x + box.width / 2, box.y + box.height / 2
        points = (
            (x, box.y),
            (box.x + box.width, y),
            (x, box.y + box.height),
            (box.x, y),
        )
        corners = " ".join(f"{number(a)},{number(b)}" for a, b in points)
        self._add(group, "polygon", points=corners, **{"class": "diagram-shape"})
        if node.kind in GATEWAYS:
            self._mark(group, GATEWAYS[node.kind], x, y)
        if state == DONE:
            self._tick(group, box.x + box.width - 7, box.y + 9)
        if state in self._told:
            self._pill(group, x, box.y - _PILL_HEIGHT / 2 - 2, state)
        if node.label is not None:
            place = node.label
            self._label(group, node.name, place.x + place.width / 2, place.y + _SMALL, place.width)
        else:
            self._above(group, node.name, x, box.y - 6)

    def _above(self, group: etree._Element, name: str, x: float, bottom: float) -> None:
        """A name whose last line ends at `bottom`."""
        lines = len(wrap(name, _LABEL_WIDTH, _SMALL, 3))
        self._label(group, name, x, bottom - max(0, lines - 1) * _SMALL_LINE, _LABEL_WIDTH)

    def _label(self, parent: etree._Element, name: str, x: float, y: float, width: float) -> None:
        """A name over whatever is behind, its first line at `y`, with a halo of the paper's colour."""
        for position, line in enumerate(wrap(name, max(width, 40), _SMALL, 3)):
            self._text(parent, line, x, y + position * _SMALL_LINE, "diagram-label")

    def _text(self, parent: etree._Element, text: str, x: float, y: float, style: str) -> None:
        node = self._add(
            parent, "text", x=number(x), y=number(y), **{"class": style, "text-anchor": "middle"}
        )
        node.text = text

    def _pill(self, group: etree._Element, x: float, y: float, state: str) -> None:
        width = width_of(self._words[state], _SMALL) + 16
        box = Box(x - width / 2, y - _PILL_HEIGHT / 2, width, _PILL_HEIGHT)
        self._rectangle(group, box, _PILL_HEIGHT / 2, "diagram-pill")
        self._text(group, self._words[state], x, y + _SMALL * 0.36, "diagram-pill-text")

    def _tick(self, group: etree._Element, x: float, y: float) -> None:
        self._circle(group, x, y, 7.5, "diagram-tick")
        self._mark(group, CHECK, x, y, "diagram-tick-mark")

    def _mark(
        self, group: etree._Element, path: str, x: float, y: float, style: str = "diagram-mark"
    ) -> None:
        place = f"translate({number(x)} {number(y)})"
        self._add(group, "path", d=path, transform=place, **{"class": style})

    def _circle(self, group: etree._Element, x: float, y: float, radius: float, style: str) -> None:
        self._add(group, "circle", cx=number(x), cy=number(y), r=number(radius), **{"class": style})

    def _rectangle(self, group: etree._Element, box: Box, radius: float, style: str) -> None:
        self._add(
            group,
            "rect",
            x=number(box.x),
            y=number(box.y),
            width=number(box.width),
            height=number(box.height),
            rx=number(radius),
            **{"class": style},
        )

    def _add(self, parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
        return etree.SubElement(parent, f"{{{_SVG}}}{tag}", attributes)


def _is_container(node: Element) -> bool:
    """A subprocess drawn open, with its own steps inside."""
    return node.kind == "subProcess" and node.box is not None and node.box.width > _LARGEST_TASK


def _extent(elements: Elements) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of everything drawn, with a margin."""
    boxes = [node.box for node in elements.nodes.values() if node.box is not None]
    boxes += [lane.box for lane in (*elements.pools, *elements.lanes)]
    boxes += [item.label for item in elements.flows if item.label is not None]
    points = [(box.x, box.y) for box in boxes]
    points += [(box.x + box.width, box.y + box.height) for box in boxes]
    points += [
        (node.label.x + node.label.width, node.label.y + node.label.height)
        for node in elements.nodes.values()
        if node.label is not None
    ]
    points += [point for flow in elements.flows for point in flow.points]
    across, down = [x for x, _ in points], [y for _, y in points]
    return (
        min(across) - _MARGIN,
        min(down) - _MARGIN,
        max(across) + _MARGIN,
        max(down) + _MARGIN,
    )
