"""What the interested person is not told before their notification ends, nor an attorney at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.clock import FixedClock
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document, Visibility
from engine.documents.operations import add_document
from engine.documents.queries import document as read_document
from engine.errors import NotFound, Unavailable
from engine.expedientes import entries, queries
from engine.expedientes.closing.operations import close
from engine.expedientes.drafts.queries import Filed
from engine.expedientes.models import Outcome
from engine.expedientes.operations import change_phase
from engine.notifications.operations import notify, open_notification
from engine.people import operations as people
from engine.permissions import Actor, ActorKind
from engine.procedures.operations import publish
from engine.registry import queries as registry
from engine.registry.models import Book
from engine.services import SERVICES
from engine.workflow.models import Incident, ProcessInstance
from tests.engine.expedientes.conftest import TODAY, Run, Town, package
from tests.engine.workflow.models import begun

SENSE = "Denegación del puesto.pdf"


@pytest.fixture
def filed(town: Town) -> Filed:
    town.publish()
    return town.filed()


def denied(town: Town, filed: Filed, visibility: Visibility) -> Document:
    return add_document(
        town.hall.system("test"),
        title="Resolución",
        kind=DocumentKind.RESOLUTION,
        origin=Origin.ADMINISTRATION,
        media_type="application/pdf",
        name=SENSE,
        data=b"%PDF-1.7\n%%EOF\n",
        expediente_id=filed.expediente_id,
        person_id=town.citizen.id,
        visibility=visibility,
    )


def test_nothing_tells_the_sense_of_an_act_before_its_notification_is_opened(
    town: Town, filed: Filed, clock: FixedClock, run_all: Run
) -> None:
    """NOT-6: not the name of the document, nor the outcome, nor the phase, nor what happened."""
    run_all()
    system, actor = town.hall.system("test"), town.actor()
    act = denied(town, filed, Visibility.PUBLIC)
    clock.advance(timedelta(hours=1))
    notification = notify(
        system,
        document_id=act.id,
        person_id=town.citizen.id,
        subject="Resolución de su solicitud",
        unit_id=town.unit.id,
        expediente_id=filed.expediente_id,
    )
    clock.advance(timedelta(hours=1))
    change_phase(system, expediente_id=filed.expediente_id, phase="in_force")
    close(system, expediente_id=filed.expediente_id, outcome=Outcome.DENIED)

    def told() -> tuple[object, object, str, list[str], list[str], bool]:
        with town.hall.database.reading() as session:
            view = queries.expediente(session, filed.expediente_id, actor)
            (listed,) = queries.of_person(session, actor)
            happened = queries.timeline(session, filed.expediente_id, actor)
            (exit_entry,) = [
                row for row in entries.entries(session, actor) if row.book is Book.EXIT
            ]
            names = [item.name for item in registry.attachments(session, exit_entry.id, actor)]
            try:
                readable = read_document(session, act.id, actor, [filed.expediente_id]).id == act.id
            except NotFound:
                readable = False
            return (
                view.row.outcome,
                listed.outcome,
                listed.phase_words,
                [item.title for item in happened],
                names,
                readable,
            )

    outcome, listed, words, happened, names, readable = told()
    assert (outcome, listed, words) == (None, None, "Notificación enviada")
    assert "Terminó el expediente" not in happened
    assert "Concedido y en vigor" not in happened
    assert (names, readable) == ([], False)
    open_notification(town.hall.call(actor), notification_id=notification.id)
    outcome, listed, words, happened, names, readable = told()
    assert (outcome, listed, words) == (Outcome.DENIED, Outcome.DENIED, "Terminado")
    assert "Terminó el expediente" in happened
    assert (names, readable) == ([SENSE], True)


def test_the_official_reads_it_all_the_time(town: Town, filed: Filed, run_all: Run) -> None:
    run_all()
    act = denied(town, filed, Visibility.INTERNAL)
    notify(
        town.hall.system("test"),
        document_id=act.id,
        person_id=town.citizen.id,
        subject="Resolución de su solicitud",
        unit_id=town.unit.id,
        expediente_id=filed.expediente_id,
    )
    close(town.hall.system("test"), expediente_id=filed.expediente_id, outcome=Outcome.DENIED)
    view = town.view(filed.expediente_id, town.processor)
    assert view.row.outcome is Outcome.DENIED
    assert view.row.procedure_title == "Puesto en el mercado"


def test_an_attorney_sees_only_the_entries_of_the_procedures_of_their_power(
    town: Town, filed: Filed
) -> None:
    """FIL-6: a power for another procedure does not show what was presented in this one."""

    def granted(procedure: str) -> None:
        people.grant_power(
            town.hall.system("test"),
            grantor_id=town.citizen.id,
            attorney_id=town.company.id,
            scope="procedures",
            procedures=(procedure,),
            source="apud acta",
            valid_from=TODAY,
            valid_to=TODAY + timedelta(days=30),
        )

    granted("another")
    limited = town.actor(town.company, town.citizen)
    with town.hall.database.reading() as session:
        assert entries.entries(session, limited) == ()
        assert registry.of_person(session, limited) == ()
        with pytest.raises(NotFound):
            entries.entry(session, filed.entry_id, limited)
        assert len(entries.entries(session, town.actor())) == 1
        assert entries.entries(session, Actor(ActorKind.ANONYMOUS)) == ()
    granted("kiosk")
    limited = town.actor(town.company, town.citizen)
    with town.hall.database.reading() as session:
        assert entries.entry(session, filed.entry_id, limited).code == filed.code
        assert len(entries.entries(session, limited)) == 1


def test_a_filing_stands_when_its_process_begins_with_what_is_unavailable(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FIL-1: what does not answer is an incident of the process, never a lost filing."""

    def gone(*_: object, **__: object) -> None:
        raise Unavailable("El sello no responde.")

    monkeypatch.setitem(SERVICES, "documents/seal", gone)
    model = begun().service("broken", "documents/seal", document_id="&quot;x&quot;")
    town.publish(model=model.flow("start", "broken", "end").xml())
    filed = town.filed()
    with town.hall.database.reading() as session:
        instance = session.scalars(select(ProcessInstance)).one()
        incident = session.scalars(select(Incident)).one()
    assert (instance.expediente_id, instance.state) == (filed.expediente_id, "incident")
    assert incident.message == "El sello no responde."


def test_a_title_says_what_the_application_is_about(town: Town) -> None:
    files = package()
    files["procedure.toml"] = b'subject = "street"\n' + files["procedure.toml"]
    publish(town.hall.system("test"), files=files)
    filed = town.filed()
    with town.hall.database.reading() as session:
        row = queries.expediente(session, filed.expediente_id, town.actor()).row
        entry = entries.entry(session, filed.entry_id, town.actor())
    assert row.title == "Puesto en el mercado: Calle Nueva"
    assert entry.subject == row.title
