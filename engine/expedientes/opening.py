"""Part of the operations that open an expediente: its row, its term, what its process knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.clock import madrid_date
from engine.deadlines.calendars import NoCalendarForYear
from engine.deadlines.computation import compute
from engine.deadlines.models import Deadline
from engine.deadlines.operations import open_deadline
from engine.deadlines.rules import term_rule
from engine.deadlines.seat import calendars_for
from engine.deadlines.term import Term
from engine.documents.identifiers import expediente_identifier
from engine.documents.models import Document
from engine.documents.operations import assign_expediente
from engine.expedientes.models import Expediente, ExpedienteState
from engine.expedientes.numbering import take_number
from engine.expedientes.silence.models import SilenceEffect
from engine.expedientes.values import with_numbers
from engine.expedientes.words import folded
from engine.operation import Act
from engine.people.models import Channel, Person
from engine.people.queries import unit_by_code
from engine.procedures.package import Procedure
from engine.procedures.silence import NONE
from engine.registry.models import RegistryEntry
from engine.registry.operations import link_expediente
from engine.townhall import TownHall

RECEIVED = "received"
COMMUNICATION = "communication"
"""The rule of the term to send the communication of art. 21.4."""


def new_expediente(
    act: Act,
    *,
    expediente_id: UUID,
    procedure: Procedure,
    title: str,
    person: Person | None,
    representative_id: UUID | None,
    answers: Mapping[str, Any],
    entry: RegistryEntry | None,
    words: Iterable[Any],
) -> Expediente:
    """The row with its number and its term; words: what else it can be found by."""
    starts_at = act.now if entry is None else entry.presented_at
    row = Expediente(
        id=expediente_id,
        number=take_number(act, procedure.series),
        eni_id=expediente_identifier(
            act.settings.town.dir3, madrid_date(act.now).year, expediente_id
        ),
        procedure_key=procedure.key,
        procedure_version=procedure.version,
        title=title,
        person_id=None if person is None else person.id,
        representative_id=representative_id,
        unit_id=unit_by_code(act.session, procedure.unit).id,
        opened_at=act.now,
        state=ExpedienteState.OPEN.value,
        phase=RECEIVED,
        phase_at=act.now,
        entry_id=None if entry is None else entry.id,
        term_starts_at=starts_at,
        silence_effect=effect_of(procedure),
        answers=dict(answers),
        search_text="",
        version=1,
    )
    row.search_text = folded([row.number, title, procedure.title, *_named(person), *words])
    term = open_term(act, row, procedure)
    row.deadline_id = None if term is None else term.id
    told = open_communication(act, row, procedure)
    row.communication_deadline_id = None if told is None else told.id
    act.session.add(row)
    act.session.flush()
    return row


def _named(person: Person | None) -> tuple[str, ...]:
    return () if person is None else (person.display_name, person.document_number)


def open_term(act: Act, row: Expediente, procedure: Procedure) -> Deadline | None:
    """The term to resolve and notify (art. 21.3; PLZ-9, PLZ-11).

    None while the calendar of its year is not published: nobody is kept from filing (PLZ-18).
    """
    length = procedure.term_length
    try:
        return open_deadline(
            act,
            rule=procedure.term_rule,
            starts_at=row.term_starts_at,
            expediente_id=row.id,
            person_id=row.person_id,
            term=None if length is None else Term.parse(length),
            filing=row.entry_id is not None,
        )
    except NoCalendarForYear:
        return None


def effect_of(procedure: Procedure) -> SilenceEffect | None:
    """What the end of the maximum term means in a procedure (arts. 24.1 and 25.1; SIL-1)."""
    if procedure.expiry is not None:
        return SilenceEffect.EXPIRY
    return None if procedure.silence == NONE else SilenceEffect(procedure.silence)


def open_communication(act: Act, row: Expediente, procedure: Procedure) -> Deadline | None:
    """The ten days to send the communication of art. 21.4 (PLZ-12), where the process sends one."""
    if row.entry_id is None or not procedure.communicates:
        return None
    try:
        return open_deadline(
            act,
            rule=COMMUNICATION,
            starts_at=row.term_starts_at,
            expediente_id=row.id,
            filing=True,
        )
    except NoCalendarForYear:
        return None


def can_be_counted(
    townhall: TownHall, session: Session, row: Expediente, procedure: Procedure
) -> bool:
    """Whether the calendars are published that the term of an expediente needs."""
    length, town = procedure.term_length, townhall.settings.town
    try:
        compute(
            row.term_starts_at,
            term_rule(procedure.term_rule).term if length is None else Term.parse(length),
            calendars_for(townhall, session, row.person_id),
            filing=row.entry_id is not None,
            filing_term_from=town.filing_term_from,
        )
    except NoCalendarForYear:
        return False
    return True


def bring_in(act: Act, row: Expediente, documents: Iterable[UUID]) -> None:
    """File in the expediente its entry and the documents that it begins with."""
    for document_id in documents:
        if act.get(Document, document_id).expediente_id != row.id:
            assign_expediente(act, document_id=document_id, expediente_id=row.id)
    if row.entry_id is not None:
        entry = act.get(RegistryEntry, row.entry_id)
        if entry.expediente_id is None:
            link_expediente(act, entry_id=entry.id, expediente_id=row.id)


def first_data(
    row: Expediente, procedure: Procedure, person: Person | None, entry: RegistryEntry | None
) -> dict[str, Any]:
    """What a process knows when it begins."""
    return {
        "request": with_numbers(procedure.form, row.answers),
        "person": None if person is None else _person(person),
        "expediente": {"id": str(row.id), "number": row.number, "title": row.title},
        "entry": None if entry is None else entry_data(entry),
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        "id": str(person.id),
        "name": person.display_name,
        "document": person.document_number,
        "electronic": person.obliged or person.channel == Channel.ELECTRONIC.value,
    }


def entry_data(entry: RegistryEntry) -> dict[str, Any]:
    """A registry entry as processes know it."""
    return {"code": entry.code, "presented_at": entry.presented_at}
