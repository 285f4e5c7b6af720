"""One real thing of each kind that an address can name: Celsa's, of Espacio Público, of the town hall's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from engine.audit.models import AuditEvent
from engine.contracts.models import Contract
from engine.deadlines.almanac.models import CalendarEdition, EditionState
from engine.deadlines.almanac.operations import propose_day
from engine.deadlines.incidents.models import IncidentCause, TechnicalIncident
from engine.deadlines.incidents.operations import declare_incident
from engine.documents.models import Document, SecureCode
from engine.documents.secure_codes import reveal
from engine.expedientes.drafts import operations as drafts
from engine.expedientes.drafts import queries as draft_queries
from engine.expedientes.drafts.models import Draft, DraftFile, DraftState
from engine.expedientes.models import Expediente
from engine.finance.models import Invoice
from engine.jobs import DEAD, JobRun
from engine.notifications.models import Notification
from engine.notifications.operations import notify, open_notification
from engine.notifications.printing.models import PrintBatch
from engine.notifications.printing.operations import print_batch
from engine.notifications.publications.models import Publication, PublicationReason
from engine.notifications.publications.operations import publish
from engine.payments.gateway import Notice, Outcome, signed_notices
from engine.payments.models import AttemptState, PaymentAttempt, PaymentOrder
from engine.payments.operations import take_notice
from engine.people.absences.models import Absence, AbsenceKind
from engine.people.absences.operations import record_absence
from engine.procedures.models import ProcedureVersion
from engine.procedures.queries import current
from engine.registry.models import RegistryEntry
from engine.signing.models import SignatureRequest
from engine.townhall import TownHall
from engine.worker import drain
from engine.workflow.models import (
    Incident,
    ProcessHistory,
    ProcessInstance,
    WorkItem,
    WorkState,
)
from engine.workflow.surgery.models import Intervention
from engine.workflow.surgery.orders.operations import propose_skip
from engine.workflow.versions import operations as versions
from engine.workflow.versions.models import MigrationPlan, MigrationRun
from engine.workflow.work import CORRECTION
from web.demo.data import read
from web.demo.papers import paper
from web.demo.story import Town, work_on
from web.demo.timeline import Timeline
from web.office.term_acts import ACTS

CELSA, XUAN, LAUREANO, AURORA = "98259631C", "98146497T", "98190238H", "98504706F"
DEVA = "99734034P"
PROCEDURE = "terrace-permit"
_FILES = ("plan", "insurance")
_DEAD_JOB = 9_000_001


@dataclass(frozen=True)
class Argument:
    """The real values of an argument of addresses.

    owned: they name a thing of somebody, whom the others may not know of; published things are not.
    """

    values: tuple[Any, ...]
    owned: bool = True


@dataclass(frozen=True)
class OneOfEach:
    """The town, what its addresses can name, and what a form can carry to be obeyed.

    arguments: by name, or by endpoint and name where one name means several things; own: what the
    unrelated citizen has of the same kinds; body: fields for any form, right for the first values.
    """

    hall: TownHall
    celsa: UUID
    unrelated: UUID
    arguments: Mapping[str, Argument]
    own: Mapping[str, UUID]
    body: Mapping[str, str]

    def argument(self, endpoint: str, name: str) -> Argument | None:
        """What is known of an argument of a route; None when nothing is."""
        for key in (f"{endpoint}.{name}", f"{endpoint.partition('.')[0]}.{name}", name):
            if key in self.arguments:
                return self.arguments[key]
        return None


def one_of_each(hall: TownHall) -> OneOfEach:
    """Let happen in the small town what it lacks, and say where everything is."""
    timeline = Timeline(hall, not_before=hall.clock.now())
    try:
        town = Town(hall, hall.system("test"), timeline)
        _celsa_has_to_correct(town)
        _xuan_waits_for_a_signature(town)
        _notify(town, CELSA)
        _notify(town, LAUREANO)
        print_batch(town.townhall.system(PROCEDURE))
        _publish(town)
        mine = _draft(town, CELSA, paid=True)
        _charged_too_much(town, mine)
        other = _draft(town, XUAN, paid=False)
        _something_failed(town)
        _a_step_may_be_skipped(town)
        _ines_will_be_away(town)
        _a_migration_is_planned(town)
        _a_calendar_is_prepared(town)
        _the_sede_failed(town)
        drain(hall)
    finally:
        timeline.close()
    return _found(town, mine, other)


def _case(town: Town, document: str) -> UUID:
    return _first(town, select(Expediente.id).where(Expediente.person_id == town.person(document)))


def _first(town: Town, statement: Select[Any]) -> Any:
    with town.townhall.database.reading() as session:
        return session.scalars(statement.limit(1)).one()


def _all(town: Town, statement: Select[Any]) -> tuple[Any, ...]:
    with town.townhall.database.reading() as session:
        found = tuple(session.scalars(statement).all())
    assert found, f"the town has none: {statement}"
    return found


def _celsa_has_to_correct(town: Town) -> None:
    data = {"complete": ["no"], "missing": ["El plano no está acotado."]}
    assert work_on(town, _case(town, CELSA), "admission_check", "ines.vallina", data)
    drain(town.townhall)
    (asked,) = _notifications(town, town.person(CELSA))
    open_notification(town.citizen(CELSA), notification_id=asked)
    drain(town.townhall)


def _xuan_waits_for_a_signature(town: Town) -> None:
    data = {"sense": ["granted"], "reply": ["Se arregla esta semana."], "basis": ["Plan de obras."]}
    assert work_on(town, _case(town, XUAN), "answer", "xandru.llaneza", data)
    drain(town.townhall)


def _notify(town: Town, document_number: str) -> None:
    """Notify somebody, by the channel of each, of a document of Celsa's expediente."""
    case = _first(town, select(Expediente).where(Expediente.id == _case(town, CELSA)))
    notify(
        town.townhall.system(PROCEDURE),
        document_id=_paper(town, case.id),
        person_id=town.person(document_number),
        subject="Terraza en la plaza del Mercado",
        unit_id=case.unit_id,
        expediente_id=case.id,
    )


def _paper(town: Town, case: UUID) -> UUID:
    """A document of an expediente that can be read."""
    return _first(
        town,
        select(Document.id).where(
            Document.expediente_id == case, Document.media_type == "application/pdf"
        ),
    )


def _publish(town: Town) -> None:
    """Something brief on the town's board, and an act whole."""
    case = _first(town, select(Expediente).where(Expediente.id == _case(town, CELSA)))
    publish(
        town.townhall.system(PROCEDURE),
        subject="Ordenación de la plaza del Mercado",
        text="Se ordena el uso de la plaza.",
        unit_id=case.unit_id,
        reason=PublicationReason.INDETERMINATE,
        place_key="board",
        expediente_id=case.id,
        brief=True,
    )
    publish(
        town.townhall.system(PROCEDURE),
        subject="Bases de las terrazas de verano",
        text="Se publican las bases enteras.",
        unit_id=case.unit_id,
        reason=PublicationReason.INDETERMINATE,
        place_key="board",
        document_id=_paper(town, case.id),
        expediente_id=case.id,
    )


def _draft(town: Town, document: str, *, paid: bool) -> UUID:
    """A terrace's application, whole, and on its way to be paid when it should be."""
    who = town.citizen(document)
    row = drafts.begin(who, procedure_key=PROCEDURE)
    revision = row.revision
    for page, data in _pages(town.timeline.today):
        saved = drafts.save_page(who, draft_id=row.id, page_id=page, data=data, revision=revision)
        assert not saved.errors, saved.errors
        revision = saved.revision
    for key in _FILES:
        name, content = paper(key)
        revision = drafts.attach(
            who, draft_id=row.id, key=key, name=name, stream=BytesIO(content), revision=revision
        )
    if paid:
        drafts.pay(who, draft_id=row.id)
    return row.id


def _pages(today: date) -> Iterator[tuple[str, Mapping[str, Sequence[str]]]]:
    """The pages of the application that Celsa filed."""
    case = next(case for case in read("applications")["cases"] if case["person"] == CELSA)
    starts = f"1/3/{today.year + 1}"
    for page, fields in case["answers"].items():
        more = {"starts_on": starts} if page == "season" else {}
        yield page, {name: [value] for name, value in {**fields, **more}.items()}
    for item in case["elements"]:
        yield "elements", {name: [value] for name, value in item.items()}


def _ines_will_be_away(town: Town) -> None:
    """After everything that is tried with this town."""
    first = town.timeline.today + timedelta(days=200)
    record_absence(
        town.official("ines.vallina"),
        official_id=town.official("ines.vallina").actor.id,
        starts_on=first,
        ends_on=first + timedelta(days=7),
        kind=AbsenceKind.HOLIDAY,
    )


def _something_failed(town: Town) -> None:
    """An incident of a process and a job that was given up, as their rooms leave them."""
    case, now = _case(town, CELSA), town.timeline.now()
    instance = _first(town, select(ProcessInstance.id).where(ProcessInstance.expediente_id == case))
    with town.townhall.database.transaction() as session:
        session.add(
            Incident(
                instance_id=instance,
                element="admission_check",
                kind="service",
                message="El archivo no responde.",
                cause={"kind": "refresh"},
                at=now,
            )
        )
        session.add(
            JobRun(
                job_id=_DEAD_JOB,
                name="notifications.send_notice",
                arguments={},
                attempts=10,
                state=DEAD,
                started_at=now,
                finished_at=now,
                error="El servidor de correo no responde.",
            )
        )


def _a_step_may_be_skipped(town: Town) -> None:
    """An administrator proposes to pass over the step that failed; nobody has decided yet."""
    incident = _first(town, select(Incident.id))
    propose_skip(town.official("iyan.prado"), incident_ids=[incident], reason="Se hizo en papel.")


def _a_calendar_is_prepared(town: Town) -> None:
    """A day of next year, so that it moves nothing that is tried here."""
    propose_day(
        town.townhall.system("test"),
        calendar="valdecandamo",
        day=date(town.timeline.today.year + 1, 12, 20),
        name="Fiesta local",
        source="Acuerdo del Pleno",
    )


def _the_sede_failed(town: Town) -> None:
    declare_incident(
        town.townhall.system("test"),
        title="La sede no respondía",
        cause=IncidentCause.TECHNICAL,
        services="Toda la sede",
        reason="Nadie pudo entrar.",
        from_at=town.timeline.now(),
        until_at=None,
        extension_days=1,
    )


def _a_migration_is_planned(town: Town) -> None:
    """A plan between two versions in which no case runs, and its rehearsal."""
    with town.townhall.database.reading() as session:
        model = current(session, "general-request").model
    system = town.townhall.system("test")
    plan_id = versions.propose_migration(
        system,
        definition_key="general-request",
        source_version=98,
        target_version=99,
        source=model,
        target=model,
    )
    versions.rehearse_migration(system, plan_id=plan_id)


def _charged_too_much(town: Town, draft_id: UUID) -> None:
    """A charge of another amount, which has to be given back; the fee is still owed."""
    attempt = drafts.pay(town.citizen(CELSA), draft_id=draft_id)
    notice = Notice(attempt.reference, Outcome.ACCEPTED, attempt.amount + 1, "AUT000001")
    take_notice(town.call, notice=signed_notices(town.townhall).sign(notice))


def _found(town: Town, mine: UUID, other: UUID) -> OneOfEach:
    celsa, unrelated = town.person(CELSA), town.person(XUAN)
    case, others_case = _case(town, CELSA), _case(town, XUAN)
    of_case = select(WorkItem.id).where(WorkItem.expediente_id == case)
    corrections = _all(
        town, of_case.where(WorkItem.kind == CORRECTION, WorkItem.state == WorkState.OPEN.value)
    )
    tasks = _all(town, of_case.where(WorkItem.kind != CORRECTION))
    triage = select(WorkItem.id).where(
        WorkItem.expediente_id == _case(town, AURORA), WorkItem.state == WorkState.OPEN.value
    )
    files = _all(town, select(DraftFile.id).where(DraftFile.draft_id == mine))
    filed = select(Draft.id).where(Draft.person_id == celsa, Draft.state == DraftState.FILED.value)
    papers = _all(town, select(Document.id).where(Document.expediente_id == case))
    pending = select(DraftFile.document_id).where(DraftFile.draft_id == mine)
    requests = _all(town, select(SignatureRequest.id))
    invoices = _all(town, select(Invoice.id).limit(2))
    incidents = _all(town, select(TechnicalIncident.id))
    process = _first(town, select(ProcessInstance.id).where(ProcessInstance.expediente_id == case))
    standing = _first(town, select(WorkItem.task_id).where(WorkItem.id.in_(corrections)))
    done = _first(
        town,
        select(ProcessHistory.id).where(
            ProcessHistory.instance_id == process, ProcessHistory.element == "admission_check"
        ),
    )
    arguments = {
        "expediente_id": Argument((case,)),
        "draft_id": Argument((mine, *_all(town, filed))),
        "page_id": Argument(("elements", "establishment")),
        "item": Argument((0,)),
        "file_id": Argument(files),
        "key": Argument((PROCEDURE,), owned=False),
        "office.beginning.key": Argument(("traffic-fine",), owned=False),
        "office.begin.key": Argument(("traffic-fine",), owned=False),
        "word": Argument(tuple(ACTS), owned=False),
        "citizen.attach.key": Argument(_FILES),
        "document_id": Argument((*papers, *_all(town, pending))),
        "work_item_id": Argument(corrections),
        "citizen.notification_id": Argument(_notifications(town, celsa)),
        "batch_id": Argument(_all(town, select(PrintBatch.id))),
        "publication_id": Argument(_all(town, select(Publication.id)), owned=False),
        "notification_id": Argument(_notifications(town, town.person(LAUREANO))),
        "entry_id": Argument(
            _all(town, select(RegistryEntry.id).where(RegistryEntry.expediente_id == case))
        ),
        "order_id": Argument(
            _all(town, select(PaymentOrder.id).where(PaymentOrder.person_id == celsa))
        ),
        "attempt_id": Argument(
            _all(
                town,
                select(PaymentAttempt.id).where(
                    PaymentAttempt.state == AttemptState.REFUND_DUE.value
                ),
            )
        ),
        "task_id": Argument((*_all(town, triage), *tasks)),
        "request_id": Argument(requests),
        "invoice_id": Argument(invoices),
        "contract_id": Argument(_all(town, select(Contract.id).limit(2))),
        "official_id": Argument((town.official("ines.vallina").actor.id,)),
        "absence_id": Argument(_all(town, select(Absence.id))),
        "event_id": Argument(_all(town, select(AuditEvent.id).limit(2))),
        "instance_id": Argument((process,)),
        "admin.skip.step_id": Argument((standing,)),
        "admin.skip_now.step_id": Argument((standing,)),
        "step_id": Argument((done,)),
        "intervention_id": Argument(_all(town, select(Intervention.id))),
        "incident_id": Argument(_all(town, select(Incident.id))),
        "admin.technical_incident.incident_id": Argument(incidents, owned=False),
        "admin.end_incident.incident_id": Argument(incidents, owned=False),
        "calendar": Argument(("valdecandamo", "espana"), owned=False),
        "year": Argument((2026, 2027), owned=False),
        "edition_id": Argument(
            _all(
                town,
                select(CalendarEdition.id).where(
                    CalendarEdition.state == EditionState.PROPOSED.value
                ),
            ),
            owned=False,
        ),
        "job_id": Argument((_DEAD_JOB,)),
        "plan_id": Argument(_all(town, select(MigrationPlan.id))),
        "run_id": Argument(_all(town, select(MigrationRun.id))),
        "version_id": Argument(_all(town, select(ProcedureVersion.id).limit(1))),
        "public.language.code": Argument(("es", "en"), owned=False),
        "code": Argument((_code(town),), owned=False),
        "reference": Argument(_references(town), owned=False),
    }
    with town.townhall.database.reading() as session:
        sheet = draft_queries.check_sheet(session, mine, town.citizen(CELSA).actor)
        asked = session.scalars(
            select(Document.sha256).join(
                SignatureRequest, SignatureRequest.document_id == Document.id
            )
        ).first()
    waiting = select(WorkItem.id).join(Invoice, Invoice.expediente_id == WorkItem.expediente_id)
    body = {
        "version": "1",
        "form-revision": str(sheet.view.revision),
        "sha256": sheet.sha256,
        "shown_sha256": asked or "",
        "consent": "yes",
        **{f"declaration-{item.id}": "yes" for item in sheet.declarations},
        "text": "Lo que se pedía.",
        "reason": "Fue un error.",
        "route": "ours",
        "unit": "SEC",
        "task": str(
            _first(
                town,
                waiting.where(Invoice.id == invoices[0], WorkItem.state == WorkState.OPEN.value),
            )
        ),
        "refund_reference": "TRF0001",
        "day": "23/11/2026",
        "hour": "10:30",
        "result": "absent",
        "published": "23/11/2026",
        "announcement": "BOE-N-2026-0001",
    }
    own = {"expediente_id": others_case, "draft_id": other}
    return OneOfEach(town.townhall, celsa, unrelated, arguments, own, body)


def _notifications(town: Town, person: UUID) -> tuple[UUID, ...]:
    """The person's, the newest first."""
    mine = select(Notification.id).where(Notification.person_id == person)
    return _all(town, mine.order_by(Notification.id.desc()))


def _references(town: Town) -> tuple[str, ...]:
    return _all(
        town,
        select(PaymentAttempt.reference).where(PaymentAttempt.state == AttemptState.STARTED.value),
    )


def _code(town: Town) -> str:
    """The secure code of some document."""
    document = _first(town, select(SecureCode.document_id))
    with town.townhall.database.reading() as session:
        code = reveal(town.townhall, session, document)
    assert code is not None
    return code
