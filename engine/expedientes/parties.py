"""Part of operations: the people of an expediente whom somebody else names, found or added."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from stdnum.es import cif

from engine.operation import Act
from engine.people.models import Person, PersonKind
from engine.people.operations import register_person

ADDRESS = ("street", "postcode", "town", "province")


def find_or_add(act: Act, said: Mapping[str, str]) -> Person:
    """The person with that document, as the town hall knows them; added when it does not.

    said: `document`, `name` and, when they are told, `surname1`, `surname2` and the keys of ADDRESS.
    What is known of a person is not changed. Raises BadInput when the document is not valid.
    """
    number = "".join(said["document"].upper().split())
    known = act.session.scalar(select(Person).where(Person.document_number == number))
    if known is not None:
        return known
    return register_person(
        act.as_system("people.register_person"),
        kind=PersonKind.COMPANY if cif.is_valid(number) else PersonKind.INDIVIDUAL,
        document_number=number,
        name=said["name"],
        surname1=said.get("surname1", ""),
        surname2=said.get("surname2", ""),
        address={key: said[key] for key in ADDRESS if said.get(key)},
    )
