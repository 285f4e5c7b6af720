"""The demonstration's town: its units, who works in them, its people and their powers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from engine.errors import NotFound
from engine.people import operations, queries
from engine.people.models import Channel, PersonKind
from engine.townhall import Call
from web.demo.data import read


def ensure_people(call: Call, today: date) -> None:
    """Add the units, officials, persons and powers that are not there yet."""
    _ensure_units(call)
    _ensure_officials(call, today)
    _ensure_persons(call)
    _ensure_powers(call, today)


def unit_id(call: Call, code: str) -> UUID:
    """The id of a unit; raises NotFound."""
    with call.townhall.database.reading() as session:
        return queries.unit_by_code(session, code).id


def official_id(call: Call, code: str) -> UUID:
    """The id of an official; raises NotFound."""
    with call.townhall.database.reading() as session:
        found = queries.official_id_of(session, code)
    if found is None:
        raise NotFound(f"No existe «{code}» entre el personal.")
    return found


def person_id(call: Call, document: str) -> UUID:
    """The id of a person; raises NotFound."""
    with call.townhall.database.reading() as session:
        found = queries.person_by_document(session, document)
    if found is None:
        raise NotFound(f"No existe ninguna persona con el documento {document}.")
    return found.id


def _ensure_units(call: Call) -> None:
    for item in read("units")["units"]:
        try:
            unit_id(call, item["code"])
        except NotFound:
            operations.create_unit(
                call,
                code=item["code"],
                dir3=item["dir3"],
                name=item["name"],
                parent_id=unit_id(call, item["parent"]) if "parent" in item else None,
            )


def _ensure_officials(call: Call, today: date) -> None:
    raw = read("officials")
    for item in raw["officials"]:
        try:
            identifier = official_id(call, item["code"])
        except NotFound:
            identifier = operations.register_official(
                call,
                code=item["code"],
                document_number=item["document"],
                name=item["name"],
                surname1=item["surname1"],
                surname2=item["surname2"],
                title=item["title"],
                email=f"{item['code']}@valdecandamo.example",
            ).id
        _ensure_posts(call, identifier, item["posts"], min(raw["since"], today), today)


def _ensure_posts(call: Call, identifier: UUID, posts: list[str], since: date, today: date) -> None:
    with call.townhall.database.reading() as session:
        actor = queries.load_official_actor(session, identifier, today)
    for post in posts:
        role, _, code = post.partition("@")
        unit = unit_id(call, code)
        if not actor.holds(role, unit):
            operations.assign_post(
                call, official_id=identifier, unit_id=unit, role=role, valid_from=since
            )


def _ensure_persons(call: Call) -> None:
    raw = read("people")
    place = {key: raw[key] for key in ("postcode", "town", "province")}
    for item in raw["people"]:
        try:
            person_id(call, item["document"])
        except NotFound:
            _register(call, item, place)


def _register(call: Call, item: dict[str, Any], place: dict[str, str]) -> None:
    operations.register_person(
        call,
        kind=PersonKind.COMPANY if item.get("company") else PersonKind.INDIVIDUAL,
        document_number=item["document"],
        name=item["name"],
        surname1=item.get("surname1", ""),
        surname2=item.get("surname2", ""),
        email=item.get("email", ""),
        phone=item.get("phone", ""),
        address={"street": item["street"], **place},
        channel=Channel(item["channel"]) if "channel" in item else None,
    )


def _ensure_powers(call: Call, today: date) -> None:
    for item in read("people")["powers"]:
        grantor = person_id(call, item["grantor"])
        attorney = person_id(call, item["attorney"])
        with call.townhall.database.reading() as session:
            known = queries.powers_received(session, attorney)
        if any(power.grantor_id == grantor for power in known):
            continue
        operations.grant_power(
            call,
            grantor_id=grantor,
            attorney_id=attorney,
            scope=item["scope"],
            procedures=tuple(item.get("procedures", ())),
            source=item["source"],
            valid_from=today + timedelta(days=item["from_days"]),
            valid_to=today + timedelta(days=item["to_days"]),
        )
