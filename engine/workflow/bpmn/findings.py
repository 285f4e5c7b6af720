"""What a check or a normalisation says of a model."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import TownHallError


class InvalidModel(TownHallError):
    """A model that cannot be run; the message names the elements at fault."""


@dataclass(frozen=True)
class Finding:
    """Something that a check says of a model's element. level: error, warning or info."""

    level: str
    code: str
    element: str
    message: str

    def to_dict(self) -> dict[str, str]:
        """The finding for `--json`."""
        return {
            "level": self.level,
            "code": self.code,
            "element": self.element,
            "message": self.message,
        }


def error(code: str, element: str, message: str) -> Finding:
    """What keeps a model from running."""
    return Finding("error", code, element, message)


def warning(code: str, element: str, message: str) -> Finding:
    """What runs, but perhaps not as its author thought."""
    return Finding("warning", code, element, message)


def info(code: str, element: str, message: str) -> Finding:
    """What was changed without changing what it means."""
    return Finding("info", code, element, message)
