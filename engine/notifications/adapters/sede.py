"""The sede itself: the notification is at disposal there as soon as its row says so."""

from __future__ import annotations

from collections.abc import Iterable

from engine.notifications.adapters import ChannelName, Ended, Incoming, Parcel
from engine.people.models import Channel


class SedeChannel:
    """Nothing leaves and nothing comes: pages read and close the notification by themselves."""

    name = ChannelName.SEDE
    outside = False

    def takes(self, channel: Channel) -> bool:
        """Every notification is at disposal in the sede, those on paper too (art. 42.1)."""
        return True

    def send(self, parcel: Parcel) -> None:
        """There is nobody to hand it to."""

    def end(self, ended: Ended) -> None:
        """The row says it already."""

    def collect(self) -> Iterable[Incoming]:
        return ()

    def settle(self, incoming: Incoming, *, understood: bool) -> None:
        """Nothing ever comes."""
