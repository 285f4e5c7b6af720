"""Every change of an expediente while it goes on: opened, worked on, answered, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.documents.codes import DocumentKind
from engine.errors import BadInput, ConfigurationError, NotFound, RuleBroken, Stale
from engine.expedientes.access import require_power
from engine.expedientes.choices import choices_for
from engine.expedientes.consent import Identification
from engine.expedientes.contributions import Contribution, present, require_open
from engine.expedientes.late import late_answers, take_late
from engine.expedientes.models import WITHDRAWING, Expediente, ExpedienteState
from engine.expedientes.opening import bring_in, entry_data, first_data, new_expediente, open_term
from engine.expedientes.silence.guard import check_task
from engine.expedientes.uploads import UploadedFile, keep_contributions
from engine.expedientes.values import read_form, with_numbers
from engine.expedientes.withdrawal import (
    Leaving,
    accept_withdrawal,
    drop_signatures,
    withdrawal_document,
)
from engine.ids import new_id
from engine.operation import Act, operation
from engine.people.models import Person
from engine.procedures.package import MAX_TITLE, Procedure
from engine.procedures.queries import current, procedure
from engine.registry.models import RegistryEntry
from engine.registry.receipt import Section
from engine.workflow import operations as workflow
from engine.workflow.access import may_see, may_work
from engine.workflow.models import InstanceState, ProcessInstance, WorkItem, WorkState
from engine.workflow.queries import instance_of
from engine.workflow.work import CORRECTION

_ENDED = (InstanceState.COMPLETED.value, InstanceState.CANCELLED.value)


@dataclass(frozen=True)
class Presented:
    """What was registered: the entry, its number as people read it, and the expediente."""

    entry_id: UUID
    code: str
    expediente_id: UUID


@operation("expedientes.open", basis="arts. 21.3, 66 y 70 de la Ley 39/2015")
def open_expediente(
    act: Act,
    *,
    procedure: Procedure,
    title: str,
    person_id: UUID | None,
    representative_id: UUID | None,
    answers: Mapping[str, Any],
    entry: RegistryEntry | None,
    documents: Iterable[UUID],
    expediente_id: UUID | None = None,
) -> Expediente:
    """Open an expediente and start its process; by the town hall itself.

    entry: the registry entry that asks for it, whose effective instant begins the term (PLZ-9);
    expediente_id: when it was chosen before, so that the entry already names it.
    A process that fails at once leaves an incident: the filing stands all the same.
    """
    person = None if person_id is None else act.get(Person, person_id)
    row = new_expediente(
        act,
        expediente_id=expediente_id or new_id(),
        procedure=procedure,
        title=_title(title),
        person=person,
        representative_id=representative_id,
        answers=answers,
        entry=entry,
        words=(answers, "" if entry is None else entry.code),
    )
    bring_in(act, row, documents)
    _begin(act, row, procedure, first_data(row, procedure, person, entry))
    return row


@operation("expedientes.open_ex_officio", basis="arts. 58 y 70 de la Ley 39/2015")
def open_ex_officio(
    act: Act,
    *,
    procedure_key: str,
    title: str,
    data: Mapping[str, Any],
    person_id: UUID | None = None,
    documents: Sequence[UUID] = (),
    answers: Mapping[str, Any] | None = None,
) -> Expediente:
    """Open an expediente that nobody asked for, such as an invoice's.

    data: what its process knows besides the person and the expediente, at the top level;
    answers: what the official who begins it filled in, when its form says something.
    """
    found = current(act.session, procedure_key)
    person = None if person_id is None else act.get(Person, person_id)
    row = new_expediente(
        act,
        expediente_id=new_id(),
        procedure=found,
        title=_title(title),
        person=person,
        representative_id=None,
        answers=answers or {},
        entry=None,
        words=(answers or {},),
    )
    bring_in(act, row, documents)
    _begin(act, row, found, {**first_data(row, found, person, None), **data})
    return row


def _title(text: str) -> str:
    wording = " ".join(text.split())
    if not wording or len(wording) > MAX_TITLE:
        raise BadInput(f"El título del expediente debe tener entre 1 y {MAX_TITLE} caracteres.")
    return wording


def _begin(act: Act, row: Expediente, procedure: Procedure, data: Mapping[str, Any]) -> None:
    act.about("expediente", row.id, row.id)
    act.note(
        number=row.number,
        procedure=procedure.key,
        procedure_version=procedure.version,
        entry=row.entry_id,
        deadline=row.deadline_id,
    )
    workflow.start(
        act,
        definition_key=procedure.key,
        definition_version=procedure.version,
        model=procedure.model,
        decisions=procedure.decisions,
        data=data,
        expediente_id=row.id,
        person_id=row.person_id,
    )


@operation("expedientes.open_term", basis="arts. 21.3 y 30.7 de la Ley 39/2015")
def settle_term(act: Act, *, expediente_id: UUID) -> bool:
    """Open the term of an expediente that began while its year's calendar was not published."""
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    if row.deadline_id is not None or row.state == ExpedienteState.CLOSED:
        act.note(effect=False)
        return False
    found = procedure(act.session, row.procedure_key, row.procedure_version)
    term = open_term(act, row, found)
    row.deadline_id = None if term is None else term.id
    return term is not None


@operation("expedientes.change_phase", basis="art. 53.1.a de la Ley 39/2015")
def change_phase(act: Act, *, expediente_id: UUID, phase: str) -> None:
    """Say in which phase it stands; a closed one too: what was granted is then in force."""
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    row.phase, row.phase_at = phase, act.now
    row.version += 1
    act.note(phase=phase)


@operation("expedientes.complete_task", basis="art. 75 de la Ley 39/2015")
def complete_task(
    act: Act, *, work_item_id: UUID, version: int, data: Mapping[str, Sequence[str]]
) -> UUID | None:
    """Read the form of a task and complete it; the expediente's id, None when it has none.

    data: what the browser sent. Raises BadInput with every field at fault, NotFound when the task
    is not the actor's, Stale when it changed, and what the next steps refuse. What silence does not
    let be decided is told here, before anything is signed (SIL-2).
    """
    item = act.get(WorkItem, work_item_id)
    if item.kind == CORRECTION or not may_see(act.session, item, act.actor):
        raise NotFound
    act.about("work_item", item.id, item.expediente_id)
    instance = act.get(ProcessInstance, item.instance_id)
    known = procedure(act.session, instance.definition_key, instance.definition_version)
    form = known.staff_forms.get(item.form)
    if form is None:
        raise ConfigurationError(f"El trámite no tiene el formulario «{item.form}» de esta tarea.")
    choices = choices_for(act.session, form, act.actor, item.expediente_id)
    values, errors = read_form(form, data, choices)
    if errors:
        raise BadInput(
            "Revise los datos de la tarea.",
            tuple((error.field_id, error.message) for error in errors),
        )
    act.note(element=item.element, form=form.key, form_version=form.version)
    answers = with_numbers(form, values)
    check_task(act.session, instance, item, known.resolution, answers)
    workflow.complete(act, work_item_id=item.id, data=answers, version=version)
    return item.expediente_id


@operation("expedientes.answer_correction", basis="arts. 68.1 y 73 de la Ley 39/2015")
def answer_correction(
    act: Act, *, work_item_id: UUID, version: int, text: str, files: Sequence[UploadedFile]
) -> Presented:
    """Answer what the town hall asked to be mended: registered, and the process goes on.

    After its term too, until what its end brought about is notified (PLZ-19): the process then goes
    back to it. The process gets `text`, `documents` (their ids), `entry` and, after the term, `late`.
    Raises NotFound when it is not asked of the actor, Stale when it was answered or it is too late.
    """
    found = act.get(WorkItem, work_item_id)
    mine = found.kind == CORRECTION and may_work(act.session, found, act.actor)
    if not mine or found.expediente_id is None:
        raise NotFound
    # The instance first, then the registry's counter: the order of every transition.
    act.lock(ProcessInstance, found.instance_id)
    item = act.lock(WorkItem, work_item_id)
    row = act.get(Expediente, found.expediente_id)
    late = item.state != WorkState.OPEN.value
    if late and item.id not in late_answers(act.session, row):
        raise Stale("Esta petición ya está contestada o su plazo ha terminado.")
    require_power(act, row.procedure_key)
    wording = _wording(text, files)
    documents = keep_contributions(act, files, row.id, DocumentKind.CITIZEN_COMMUNICATION)
    entry = present(
        act,
        row,
        Contribution(
            subject=f"Subsanación en el expediente {row.number}",
            contents=(Section("Respuesta a la petición de corrección", _answer(wording)),),
            documents=tuple(document.id for document in documents),
        ),
    )
    answer = {
        "text": wording,
        "documents": [str(document.id) for document in documents],
        "entry": entry_data(entry),
    }
    act.about("expediente", row.id, row.id)
    act.note(entry=entry.code, element=item.element)
    if late:
        take_late(act, row, item, answer)
    else:
        workflow.complete(act, work_item_id=item.id, data=answer, version=version)
    return Presented(entry.id, entry.code, row.id)


def _wording(text: str, files: Sequence[UploadedFile]) -> str:
    wording = text.strip()
    if not wording and not files:
        message = "Escriba su respuesta o adjunte algún documento."
        raise BadInput(message, (("text", message),))
    if len(wording) > 10_000:
        message = "El texto pasa de 10.000 caracteres: acórtelo o adjúntelo como documento."
        raise BadInput(message, (("text", message),))
    return wording


def _answer(wording: str) -> tuple[tuple[str, str], ...]:
    return (("Texto", wording or "Sin texto: consta en los documentos adjuntos"),)


@operation("expedientes.add_documents", basis="arts. 53.1.e y 76 de la Ley 39/2015")
def add_documents(
    act: Act, *, expediente_id: UUID, text: str, files: Sequence[UploadedFile]
) -> Presented:
    """Bring documents or an argument to an expediente that goes on; registered, with its receipt."""
    row, _ = _going_on(act, expediente_id)
    wording = _wording(text, files)
    documents = keep_contributions(act, files, row.id, DocumentKind.CITIZEN_COMMUNICATION)
    entry = present(
        act,
        row,
        Contribution(
            subject=f"Aportación de documentos al expediente {row.number}",
            contents=(Section("Aportación", _answer(wording)),),
            documents=tuple(document.id for document in documents),
        ),
    )
    act.about("expediente", row.id, row.id)
    act.note(entry=entry.code, documents=len(documents))
    return Presented(entry.id, entry.code, row.id)


@operation("expedientes.withdraw", basis="art. 94 de la Ley 39/2015")
def withdraw(
    act: Act,
    *,
    expediente_id: UUID,
    reason: str,
    consent: bool,
    leaving: Leaving = Leaving.WITHDRAWAL,
    method: str = "",
    level: str = "",
    request_id: str = "",
) -> Presented:
    """Withdraw an application, or waive the right: registered, signed, accepted outright (INS-9).

    The process stops; the resolution that accepts it is rendered and sealed by job and then
    notified, which ends the expediente. method, level, request_id: how the person had identified.
    """
    if not consent:
        message = "Para hacerlo tiene que marcar la casilla de consentimiento."
        raise BadInput(message, (("consent", message),))
    row, instance = _going_on(act, expediente_id)
    if row.entry_id is None:
        raise RuleBroken(
            "Este procedimiento lo inició el ayuntamiento: no hay ninguna solicitud suya de la que "
            "desistir. Puede alegar lo que crea conveniente."
        )
    system = act.as_system(row.procedure_key)
    drop_signatures(system, row, leaving.noun)
    identification = Identification(method, level, request_id or act.call.trace.request_id or "")
    signed = withdrawal_document(act, row, leaving, reason.strip(), identification)
    entry = present(act, row, signed)
    act.about("expediente", row.id, row.id)
    act.note(entry=entry.code, leaving=leaving)
    if instance.state not in _ENDED:
        workflow.cancel(system, instance_id=instance.id, reason=leaving.noun)
    accept_withdrawal(system, row, leaving, entry)
    change_phase(system, expediente_id=row.id, phase=WITHDRAWING)
    return Presented(entry.id, entry.code, row.id)


def _going_on(act: Act, expediente_id: UUID) -> tuple[Expediente, ProcessInstance]:
    """The actor's expediente and its process, locked so that nothing ends them meanwhile."""
    found = act.get(Expediente, expediente_id)
    if found.person_id is None or found.person_id != act.actor.interested_id:
        raise NotFound
    require_power(act, found.procedure_key)
    # The instance first, as every transition does, and only then what the expediente says now.
    instance = act.lock(ProcessInstance, instance_of(act.session, found.id).id)
    row = act.lock(Expediente, found.id)
    require_open(row)
    return row, instance
