"""The lines of a drawing: what a path says, its corners rounded."""

from __future__ import annotations

from math import hypot

_RADIUS = 7.0

Point = tuple[float, float]


def rounded(points: tuple[Point, ...]) -> str:
    """A line through the points, its corners rounded."""
    parts = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_RADIUS, hypot(*_minus(corner, before)) / 2, hypot(*_minus(after, corner)) / 2)
        first, second = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(
            f"L{number(first[0])} {number(first[1])}"
            f"Q{number(corner[0])} {number(corner[1])} {number(second[0])} {number(second[1])}"
        )
    parts.append(f"L{number(points[-1][0])} {number(points[-1][1])}")
    return "".join(parts)


def _minus(first: Point, second: Point) -> Point:
    return first[0] - second[0], first[1] - second[1]


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point at a distance from `start` on the way to `end`."""
    dx, dy = _minus(end, start)
    length = hypot(dx, dy) or 1.0
    return start[0] + dx / length * distance, start[1] + dy / length * distance


def number(value: float) -> str:
    """A number without needless decimals."""
    return f"{round(value, 2):g}"
