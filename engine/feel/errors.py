"""The errors of the expression language, in Spanish, with their place."""

from __future__ import annotations


class FeelError(ValueError):
    """An expression that is not FEEL, or that fails on these values."""


class FeelSyntaxError(FeelError):
    """An expression that is not FEEL; `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (carácter {position + 1})")
        self.position = position


class FeelLimitExceeded(FeelError):
    """An expression that takes more steps, depth or size than it may."""
