"""The clock of an expediente in words, and its terms as a calendar: the same for a person and an official."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask import Response
from flask_babel import gettext

from engine.deadlines.queries import TermRow
from engine.errors import NotFound
from engine.expedientes.clock.queries import clock
from engine.expedientes.clock.view import ExpedienteClock
from engine.expedientes.terms import open_terms
from web.calendar_file import Entry, calendar_answer, calendar_file
from web.context import current, now, reading
from web.formatters import long_date


def clock_of(expediente_id: UUID) -> ExpedienteClock:
    """The clock of an expediente of the actor's; raises NotFound for any other."""
    here = current()
    found = clock(reading(), here.townhall, expediente_id, here.actor)
    if found is None:
        raise NotFound
    return found


def terms_file(expediente_id: UUID, number: str, address: str) -> Response:
    """The terms that run in an expediente, as a calendar. address: the page where each is explained."""
    here = current()
    terms = open_terms(reading(), expediente_id, here.actor)
    text = calendar_file(
        gettext("Plazos del expediente %(number)s", number=number),
        _entries(terms, number, address),
        domain=here.townhall.settings.town.dir3.lower(),
        made_at=now(),
    )
    return calendar_answer(text, f"plazos-{number.replace('/', '-')}.ics")


def _entries(terms: Iterable[TermRow], number: str, address: str) -> Iterable[Entry]:
    for term in terms:
        yield Entry(
            key=str(term.id),
            title=gettext("Fin de plazo: %(title)s (%(number)s)", title=term.title, number=number),
            text="\n".join(
                (
                    gettext("Expediente %(number)s", number=number),
                    gettext(
                        "Plazo: %(term)s, contado desde el %(day)s (%(article)s).",
                        term=term.counted.spanish,
                        day=long_date(term.effective_start),
                        article=term.article,
                    ),
                    gettext(
                        "Si el plazo se suspende o se amplía, vuelva a descargar este fichero."
                    ),
                )
            ),
            ends_at=term.due_at,
            address=address,
            revision=len(term.changes),
        )
