"""Which channels this town uses, from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import ConfigurationError
from engine.notifications.adapters import ChannelAdapter, ChannelName
from engine.notifications.adapters.dehu import DehuFolder
from engine.notifications.adapters.post import PostChannel
from engine.notifications.adapters.sede import SedeChannel
from engine.townhall import TownHall

CHANNELS_PART = "notification_channels"


def channels_of(townhall: TownHall) -> Mapping[ChannelName, ChannelAdapter]:
    """The channels by name, made once; raises ConfigurationError for one that does not exist."""
    found: Mapping[ChannelName, ChannelAdapter] | None = townhall.parts.get(CHANNELS_PART)
    if found is None:
        found = townhall.parts[CHANNELS_PART] = _made(townhall)
    return found


def _made(townhall: TownHall) -> Mapping[ChannelName, ChannelAdapter]:
    known: dict[str, ChannelAdapter] = {
        ChannelName.SEDE: SedeChannel(),
        ChannelName.POST: PostChannel(),
        ChannelName.DEHU: DehuFolder(townhall.settings.dehu_dir),
    }
    wanted = townhall.settings.town.notification_channels
    wrong = [name for name in wanted if name not in known]
    if wrong:
        raise ConfigurationError(
            f"No existe el canal de notificación «{wrong[0]}»: use {', '.join(known)}."
        )
    return {ChannelName(name): known[name] for name in wanted}
