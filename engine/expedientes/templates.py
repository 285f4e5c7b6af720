"""What an expediente lends to the templates of its procedure: `parts["document_templates"]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.models import Deadline
from engine.documents.services import FoundTemplate
from engine.errors import ConfigurationError
from engine.expedientes.models import Expediente
from engine.people.models import Person, Unit
from engine.procedures.package import Procedure
from engine.procedures.queries import procedure
from engine.registry.models import RegistryEntry
from engine.services import InstanceView
from engine.workflow.models import ProcessInstance
from forms.summary import summarise

_ADDRESS = ("street", "postcode", "town", "province")


class ProcedureTemplates:
    """Finds the templates of the procedure of a process, with the fields of its expediente."""

    def __call__(self, session: Session, instance: InstanceView, name: str) -> FoundTemplate:
        """The template; raises ConfigurationError when the procedure has none of that name."""
        row = session.scalar(select(Expediente).where(Expediente.id == instance.expediente_id))
        if row is None:
            raise ConfigurationError("El proceso no tiene expediente: no puede hacer documentos.")
        known = procedure(session, row.procedure_key, row.procedure_version)
        # A process that migrated asks for the templates of its model, not of its beginning.
        running = session.scalar(
            select(ProcessInstance.definition_version).where(ProcessInstance.id == instance.id)
        )
        if running is not None and running != known.version:
            source = procedure(session, row.procedure_key, running).templates.get(name)
        else:
            source = known.templates.get(name)
        if source is None:
            raise ConfigurationError(f"El trámite «{known.title}» no tiene la plantilla «{name}».")
        unit = session.scalars(select(Unit).where(Unit.id == row.unit_id)).one()
        return FoundTemplate(
            source=source,
            unit_name=unit.name,
            person_id=row.person_id,
            references=(("Expediente", row.number),),
            context=context_of(session, row, known, unit.name),
        )


def context_of(
    session: Session, row: Expediente, known: Procedure, unit_name: str
) -> Mapping[str, Any]:
    """The fields that an expediente gives to a template."""
    due = session.scalar(select(Deadline.due_at).where(Deadline.id == row.deadline_id))
    return {
        "expediente": {
            "numero": row.number,
            "titulo": row.title,
            "apertura": row.opened_at,
            "plazo": due,
        },
        "interesado": _person(session, row.person_id),
        "representante": _person(session, row.representative_id),
        "procedimiento": {
            "titulo": known.title,
            "organo": known.organ,
            "termino": known.term,
            "silencio": known.silence_text,
            "base_legal": list(known.legal_basis),
        },
        "solicitud": _answers(row, known),
        "registro": _entry(session, row.entry_id),
        "unidad": unit_name,
    }


def _person(session: Session, person_id: UUID | None) -> dict[str, str] | None:
    if person_id is None:
        return None
    person = session.scalars(select(Person).where(Person.id == person_id)).one()
    return {
        "nombre": person.display_name,
        "documento": person.document_number,
        "direccion": address_line(person.address),
    }


def address_line(address: Mapping[str, Any]) -> str:
    """An address in one line, as people write it."""
    return ", ".join(str(address[key]) for key in _ADDRESS if address.get(key))


def _answers(row: Expediente, known: Procedure) -> list[dict[str, str]]:
    if known.form is None:
        return []
    return [
        {"pregunta": answer.label, "respuesta": answer.answer}
        for section in summarise(known.form, row.answers)
        for answer in section.rows
    ]


def _entry(session: Session, entry_id: UUID | None) -> dict[str, Any] | None:
    if entry_id is None:
        return None
    entry = session.scalars(select(RegistryEntry).where(RegistryEntry.id == entry_id)).one()
    return {"codigo": entry.code, "presentada": entry.presented_at}
