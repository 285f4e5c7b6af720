"""Reads of expedientes: one, a person's, the searched ones, what happened in one, its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from engine.deadlines.models import Deadline, DeadlineState
from engine.documents import queries as documents_queries
from engine.documents.holds import held_since
from engine.documents.models import Document
from engine.documents.queries import DocumentRow
from engine.errors import ConfigurationError, NotFound
from engine.expedientes.access import accessible_to
from engine.expedientes.choices import choices_for
from engine.expedientes.models import WITHDRAWING, Expediente, ExpedienteState, Outcome
from engine.expedientes.timeline import Happening, happenings
from engine.expedientes.words import begins, title_words, wanted, words_of
from engine.people.models import Person, Unit
from engine.permissions import Actor, ActorKind
from engine.procedures.package import Procedure
from engine.procedures.queries import procedure as procedure_of
from engine.registry.models import RegistryEntry
from engine.workflow import queries as workflow_queries
from engine.workflow.models import ProcessInstance
from engine.workflow.queries import WorkItemRow
from engine.workflow.work import CORRECTION
from forms.definition import FormDefinition, Option
from forms.summary import SummarySection, summarise

PAGE_SIZE = 25
_MAX_ROWS = 500
_NOTIFICATION = "notification"
_Representative = aliased(Person)
_Rows = Select[Expediente, str, str, str, str, datetime, str, str]


@dataclass(frozen=True)
class ExpedienteRow:
    """An expediente as lists and pages show it.

    phase_words: the phase for the interested person; holder: who has it now, an official or a unit;
    waits_for_person: it waits for a correction of the interested person; due_at: the last instant of
    the term to resolve, and term_state how that stands: None while it could not be opened.
    """

    id: UUID
    number: str
    eni_id: str
    title: str
    procedure_key: str
    procedure_version: int
    procedure_title: str
    person_id: UUID | None
    person_name: str
    person_document: str
    representative_id: UUID | None
    representative_name: str
    unit_id: UUID
    unit_name: str
    opened_at: datetime
    state: ExpedienteState
    phase: str
    phase_words: str
    phase_at: datetime
    outcome: Outcome | None
    entry_id: UUID | None
    entry_code: str
    deadline_id: UUID | None
    due_at: datetime | None
    term_state: DeadlineState | None
    closed_at: datetime | None
    index_document_id: UUID | None
    version: int
    holder: str = ""
    waits_for_person: bool = False

    @property
    def open(self) -> bool:
        return self.state is ExpedienteState.OPEN

    @property
    def goes_on(self) -> bool:
        """Whether its person may still bring documents or withdraw: it is open and not withdrawn."""
        return self.open and self.phase != WITHDRAWING


@dataclass(frozen=True)
class ExpedienteView:
    """An expediente whole; due: its term to resolve with its derivation, None while it has none."""

    row: ExpedienteRow
    procedure: Procedure
    phase_words: str
    due: Deadline | None
    responsible: str
    items: tuple[WorkItemRow, ...]
    answers: tuple[SummarySection, ...]

    @property
    def corrections(self) -> tuple[WorkItemRow, ...]:
        """What is asked of the interested person now."""
        return tuple(item for item in self.items if item.kind == CORRECTION)


@dataclass(frozen=True)
class ExpedientePage:
    """A page of a search, of PAGE_SIZE; total: how many there are in all."""

    rows: tuple[ExpedienteRow, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True)
class TaskView:
    """A work item with its form and what it is about; form: None for a correction."""

    item: WorkItemRow
    procedure: Procedure
    form: FormDefinition | None
    choices: dict[str, tuple[Option, ...]]
    expediente: ExpedienteRow | None


def expediente(session: Session, expediente_id: UUID, actor: Actor) -> ExpedienteView:
    """One expediente; raises NotFound for what the actor may not see."""
    found = session.execute(
        _rows().where(Expediente.id == expediente_id, accessible_to(actor))
    ).one_or_none()
    if found is None:
        raise NotFound
    row = _row(*found)
    known = procedure_of(session, row.procedure_key, row.procedure_version)
    items = workflow_queries.open_items(session, [row.id]).get(row.id, ())
    row = _held(_named(row, known), items)
    if actor.kind is ActorKind.CITIZEN:
        row = _before_the_act(row, known, withheld_since(session, row.id, actor))
    due = None
    if row.deadline_id is not None:
        due = session.scalar(select(Deadline).where(Deadline.id == row.deadline_id))
    answers: tuple[SummarySection, ...] = ()
    if known.form is not None:
        choices = choices_for(session, known.form, actor)
        answers = summarise(known.form, found[0].answers, choices)
    return ExpedienteView(row, known, row.phase_words, due, row.holder, items, answers)


def may_access(session: Session, expediente_id: UUID, actor: Actor) -> bool:
    """Whether the actor may see it, in one statement."""
    condition = exists(
        select(Expediente.id).where(Expediente.id == expediente_id, accessible_to(actor))
    )
    return bool(session.scalar(select(condition)))


def reach(session: Session, document_id: UUID, actor: Actor) -> frozenset[UUID]:
    """The expediente of a document if the actor has access to it: what reading it asks for."""
    found = session.scalar(
        select(Expediente.id)
        .join(Document, Document.expediente_id == Expediente.id)
        .where(Document.id == document_id, accessible_to(actor))
    )
    return frozenset() if found is None else frozenset({found})


def of_person(session: Session, actor: Actor) -> tuple[ExpedienteRow, ...]:
    """The folder of the interested person: what waits for them first, then the open, the newest."""
    if actor.kind is not ActorKind.CITIZEN:
        return ()
    rows = _complete(
        session,
        _rows()
        .where(accessible_to(actor))
        .order_by(Expediente.opened_at.desc(), Expediente.id)
        .limit(_MAX_ROWS),
        reader=actor.interested_id,
    )
    return tuple(sorted(rows, key=lambda row: (not row.waits_for_person, not row.open)))


def search(
    session: Session,
    actor: Actor,
    words: str,
    *,
    state: ExpedienteState | None = None,
    procedure: str | None = None,
    page: int = 1,
) -> ExpedientePage:
    """Those that the actor has access to and that hold every word, newest first.

    words: of the number, the title, the person's name or document, the answers, or the title of one
    of its documents; procedure: its key; page: from 1.
    """
    conditions = [accessible_to(actor), *(_holds(word) for word in wanted(words))]
    if state is not None:
        conditions.append(Expediente.state == state.value)
    if procedure is not None:
        conditions.append(Expediente.procedure_key == procedure)
    total = session.scalar(select(func.count(Expediente.id)).where(*conditions)) or 0
    page = max(1, page)
    rows = _complete(
        session,
        _rows()
        .where(*conditions)
        .order_by(Expediente.opened_at.desc(), Expediente.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE),
    )
    return ExpedientePage(rows, total, page)


def _holds(word: str) -> ColumnElement[bool]:
    """Condition: the expediente, or the title of one of its documents, has the word.

    A union, since an alternative would keep the database from using either index.
    """
    query = begins(word)
    own = select(Expediente.id).where(words_of(Expediente.search_text).op("@@")(query))
    titled = select(Document.expediente_id).where(title_words(Document.title).op("@@")(query))
    return Expediente.id.in_(own.union(titled))


def timeline(session: Session, expediente_id: UUID, actor: Actor) -> tuple[Happening, ...]:
    """What happened in an expediente, in plain words, oldest first; raises NotFound."""
    row = session.scalar(
        select(Expediente).where(Expediente.id == expediente_id, accessible_to(actor))
    )
    if row is None:
        raise NotFound
    known = procedure_of(session, row.procedure_key, row.procedure_version)
    shown = documents(session, expediente_id, actor)
    if actor.kind is not ActorKind.CITIZEN:
        return happenings(session, row, known, shown, staff=True)
    since = withheld_since(session, expediente_id, actor)
    return happenings(session, row, known, shown, staff=False, withheld_since=since)


def withheld_since(session: Session, expediente_id: UUID, actor: Actor) -> datetime | None:
    """Since when an act of the expediente waits to be opened by the citizen; None when none does."""
    return held_since(session, [expediente_id], actor.interested_id).get(expediente_id)


def documents(session: Session, expediente_id: UUID, actor: Actor) -> tuple[DocumentRow, ...]:
    """The documents of an expediente that the actor may see, oldest first; raises NotFound."""
    if not may_access(session, expediente_id, actor):
        raise NotFound
    return documents_queries.documents_of(session, expediente_id, actor, [expediente_id])


def rows_by_id(session: Session, identifiers: Sequence[UUID]) -> dict[UUID, ExpedienteRow]:
    """These expedientes, for rooms that decide the access themselves."""
    rows = _complete(session, _rows().where(Expediente.id.in_(tuple(identifiers))))
    return {row.id: row for row in rows}


def task(session: Session, work_item_id: UUID, actor: Actor) -> TaskView:
    """A work item that the actor holds or may take, with its form; raises NotFound for any other."""
    item = workflow_queries.work_item(session, work_item_id, actor)
    instance = session.scalar(select(ProcessInstance).where(ProcessInstance.id == item.instance_id))
    if instance is None:
        raise NotFound
    known = procedure_of(session, instance.definition_key, instance.definition_version)
    form = None if item.kind == CORRECTION else known.staff_forms.get(item.form)
    if form is None and item.kind != CORRECTION:
        raise ConfigurationError(f"El trámite no tiene el formulario «{item.form}» de esta tarea.")
    choices: dict[str, tuple[Option, ...]] = {}
    if form is not None:
        choices = dict(choices_for(session, form, actor, item.expediente_id))
    found = None
    if item.expediente_id is not None:
        found = rows_by_id(session, [item.expediente_id]).get(item.expediente_id)
    return TaskView(item, known, form, choices, found)


def _complete(
    session: Session, statement: _Rows, *, reader: UUID | None = None
) -> tuple[ExpedienteRow, ...]:
    """The rows with their phase in words and who has each, in two statements more.

    reader: the interested person, when it is who reads them: a third one says what waits for them.
    """
    rows = [_row(*found) for found in session.execute(statement)]
    if not rows:
        return ()
    items = workflow_queries.open_items(session, [row.id for row in rows])
    versions = {(row.procedure_key, row.procedure_version) for row in rows}
    known = {version: procedure_of(session, *version) for version in sorted(versions)}
    withheld = {} if reader is None else held_since(session, [row.id for row in rows], reader)
    completed = []
    for row in rows:
        procedure = known[row.procedure_key, row.procedure_version]
        whole = _held(_named(row, procedure), items.get(row.id, ()))
        completed.append(_before_the_act(whole, procedure, withheld.get(row.id)))
    return tuple(completed)


def _named(row: ExpedienteRow, procedure: Procedure) -> ExpedienteRow:
    return replace(
        row, phase_words=procedure.phase_words(row.phase), procedure_title=procedure.title
    )


def _before_the_act(
    row: ExpedienteRow, procedure: Procedure, since: datetime | None
) -> ExpedienteRow:
    """As its person sees it while an act waits since then to be opened: without what tells its sense.

    An act is notified when its content is opened, not before (art. 43.2 of Ley 39/2015, NOT-6); a
    withdrawal is the person's own.
    """
    if since is None or row.outcome is Outcome.WITHDRAWN:
        return row
    if row.phase_at > since:
        words = procedure.phase_words(_NOTIFICATION)
        row = replace(row, phase=_NOTIFICATION, phase_words=words)
    return replace(row, outcome=None)


def _held(row: ExpedienteRow, items: Sequence[WorkItemRow]) -> ExpedienteRow:
    """With who has it now: the official of its first task, else that task's unit, else its own."""
    if any(item.kind == CORRECTION for item in items):
        return replace(row, holder=row.person_name, waits_for_person=True)
    if not row.open:
        return replace(row, holder="")
    named = next((item.assignee_name for item in items if item.assignee_name), "")
    placed = next((item.unit_name for item in items if item.unit_name), "")
    return replace(row, holder=named or placed or row.unit_name)


def _rows() -> _Rows:
    return (
        select(
            Expediente,
            Person.display_name,
            Person.document_number,
            _Representative.display_name,
            Unit.name,
            Deadline.due_at,
            Deadline.state,
            RegistryEntry.code,
        )
        .join(Unit, Unit.id == Expediente.unit_id)
        .outerjoin(Person, Person.id == Expediente.person_id)
        .outerjoin(_Representative, _Representative.id == Expediente.representative_id)
        .outerjoin(Deadline, Deadline.id == Expediente.deadline_id)
        .outerjoin(RegistryEntry, RegistryEntry.id == Expediente.entry_id)
    )


def _row(
    row: Expediente,
    person: str | None,
    document: str | None,
    representative: str | None,
    unit: str,
    due_at: datetime | None,
    term_state: str | None,
    entry: str | None,
) -> ExpedienteRow:
    values: dict[str, Any] = {
        name: getattr(row, name)
        for name in ExpedienteRow.__dataclass_fields__
        if hasattr(row, name)
    }
    return ExpedienteRow(
        **{
            **values,
            "procedure_title": "",
            "person_name": person or "",
            "person_document": document or "",
            "representative_name": representative or "",
            "unit_name": unit,
            "state": ExpedienteState(row.state),
            "phase_words": row.phase,
            "outcome": None if row.outcome is None else Outcome(row.outcome),
            "entry_code": entry or "",
            "due_at": due_at,
            "term_state": None if term_state is None else DeadlineState(term_state),
        }
    )
