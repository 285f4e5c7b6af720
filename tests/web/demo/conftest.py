"""The small town of the demonstration, loaded once for the tests that look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from factories.small_town import small_town

from engine.embedded import EmbeddedServer
from engine.townhall import TownHall


@pytest.fixture(scope="session")
def town(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    with small_town(server, tmp_path_factory.mktemp("demo")) as townhall:
        yield townhall
