"""Officials for the town that gets its demonstration keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.people import operations as people
from engine.people.models import Official
from engine.townhall import TownHall

_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


@pytest.fixture
def enlist(townhall: TownHall) -> Callable[[int], list[Official]]:
    """Register so many officials."""

    def make(count: int) -> list[Official]:
        return [
            people.register_official(
                townhall.system("test"),
                code=f"e{number}",
                document_number=f"{70000000 + number}{_LETTERS[(70000000 + number) % 23]}",
                name="María del Carmen",
                surname1="de la Fuente",
                surname2="Álvarez",
                title="Técnica de gestión",
            )
            for number in range(count)
        ]

    return make
