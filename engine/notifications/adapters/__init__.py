"""The channels by which a notification reaches people, behind one interface (art. 41.1 and 41.7).

A channel never decides whether a notification is made: it takes a parcel, and tells what happened.
engine/notifications/precedence.py says what that is worth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from engine.people.models import Channel


class ChannelName(StrEnum):
    """The channels that a town may use."""

    SEDE = "sede"
    POST = "post"
    DEHU = "dehu"


class EventKind(StrEnum):
    """What a channel tells of a parcel.

    available: it is at disposal there; accessed, rejected: by the addressee; expired: the channel's
    own count of the ten days ended; refused: the channel does not take it.
    """

    AVAILABLE = "available"
    ACCESSED = "accessed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True)
class Parcel:
    """What a channel is handed. key: the same for every try, so that a channel takes it once."""

    key: UUID
    organ: str
    unit_name: str
    addressee_name: str
    addressee_document: str
    subject: str
    exit_code: str
    available_at: datetime
    expires_at: datetime | None
    name: str
    media_type: str
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Ended:
    """That a parcel ended elsewhere, so that the channel shows it so. A corrected end is told again."""

    key: UUID
    state: str
    at: datetime
    via: str


@dataclass(frozen=True)
class Incoming:
    """What came from a channel; reference: the channel's own name of this message, told once."""

    reference: str
    key: UUID
    kind: EventKind
    at: datetime
    receiver: str = ""
    handle: str = ""


class ChannelAdapter(Protocol):
    """One channel. `outside`: sending and telling call somebody else, so a job does them."""

    name: ChannelName
    outside: bool

    def takes(self, channel: Channel) -> bool:
        """Whether a notification by this medium goes this way."""
        ...

    def send(self, parcel: Parcel) -> None:
        """Hand the parcel over; the same key twice is the same parcel. Raises Unavailable."""
        ...

    def end(self, ended: Ended) -> None:
        """Tell that it ended elsewhere; telling it twice changes nothing. Raises Unavailable."""
        ...

    def collect(self) -> Iterable[Incoming]:
        """What came and was not settled, in no order. Raises Unavailable."""
        ...

    def settle(self, incoming: Incoming, *, understood: bool) -> None:
        """Do not tell it again; what was not understood is kept apart."""
        ...
