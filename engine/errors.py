"""The errors that a person may read. Their message is plain Spanish and says what to do."""

from __future__ import annotations


class TownHallError(Exception):
    """Root of the errors shown to people; `message` never holds what the reader may not see."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(TownHallError):
    """What was asked for does not exist, or is not the asker's: the answer is the same (404)."""

    def __init__(self, message: str = "No existe o no tiene acceso.") -> None:
        super().__init__(message)


class Refused(TownHallError):
    """The actor's role may not do this (403)."""

    def __init__(self, message: str, permission: str = "") -> None:
        super().__init__(message)
        self.permission = permission


class RuleBroken(TownHallError):
    """The law or the house does not allow this now (409): too late, already done, same person twice."""


class Stale(RuleBroken):
    """Somebody changed this since the actor last saw it (409)."""


class BadInput(TownHallError):
    """What was sent cannot be taken (422); `errors` names each field."""

    def __init__(self, message: str, errors: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.errors = errors


class Unavailable(TownHallError):
    """An outside service does not answer now; nothing was lost, try later (503)."""


class ConfigurationError(TownHallError):
    """The installation is not set up as it should be: for the operator."""
