"""The announcement in the gazette of what could not be notified (art. 44 of Ley 39/2015; NOT-13)."""

from __future__ import annotations

from pathlib import Path

from engine.people.models import Person
from engine.settings import Town

_TEXT = Path(__file__).parent / "templates" / "announcement.txt"


def announcement_text(town: Town, unit_name: str, exit_code: str, person: Person) -> str:
    """What is sent to the gazette: where the act can be read, and nothing of what it says.

    The person is there by the whole number of their document and without their name, which the law
    forbids to publish together (seventh additional provision of Ley Orgánica 3/2018, first point).
    """
    return _TEXT.read_text(encoding="utf-8").format(
        town=town.name,
        office=town.office_name,
        address=town.postal_address,
        unit=unit_name,
        code=exit_code,
        document=person.document_number,
    )
