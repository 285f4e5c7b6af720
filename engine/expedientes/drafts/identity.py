"""What the town hall knows of a person, to fill in a form: the values that `prefill` may name.

`person.name`, `person.document`, `person.email`, `person.phone`, `person.address`,
`person.postal_code` and `person.locality`: those of the interested person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.people.models import Person
from forms.definition import FormDefinition
from forms.reading import Unreadable, read


def identity(person: Person) -> dict[str, str]:
    """The known values, by the name that `prefill` gives them."""
    address: Mapping[str, Any] = person.address
    found = {
        "person.name": person.display_name,
        "person.document": person.document_number,
        "person.email": person.email,
        "person.phone": person.phone,
        "person.address": str(address.get("street") or ""),
        "person.postal_code": str(address.get("postcode") or ""),
        "person.locality": str(address.get("town") or ""),
    }
    return {name: value for name, value in found.items() if value}


def prefilled(form: FormDefinition, person: Person) -> dict[str, Any]:
    """The answers with which a draft begins; what a field would not take is left for the person."""
    known, answers = identity(person), {}
    for field in form.fields():
        if field.prefill not in known:
            continue
        try:
            answers[field.name] = read(field, known[field.prefill], field.options)
        except Unreadable:
            continue
    return answers


def signed_identity(person: Person) -> dict[str, str]:
    """What the signed bytes say of a person, with the means of notification (FIL-1)."""
    found = {
        "name": person.display_name,
        "document": person.document_number,
        "channel": person.channel,
        "email": person.email,
        "phone": person.phone,
    }
    return {name: value for name, value in found.items() if value}
