"""The demonstration's town: its people are right, every role is held, loading twice changes nothing."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from stdnum.es import nif

from engine.clock import FixedClock, madrid_date
from engine.contracts import queries as contracts
from engine.errors import ConfigurationError
from engine.expedientes.models import Expediente
from engine.finance import queries as finance
from engine.finance.lifecycle import steps
from engine.keys import queries as keys
from engine.keys.models import Purpose
from engine.notifications.models import Notification
from engine.people import queries as people
from engine.people.roles import roles
from engine.permissions import Actor
from engine.registry import queries as registry
from engine.settings import Environment
from engine.townhall import TownHall
from engine.workflow import queries as workflow
from web.demo import load, story
from web.demo.data import read
from web.demo.people import person_id

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
_OF_NO_OFFICIAL = {"anonymous", "citizen", "system", "employee"}


def officials(town: TownHall) -> tuple[Actor, ...]:
    today = madrid_date(town.clock.now())
    with town.database.reading() as session:
        rows = people.officials_list(session)
        return tuple(people.load_official_actor(session, row.id, today) for row in rows)


def rows_of(town: TownHall) -> dict[str, int]:
    """How many rows each table of ours has."""
    with town.database.reading() as session:
        names = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ).all()
        return {
            name: session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0
            for name in names
            if not name.startswith("procrastinate")
        }


def test_every_document_has_its_right_letter_and_nobody_has_two() -> None:
    numbers = [item["document"] for item in read("people")["people"]]
    numbers += [item["document"] for item in read("officials")["officials"]]
    assert [number for number in numbers if not nif.is_valid(number)] == []
    assert [number for number, times in Counter(numbers).items() if times > 1] == []


def test_every_address_and_telephone_is_one_that_nobody_has() -> None:
    for item in read("people")["people"]:
        assert item.get("email", "x.example").endswith(".example")
        assert item["phone"].startswith(("600 000 1", "985 000 1"))


def test_every_role_of_an_official_is_held(town: TownHall) -> None:
    held = {role for actor in officials(town) for role in actor.roles}
    assert set(roles()) - held - _OF_NO_OFFICIAL == set()


def test_each_step_of_an_invoice_can_be_done_by_somebody_who_did_no_step_that_excludes_it(
    town: TownHall,
) -> None:
    """Four eyes are possible: there are as many people as the segregation asks for."""
    chosen: dict[str, object] = {}
    for key, step in steps().items():
        if key == "reject":
            continue
        able = [actor for actor in officials(town) if actor.may(step.operation)]
        free = [
            actor
            for actor in able
            if not any(chosen.get(other) == actor.id for other in step.not_by)
        ]
        assert free, key
        chosen[key] = free[0].id


def test_every_official_has_a_certificate_and_the_town_its_seal(town: TownHall) -> None:
    with town.database.reading() as session:
        certified = keys.all_active(session, Purpose.OFFICIAL)
        seals = keys.all_active(session, Purpose.SEAL)
    assert set(certified) == {str(actor.id) for actor in officials(town)}
    assert len(seals) == 1


def test_powers_are_in_force_ended_or_for_one_procedure(town: TownHall) -> None:
    call = town.system("test")
    today = madrid_date(town.clock.now())

    def represented(document: str) -> set[str]:
        with town.database.reading() as session:
            rows = people.represented_by(session, person_id(call, document), today)
        return {row.document_number for row in rows}

    assert represented("99222633N") == {"B33996950", "B33997545"}
    assert represented("99210272W") == set()
    with town.database.reading() as session:
        grantor, attorney = person_id(call, "F33994518"), person_id(call, "99227969N")
        allowed = people.powers_between(session, grantor, attorney, today, "terrace-permit")
        others = people.powers_between(session, grantor, attorney, today, "general-request")
    assert (len(allowed), len(others)) == (1, 0)


def test_each_contract_has_a_responsible_who_may_give_conformity(town: TownHall) -> None:
    managers = {actor.id for actor in officials(town) if "contract_manager" in actor.roles}
    with town.database.reading() as session:
        rows = contracts.contracts(session).rows
    assert len(rows) == len(read("contracts")["contracts"])
    assert {row.responsible_id for row in rows} <= managers


def test_the_small_town_has_something_in_each_place(town: TownHall) -> None:
    with town.database.reading() as session:
        found = finance.counts(session, town.system("test").actor)
        entries = registry.in_order_of_effect(session, registry.Book.ENTRY, 2026)
        incidents = workflow.incidents(session)
    assert {state.value for state, count in found.items() if count} == {
        "rejected",
        "conformed",
        "pending_resolution",
        "registered",
    }
    assert len(entries) == 3
    assert all(row.receipt_ready and row.expediente_id for row in entries)
    assert incidents == ()


def test_nothing_happens_in_the_future_and_the_last_act_is_of_today(town: TownHall) -> None:
    with town.database.reading() as session:
        entries = registry.in_order_of_effect(session, registry.Book.ENTRY, 2026)
    instants = [row.presented_at for row in entries]
    assert instants == sorted(instants)
    assert instants[-1] <= town.clock.now()
    assert madrid_date(instants[-1]) == madrid_date(town.clock.now())


def test_loading_twice_changes_nothing(town: TownHall) -> None:
    before = rows_of(town)
    load(town, small=True)
    assert rows_of(town) == before


def test_an_interrupted_load_goes_on_and_ends_as_one_that_was_not(
    town: TownHall, townhall: TownHall, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(NOON - clock.now())
    whole = story.work_on
    monkeypatch.setattr("web.demo.invoices.work_on", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        load(townhall, small=True)
    assert townhall.clock is clock
    monkeypatch.setattr("web.demo.invoices.work_on", whole)
    load(townhall, small=True)
    ours, theirs = rows_of(townhall), rows_of(town)
    for table in ("person", "invoice", "invoice_step", "expediente", "registry_entry", "contract"):
        assert ours[table] == theirs[table], table


def _interrupted(*_: object, **__: object) -> bool:
    raise KeyboardInterrupt


def test_production_refuses_the_demonstration(townhall: TownHall) -> None:
    townhall.settings = replace(townhall.settings, environment=Environment.PRODUCTION)
    with pytest.raises(ConfigurationError, match="producción"):
        load(townhall, small=True)
    assert rows_of(townhall)["person"] == 0


@pytest.mark.skipif(os.environ.get("ANDECHA_SOAK") != "1", reason="the whole town takes a minute")
def test_the_whole_town_has_every_phase_and_every_state(
    townhall: TownHall, clock: FixedClock
) -> None:
    clock.advance(NOON - clock.now())
    load(townhall)
    before = rows_of(townhall)
    with townhall.database.reading() as session:
        phases = set(session.scalars(select(Expediente.phase)))
        outcomes = set(session.scalars(select(Expediente.outcome)))
        states = finance.counts(session, townhall.system("test").actor)
        notified = set(session.scalars(select(Notification.state)))
        incidents = workflow.incidents(session)
    assert phases >= {
        *("received", "correction", "report", "proposal", "resolution", "notification"),
        *("instruction", "closed", "withdrawn"),
    }
    assert outcomes >= {
        *("granted", "denied", "desisted", "withdrawn", "answered", "paid", "rejected"),
    }
    assert [state.value for state, count in states.items() if not count] == []
    assert notified >= {"accepted", "rejected", "expired", "available", "to_post"}
    assert incidents == ()
    load(townhall)
    assert rows_of(townhall) == before
