"""How the person is notified, and where the notices go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import NotFound, RuleBroken, Stale
from engine.people import operations, queries
from engine.people.models import Channel, Person
from forms.definition import Field, Kind
from forms.reading import Unreadable, read
from web.access import Audience, access
from web.citizen.blueprint import citizen
from web.context import call, current, reading
from web.rendering import page, typed

_EMAIL = Field("email", Kind.EMAIL, "Correo electrónico", required=False, max_length=254)
_PHONE = Field("phone", Kind.PHONE, "Teléfono", required=False)


@citizen.get("/datos")
@access(Audience.CITIZEN)
def contact() -> Response:
    """The data that the town hall has, those that may be changed here."""
    return _page(_person())


@citizen.post("/datos")
@access(Audience.CITIZEN, operation="people.change_contact")
def change_contact() -> Response:
    """Change the channel, the e-mail and the phone."""
    person = _person()
    errors: list[tuple[str, str]] = []
    email, phone = (_read(field, errors) for field in (_EMAIL, _PHONE))
    chosen = Channel.ELECTRONIC.value if person.obliged else request.form.get("channel", "")
    if chosen not in set(Channel):
        errors.append(("channel", gettext("Elija cómo quiere recibir las notificaciones.")))
    if errors:
        return _page(person, errors, 422)
    try:
        operations.change_contact(
            call(),
            person_id=person.id,
            email=email,
            phone=phone,
            channel=Channel(chosen),
            version=_version(),
        )
    except Stale as error:
        return _page(_person(), [("", error.message)], 409)
    except RuleBroken as error:
        return _page(_person(), [("channel", error.message)], 409)
    flash(gettext("Sus datos de contacto están guardados."), "success")
    return redirect(url_for(".contact"), 303)


def _person() -> Person:
    interested = current().actor.interested_id
    if interested is None:
        raise NotFound
    return queries.person(reading(), interested)


def _read(field: Field, errors: list[tuple[str, str]]) -> str:
    try:
        return read(field, request.form.get(field.name, ""), ()) or ""
    except Unreadable as error:
        errors.append((field.name, str(error)))
        return ""


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _page(
    person: Person, errors: list[tuple[str, str]] | tuple[()] = (), status: int = 200
) -> Response:
    values: dict[str, Any] = {
        "email": person.email,
        "phone": person.phone,
        "channel": person.channel,
        **(typed() if errors else {}),
    }
    values["version"] = person.version
    return page(
        "citizen/contact.html",
        status=status,
        errors=errors,
        values=values,
        person=person,
        address=list(_address(person)),
    )


def _address(person: Person) -> Iterator[str]:
    """The parts of the address that are known."""
    for name in ("street", "postcode", "town", "province"):
        if person.address.get(name):
            yield str(person.address[name])
