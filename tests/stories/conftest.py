"""Stories: a town with its people, on Tuesday 24 November 2026, and a clock that goes forward."""

from __future__ import annotations

import pytest
from factories.story import Story
from factories.town import ENTITY, NIF, TestKeys

from engine.clock import FixedClock
from engine.townhall import TownHall
from signatures.demo_authority import Authority
from web.demo.data import read


@pytest.fixture
def story(hall: TownHall, clock: FixedClock, keys: TestKeys, authority: Authority) -> Story:
    """The demonstration's people, each official with a certificate to sign with."""
    told = Story(hall, clock)
    told.prepare()
    for item in read("officials")["officials"]:
        official = told.official(item["code"]).actor.id
        assert official is not None
        keys.people[official] = authority.employee(
            given=item["name"],
            surnames=(item["surname1"], item["surname2"]),
            nif=item["document"],
            entity=ENTITY,
            entity_nif=NIF,
            unit=item["posts"][0].partition("@")[2],
            post=item["title"],
        )
    return told
