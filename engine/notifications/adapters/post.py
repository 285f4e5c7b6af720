"""The postman: parcels wait in the print queue until an official makes a batch of them (art. 42)."""

from __future__ import annotations

from collections.abc import Iterable

from engine.notifications.adapters import ChannelName, Ended, Incoming, Parcel
from engine.people.models import Channel


class PostChannel:
    """The queue is the table of dispatches; what the postman brings back comes as a file or a form."""

    name = ChannelName.POST
    outside = False

    def takes(self, channel: Channel) -> bool:
        return channel is Channel.PAPER

    def send(self, parcel: Parcel) -> None:
        """It waits for its batch: engine/notifications/printing."""

    def end(self, ended: Ended) -> None:
        """What is not printed yet leaves the queue; no postman is called back."""

    def collect(self) -> Iterable[Incoming]:
        return ()

    def settle(self, incoming: Incoming, *, understood: bool) -> None:
        """Nothing comes by itself."""
