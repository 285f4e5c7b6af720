"""What is worth saying of a decision file, or of a decision that was taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing to say, of one element. level: `error`, `warning` or `info`."""

    level: str
    code: str
    element: str
    message: str

    @property
    def text(self) -> str:
        """The message with the element that it is about before it."""
        return f"{self.element}: {self.message}" if self.element else self.message

    def to_dict(self) -> dict[str, str]:
        """As the command line prints it."""
        return {
            "level": self.level,
            "code": self.code,
            "element": self.element,
            "message": self.message,
        }
