"""Who reaches what, asked of every route that there is: a new one is covered without being named here.

Each kind of thing that an address can name has a real id (tests/factories/one_of_each.py); a route
with an argument that is not known there fails. What is sent is what the owner would send.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from factories.every_route import (
    Route,
    Visitor,
    combinations,
    contents,
    expect,
    none,
    owned,
    routes_of,
    wrong,
)
from factories.one_of_each import AURORA, DEVA, OneOfEach, one_of_each
from factories.sede import SedeClient
from factories.small_town import NOON, small_town
from flask import Flask

from engine.clock import FixedClock
from engine.embedded import EmbeddedServer
from engine.errors import Refused
from engine.ids import new_id
from engine.operation import OPERATIONS
from engine.people import operations as people
from engine.people.queries import anonymous_actor, load_citizen_actor, load_official_actor
from engine.people.roles import roles
from engine.permissions import Actor
from web.access import Access, Audience, check_actor, require_declarations
from web.app import create_app
from web.demo.people import official_id, person_id, unit_id

pytestmark = pytest.mark.xdist_group("access")
TODAY = date(2026, 11, 24)
OFFICIALS = (Audience.OFFICE, Audience.FINANCE, Audience.ADMIN)
NOT_SERVED, NOT_FOUND = {403, 404}, {404}
MALFORMED = ("no-es-nada", "-1", "\x00", "ñ" * 300, "9" * 30)
_OF_NO_OFFICIAL = {"anonymous", "citizen", "system", "employee"}


@pytest.fixture(scope="module")
def each(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneOfEach]:
    with small_town(server, tmp_path_factory.mktemp("access")) as hall:
        yield one_of_each(hall)


@pytest.fixture(scope="module")
def site(each: OneOfEach) -> Flask:
    return create_app(each.hall, testing=True)


@pytest.fixture(scope="module")
def routes(site: Flask) -> list[Route]:
    return routes_of(site)


@pytest.fixture(scope="module")
def all_round(each: OneOfEach) -> UUID:
    """An official with every role that can be held together, in the units of the things."""
    call = each.hall.system("test")
    found = people.register_official(
        call,
        code="persona.completa",
        document_number="20000001Y",
        name="Persona",
        surname1="Completa",
        surname2="",
        title="Todo",
    )
    held = [key for key, role in roles().items() if not role.exclusive]
    for role, unit in itertools.product(set(held) - _OF_NO_OFFICIAL, ("ESP", "SEC", "OAR", "HAC")):
        people.assign_post(
            call, official_id=found.id, unit_id=unit_id(call, unit), role=role, valid_from=TODAY
        )
    return found.id


@pytest.fixture(scope="module")
def outsider(each: OneOfEach) -> UUID:
    """An official of a unit that has to do with none of the things."""
    call = each.hall.system("test")
    found = people.register_official(
        call,
        code="persona.ajena",
        document_number="20000002F",
        name="Persona",
        surname1="Ajena",
        surname2="",
        title="Tramitación",
    )
    contracting = unit_id(call, "CON")
    people.assign_post(
        call, official_id=found.id, unit_id=contracting, role="processor", valid_from=TODAY
    )
    return found.id


def visitor(
    each: OneOfEach,
    site: Flask,
    *,
    citizen: UUID | None = None,
    official: UUID | None = None,
    on_behalf_of: UUID | None = None,
) -> Visitor:
    sede = SedeClient(site, each.hall)
    if citizen is not None:
        sede.sign_in_citizen(citizen, on_behalf_of=on_behalf_of)
    if official is not None:
        sede.sign_in_official(official)
    return Visitor(each, sede)


@pytest.fixture
def unchanged(each: OneOfEach, site: Flask, all_round: UUID, outsider: UUID) -> Iterator[None]:
    """What is asked in the test changes no row of the town."""
    before = contents(each.hall)
    yield
    after = contents(each.hall)
    assert [name for name in after if after[name] != before[name]] == []


def test_every_argument_of_every_route_is_known_here(each: OneOfEach, routes: list[Route]) -> None:
    unknown = [
        f"{route.rule}: {name}"
        for route in routes
        for name in route.names
        if each.argument(route.endpoint, name) is None
    ]
    none(unknown)


def test_every_route_says_whose_it_is_and_what_it_does(site: Flask) -> None:
    require_declarations(site)


def visitors_with_access(
    each: OneOfEach, site: Flask, all_round: UUID
) -> list[tuple[Actor, Visitor]]:
    """People who together may open every route, the least powerful first."""
    auditor = official_id(each.hall.system("test"), "olaya.rivero")
    with each.hall.database.reading() as session:
        actors = (
            anonymous_actor(),
            load_citizen_actor(session, each.celsa, TODAY),
            load_official_actor(session, all_round, TODAY),
            load_official_actor(session, auditor, TODAY),
        )
    return [
        (actors[0], visitor(each, site)),
        (actors[1], visitor(each, site, citizen=each.celsa)),
        (actors[2], visitor(each, site, official=all_round)),
        (actors[3], visitor(each, site, official=auditor)),
    ]


def admitted(declared: Access, actor: Actor) -> bool:
    """Whether the actor has the kind and the permissions that a route declares."""
    try:
        check_actor(declared, actor)
    except Refused:
        return False
    if declared.operation is None or declared.callback:
        return True
    return actor.may(OPERATIONS[declared.operation].permission)


def allowed(visitors: list[tuple[Actor, Visitor]], route: Route) -> Visitor:
    """Who may open a route; fails when nobody can."""
    found = [who for actor, who in visitors if admitted(route.declared, actor)]
    assert found, f"nobody may open {route.rule}"
    return found[0]


@pytest.mark.usefixtures("unchanged")
def test_whose_the_thing_is_reads_it(
    each: OneOfEach, site: Flask, routes: list[Route], all_round: UUID
) -> None:
    """The ids are real: what the others are refused is there for somebody."""
    visitors = visitors_with_access(each, site, all_round)
    unread = []
    for route in routes:
        if route.method == "GET" and route.names:
            who = allowed(visitors, route)
            answers = {who.ask(route, values) for values in combinations(each, route)}
            if not answers & {200, 302, 303} or answers - {200, 302, 303, 404}:
                unread.append(f"{route.rule}: {answers}")
    none(unread)


@pytest.mark.usefixtures("unchanged")
def test_whoever_has_not_signed_in_is_led_to_sign_in_and_changes_nothing(
    each: OneOfEach, site: Flask, routes: list[Route]
) -> None:
    who, faults = visitor(each, site), []
    for route in routes:
        if route.declared.public and route.method == "POST":
            continue  # anybody may send it: what it takes is tested with its own page
        for values in combinations(each, route):
            status = who.ask(route, values)
            led = status == 303 and who.where.startswith("/entrar?")
            refused = isinstance(status, int) and 400 <= status < 500
            turned_away = led if route.method == "GET" else refused
            if turned_away is route.declared.public:
                faults.append(f"{route.method} {route.address(values)}: {status} {who.where}")
    none(faults)


@pytest.mark.usefixtures("unchanged")
def test_another_citizen_finds_nothing_of_celsa_and_changes_nothing(
    each: OneOfEach, site: Flask, routes: list[Route]
) -> None:
    who = visitor(each, site, citizen=each.unrelated)
    expect(who, theirs(each, routes), NOT_FOUND)


@pytest.mark.usefixtures("unchanged")
def test_what_is_ones_own_does_not_open_what_hangs_from_anothers(
    each: OneOfEach, site: Flask, routes: list[Route]
) -> None:
    """An address that begins with one's own draft or expediente and goes on with Celsa's thing."""
    who = visitor(each, site, citizen=each.unrelated)
    things = {"file_id", "work_item_id"}
    mixed = [
        (route, {**values, **each.own})
        for route, values in theirs(each, routes)
        if things & set(route.names) and set(each.own) & set(route.names)
    ]
    assert {route.method for route, _ in mixed} == {"GET", "POST"}
    expect(who, mixed, NOT_FOUND)


def theirs(
    each: OneOfEach, routes: list[Route], audiences: Iterable[Audience] = (Audience.CITIZEN,)
) -> list[tuple[Route, dict[str, Any]]]:
    """The addresses of an audience that name somebody's thing."""
    return [
        (route, values)
        for route in routes
        if route.declared.audience in audiences and owned(each, route)
        for values in combinations(each, route)
    ]


@pytest.mark.usefixtures("unchanged")
def test_an_official_of_another_unit_finds_nothing_of_it(
    each: OneOfEach, site: Flask, routes: list[Route], outsider: UUID
) -> None:
    """404 for what they may not know of; 403 where their post lacks the very permission."""
    who = visitor(each, site, official=outsider)
    with each.hall.database.reading() as session:
        actor = load_official_actor(session, outsider, TODAY)
    asked = theirs(each, routes, OFFICIALS)
    may = [item for item in asked if admitted(item[0].declared, actor)]
    may_not = [item for item in asked if not admitted(item[0].declared, actor)]
    expect(who, may, NOT_FOUND)
    expect(who, may_not, NOT_SERVED)


@pytest.mark.usefixtures("unchanged")
def test_citizens_have_no_business_on_the_pages_of_officials(
    each: OneOfEach, site: Flask, routes: list[Route]
) -> None:
    who = visitor(each, site, citizen=each.celsa)
    asked = [
        (route, values)
        for route in routes
        if route.declared.audience in OFFICIALS
        for values in combinations(each, route)
    ]
    expect(who, asked, {403})


@pytest.mark.usefixtures("unchanged")
def test_officials_have_no_business_on_the_pages_of_citizens(
    each: OneOfEach, site: Flask, routes: list[Route], all_round: UUID
) -> None:
    who = visitor(each, site, official=all_round)
    asked = [
        (route, values)
        for route in routes
        if route.declared.audience is Audience.CITIZEN
        for values in combinations(each, route)
    ]
    expect(who, asked, {403})


def test_a_power_for_another_procedure_opens_nothing_of_this_one(
    each: OneOfEach, site: Flask, routes: list[Route]
) -> None:
    """FIL-6: who represents Celsa in general requests does not in her terrace."""
    attorney = empowered(each, AURORA, "procedures", ("general-request",), TODAY)
    who = visitor(each, site, citizen=attorney, on_behalf_of=each.celsa)
    before = contents(each.hall)
    expect(who, theirs(each, routes), NOT_SERVED)
    begin = [
        (route, {"key": "terrace-permit"}) for route in routes if route.endpoint == "citizen.begin"
    ]
    expect(who, begin, {403})
    assert contents(each.hall) == before


def test_a_power_opens_nothing_from_the_day_after_its_last(
    each: OneOfEach, site: Flask, routes: list[Route]
) -> None:
    """FIL-6: the session in which it was used goes on, for the attorney alone."""
    attorney = empowered(each, DEVA, "any", (), TODAY)
    who = visitor(each, site, citizen=attorney, on_behalf_of=each.celsa)
    page = [item for item in theirs(each, routes) if item[0].endpoint == "citizen.expediente"]
    expect(who, page, {200})
    before = contents(each.hall)
    each.hall.clock = FixedClock(NOON + timedelta(days=1))
    try:
        expect(who, theirs(each, routes), NOT_SERVED)
    finally:
        each.hall.clock = FixedClock(NOON)
    assert contents(each.hall) == before


def empowered(
    each: OneOfEach, document: str, scope: str, procedures: tuple[str, ...], last: date
) -> UUID:
    """Somebody with a power of Celsa."""
    call = each.hall.system("test")
    attorney = person_id(call, document)
    people.grant_power(
        call,
        grantor_id=each.celsa,
        attorney_id=attorney,
        scope=scope,
        procedures=procedures,
        source="comparecencia",
        valid_from=TODAY - timedelta(days=10),
        valid_to=last,
    )
    return attorney


@pytest.mark.usefixtures("unchanged")
def test_an_address_of_nothing_is_not_found_and_never_fails(
    each: OneOfEach, site: Flask, routes: list[Route], all_round: UUID
) -> None:
    """Each argument in turn is an id that nobody has, or no id at all; the others are real."""
    visitors, faults = visitors_with_access(each, site, all_round), []
    for route in routes:
        for name in route.names:
            who, real = allowed(visitors, route), next(combinations(each, route))
            nothing = ({**real, name: value} for value in (new_id(), *MALFORMED))
            faults += wrong(who, [(route, values) for values in nothing], NOT_FOUND)
    none(faults)
