"""Begin a procedure ex officio: an official fills in its form, and the town hall opens the expediente."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import BadInput, NotFound
from engine.expedientes.choices import choices_for
from engine.expedientes.ex_officio.queries import may_begin
from engine.expedientes.models import Expediente
from engine.expedientes.operations import open_ex_officio
from engine.expedientes.parties import find_or_add
from engine.expedientes.values import read_form
from engine.operation import Act, operation
from engine.people.models import Person
from engine.procedures.opening import Opening
from engine.procedures.queries import current
from forms.definition import FormDefinition


@operation("expedientes.begin_ex_officio", basis="arts. 58 a 62 de la Ley 39/2015")
def begin_ex_officio(
    act: Act, *, procedure_key: str, data: Mapping[str, Sequence[str]]
) -> Expediente:
    """Open the expediente of what the official wrote in the procedure's form.

    data: what the browser sent. The person whom it is about is found by their document, and added
    with what the form says of them when the town hall did not know them. Raises BadInput with every
    field at fault, NotFound for a procedure that the official may not begin.
    """
    found = current(act.session, procedure_key)
    if not may_begin(act.actor, found) or found.opening is None or found.form is None:
        raise NotFound("Ese procedimiento no existe o no lo inicia su puesto.")
    values = _values(act, found.form, data)
    person = _person(act, found.opening, values)
    row = open_ex_officio(
        act.as_system(found.key),
        procedure_key=found.key,
        title=found.title_for(values),
        data={
            "opened": {
                "by": str(act.actor.id),
                "at": act.now.isoformat(),
                "initiative": found.opening.initiative.value,
            }
        },
        person_id=None if person is None else person.id,
        answers=values,
    )
    act.about("expediente", row.id, row.id)
    act.note(
        procedure=found.key,
        number=row.number,
        initiative=found.opening.initiative,
        form=found.form.key,
        form_version=found.form.version,
    )
    return row


def _values(act: Act, form: FormDefinition, data: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    values, errors = read_form(form, data, choices_for(act.session, form, act.actor))
    if errors:
        raise BadInput(
            "Revise los datos del expediente que quiere iniciar.",
            tuple((error.field_id, error.message) for error in errors),
        )
    return values


def _person(act: Act, opening: Opening, values: Mapping[str, Any]) -> Person | None:
    """Whom it is about: known by the document, or added; what is known of a person is not changed."""
    if not opening.person:
        return None
    said = {key: str(values.get(name) or "") for key, name in opening.person.items()}
    try:
        return find_or_add(act, said)
    except BadInput as error:
        raise BadInput(error.message, ((opening.person["document"], error.message),)) from None
