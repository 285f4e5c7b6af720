"""The announcement in the gazette of what could not be notified (art. 44 of Ley 39/2015; NOT-13)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.people.models import Person
from engine.settings import Town

_TEXT = Path(__file__).parent / "templates" / "announcement.txt"
_SEVERAL = Path(__file__).parent / "templates" / "announcement_several.txt"


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


def announcement_of_several(town: Town, rows: Sequence[tuple[str, str, str]]) -> str:
    """One announcement for several people: each knows its own line, and no line says who the others are.

    rows: the unit, the exit number and the whole document number of each; never the name, nor what the
    act is about (art. 40.5 of Ley 39/2015, and the same additional provision).
    """
    lines = (f"- {unit}, salida {code}: documento {document}." for unit, code, document in rows)
    return _SEVERAL.read_text(encoding="utf-8").format(
        town=town.name,
        office=town.office_name,
        address=town.postal_address,
        lines="\n".join(lines),
    )
