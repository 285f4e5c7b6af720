"""The portafirmas: what was shown is what is signed, in order, by who may, with their own key."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from factories.town import TestKeys
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.documents import operations as documents
from engine.documents import queries as document_queries
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document
from engine.errors import BadInput, NotFound, RuleBroken, Stale
from engine.ids import new_id
from engine.jobs import JOBS, job
from engine.operation import OPERATIONS, operation
from engine.people import operations as people
from engine.people.models import Official, Unit
from engine.permissions import Actor, ActorKind, Post
from engine.services import SERVICES, InstanceView
from engine.signing import operations, queries
from engine.signing.models import RequestState, SignatureRequest
from engine.signing.signers import Signer
from engine.townhall import Call, TownHall
from signatures.keys import SigningKey

Run = Callable[[], int]
MAY = frozenset({"signing.sign", "signing.refuse"})


def as_official(official: Official, *posts: Post) -> Actor:
    return Actor(ActorKind.OFFICIAL, id=official.id, permissions=MAY, posts=posts)


@pytest.fixture
def secretary(hall: TownHall, keys: TestKeys, official_key: SigningKey) -> Official:
    official = people.register_official(
        hall.system("test"),
        code="n.prida",
        document_number="00000001R",
        name="Nel",
        surname1="Prida",
        surname2="Cueto",
        title="Secretario",
    )
    keys.people[official.id] = official_key
    return official


@pytest.fixture
def document(hall: TownHall, run_all: Run) -> Document:
    made = documents.render_document(
        hall.system("test"),
        template="t",
        source="<p>Se autoriza.</p>",
        context={},
        title="Licencia de terraza",
        kind=DocumentKind.RESOLUTION,
    )
    run_all()
    return current(hall, made.id)


@pytest.fixture
def signals(hall: TownHall) -> Any:
    heard: list[tuple[str, dict[str, Any]]] = []
    before = dict(JOBS)
    JOBS.pop("workflow.signal", None)

    @job("workflow.signal")
    def hear(call: Call, *, reference: str, result: dict[str, Any]) -> None:
        heard.append((reference, result))

    yield heard
    JOBS.clear()
    JOBS.update(before)


def current(hall: TownHall, document_id: UUID) -> Document:
    with hall.database.reading() as session:
        row = session.get(Document, (1, document_id))
        assert row is not None
        return row


def states(hall: TownHall, document: Document) -> list[str]:
    with hall.database.reading() as session:
        return [row.state.value for row in queries.of_document(session, document.id)]


def ask(hall: TownHall, document: Document, *signers: Signer, **more: Any) -> list[UUID]:
    rows = operations.request_signature(
        hall.system("test"), document_id=document.id, signers=signers, **more
    )
    return [row.id for row in rows]


def pending(hall: TownHall, actor: Actor) -> list[UUID]:
    with hall.database.reading() as session:
        return [row.id for row in queries.mine(session, actor)]


def test_an_official_signs_with_their_own_key_what_they_were_shown(
    hall: TownHall, document: Document, mayor: Official, run_all: Run, signals: list[Any]
) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id), reference="token-1")
    actor = as_official(mayor)
    assert pending(hall, actor) == [request_id]
    operations.sign(hall.call(actor), request_id=request_id, shown_sha256=document.sha256)
    run_all()
    after = current(hall, document.id)
    assert (after.state, after.version) == ("final", document.version + 1)
    with hall.database.reading() as session:
        (signature,) = document_queries.signatures(session, document.id)
        event_id = document_queries.binding_event(session, document.id)
        event = session.get(AuditEvent, (1, event_id))
    assert event is not None
    assert event.type == "signing.applied"
    assert signature.official_id == mayor.id
    assert signature.level == "LT"
    assert "FUEYO" in signature.signer_name.upper()
    ((reference, result),) = signals
    assert (reference, result["signed"]) == ("token-1", True)
    assert result["sha256"] == after.sha256
    assert pending(hall, actor) == []


def test_the_signed_bytes_begin_with_the_bytes_that_were_shown(
    hall: TownHall, document: Document, mayor: Official, run_all: Run
) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id))
    operations.sign(
        hall.call(as_official(mayor)), request_id=request_id, shown_sha256=document.sha256
    )
    run_all()
    shown = hall.storage.get(1, document.sha256)
    signed = hall.storage.get(1, current(hall, document.id).sha256)
    assert signed.startswith(shown)


def test_what_changed_since_it_was_shown_is_not_signed(
    hall: TownHall, document: Document, mayor: Official, run_all: Run
) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id))
    documents.request_seal(hall.system("test"), document_id=document.id)
    run_all()
    with pytest.raises(Stale):
        operations.sign(
            hall.call(as_official(mayor)), request_id=request_id, shown_sha256=document.sha256
        )
    assert states(hall, document) == ["pending"]


def test_bytes_that_change_between_the_decision_and_the_job_are_not_signed(
    hall: TownHall, document: Document, mayor: Official, run_all: Run
) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id))
    documents.request_seal(hall.system("test"), document_id=document.id)
    operations.sign(
        hall.call(as_official(mayor)), request_id=request_id, shown_sha256=document.sha256
    )
    JOBS["documents.seal"].handler(hall.system("test"), document_id=str(document.id))
    run_all()
    assert states(hall, document) == ["pending"]
    with hall.database.reading() as session:
        row = queries.request(session, request_id, as_official(mayor))
    assert row.failure is not None
    assert "cambió" in row.failure


def test_who_drafted_does_not_sign(
    hall: TownHall, document: Document, mayor: Official, unit: Unit
) -> None:
    """INS-6: who instructs does not decide (art. 63.1 of Ley 39/2015)."""
    with pytest.raises(RuleBroken, match="tramitado"):
        ask(hall, document, Signer(official_id=mayor.id), excluded_ids=[mayor.id])
    (request_id,) = ask(
        hall, document, Signer(role="head", unit_id=unit.id), excluded_ids=[mayor.id]
    )
    actor = as_official(mayor, Post(unit.id, "head"))
    assert pending(hall, actor) == []
    with pytest.raises(NotFound):
        operations.sign(hall.call(actor), request_id=request_id, shown_sha256=document.sha256)


def test_a_role_is_signed_by_whoever_holds_it_in_that_unit(
    hall: TownHall, document: Document, mayor: Official, secretary: Official, unit: Unit
) -> None:
    (request_id,) = ask(hall, document, Signer(role="head", unit_id=unit.id))
    holder = as_official(mayor, Post(unit.id, "head"))
    elsewhere = as_official(secretary, Post(new_id(), "head"))
    other_role = as_official(secretary, Post(unit.id, "processor"))
    assert pending(hall, holder) == [request_id]
    for actor in (elsewhere, other_role, as_official(secretary)):
        assert pending(hall, actor) == []
        with pytest.raises(NotFound):
            operations.sign(hall.call(actor), request_id=request_id, shown_sha256=document.sha256)


def test_a_circuit_is_signed_in_order_and_wakes_its_waiter_once(
    hall: TownHall,
    document: Document,
    mayor: Official,
    secretary: Official,
    run_all: Run,
    signals: list[Any],
) -> None:
    first, second = ask(
        hall,
        document,
        Signer(official_id=secretary.id, step=1),
        Signer(official_id=mayor.id, step=2),
        reference="token-1",
        seal_after=True,
    )
    assert pending(hall, as_official(mayor)) == []
    with pytest.raises(RuleBroken, match="Antes"):
        operations.sign(
            hall.call(as_official(mayor)), request_id=second, shown_sha256=document.sha256
        )
    operations.sign(
        hall.call(as_official(secretary)), request_id=first, shown_sha256=document.sha256
    )
    run_all()
    assert signals == []
    assert pending(hall, as_official(mayor)) == [second]
    shown = current(hall, document.id).sha256
    operations.sign(hall.call(as_official(mayor)), request_id=second, shown_sha256=shown)
    run_all()
    ((_, result),) = signals
    assert result["state"] == "sealed"
    row = current(hall, document.id)
    reader = PdfFileReader(io.BytesIO(hall.storage.get(1, row.sha256)))
    names = [item.field_name for item in reader.embedded_regular_signatures]
    assert names == ["Firma1", "Firma2", "Firma3"]


def test_without_being_asked_no_seal_is_put_over_the_signatures(
    hall: TownHall, document: Document, mayor: Official, run_all: Run
) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id))
    operations.sign(
        hall.call(as_official(mayor)), request_id=request_id, shown_sha256=document.sha256
    )
    run_all()
    with hall.database.reading() as session:
        assert len(document_queries.signatures(session, document.id)) == 1


def test_the_same_person_does_not_sign_two_steps(
    hall: TownHall, document: Document, mayor: Official, unit: Unit, run_all: Run
) -> None:
    first, second = ask(
        hall,
        document,
        Signer(official_id=mayor.id, step=1),
        Signer(role="head", unit_id=unit.id, step=2),
    )
    actor = as_official(mayor, Post(unit.id, "head"))
    operations.sign(hall.call(actor), request_id=first, shown_sha256=document.sha256)
    run_all()
    with pytest.raises(RuleBroken, match="otra persona"):
        operations.sign(
            hall.call(actor),
            request_id=second,
            shown_sha256=current(hall, document.id).sha256,
        )


def test_two_signatures_of_one_step_are_applied_one_after_the_other(
    hall: TownHall, document: Document, mayor: Official, secretary: Official, run_all: Run
) -> None:
    first, second = ask(
        hall, document, Signer(official_id=mayor.id), Signer(official_id=secretary.id)
    )
    operations.sign(hall.call(as_official(mayor)), request_id=first, shown_sha256=document.sha256)
    with pytest.raises(RuleBroken, match="segundos"):
        operations.sign(
            hall.call(as_official(secretary)), request_id=second, shown_sha256=document.sha256
        )
    run_all()
    operations.sign(
        hall.call(as_official(secretary)),
        request_id=second,
        shown_sha256=current(hall, document.id).sha256,
    )
    run_all()
    assert states(hall, document) == ["signed", "signed"]


def test_a_refusal_needs_its_reason_and_ends_the_circuit(
    hall: TownHall,
    document: Document,
    mayor: Official,
    secretary: Official,
    run_all: Run,
    signals: list[Any],
) -> None:
    first, _ = ask(
        hall,
        document,
        Signer(official_id=secretary.id, step=1),
        Signer(official_id=mayor.id, step=2),
        reference="token-1",
    )
    actor = as_official(secretary)
    with pytest.raises(BadInput):
        operations.refuse(hall.call(actor), request_id=first, reason="  ")
    operations.refuse(hall.call(actor), request_id=first, reason="Falta el informe jurídico")
    run_all()
    assert states(hall, document) == ["refused", "cancelled"]
    ((_, result),) = signals
    assert (result["signed"], result["reason"]) == (False, "Falta el informe jurídico")
    assert pending(hall, as_official(mayor)) == []
    with pytest.raises(RuleBroken):
        operations.sign(hall.call(actor), request_id=first, shown_sha256=document.sha256)


def test_a_missing_key_gives_the_request_back_with_its_reason(
    hall: TownHall, document: Document, mayor: Official, keys: TestKeys, run_all: Run
) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id))
    operations.sign(
        hall.call(as_official(mayor)), request_id=request_id, shown_sha256=document.sha256
    )
    hall.parts.pop("keys")
    JOBS["signing.apply"].handler(hall.system("test"), request_id=str(request_id))
    hall.parts["keys"] = keys
    run_all()
    assert states(hall, document) == ["pending"]
    with hall.database.reading() as session:
        (row,) = queries.mine(session, as_official(mayor))
    assert row.failure is not None
    assert "claves" in row.failure


def test_a_job_that_runs_twice_signs_once(
    hall: TownHall, document: Document, mayor: Official, run_all: Run
) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id))
    operations.sign(
        hall.call(as_official(mayor)), request_id=request_id, shown_sha256=document.sha256
    )
    run_all()
    before = current(hall, document.id)
    JOBS["signing.apply"].handler(hall.system("test"), request_id=str(request_id))
    assert current(hall, document.id).version == before.version


def test_a_document_waits_for_one_circuit_at_a_time(
    hall: TownHall, document: Document, mayor: Official
) -> None:
    ask(hall, document, Signer(official_id=mayor.id))
    with pytest.raises(RuleBroken, match="pendiente"):
        ask(hall, document, Signer(official_id=mayor.id))
    assert operations.withdraw(hall.system("t"), document_id=document.id, reason="Errata") == 1
    ask(hall, document, Signer(official_id=mayor.id))
    assert states(hall, document) == ["cancelled", "pending"]


def test_only_a_pdf_with_a_signer_is_sent_to_be_signed(hall: TownHall, document: Document) -> None:
    text = documents.add_document(
        hall.system("test"),
        title="Datos",
        kind=DocumentKind.OTHER,
        origin=Origin.CITIZEN,
        media_type="application/json",
        name="a.json",
        data=b"{}",
    )
    with pytest.raises(RuleBroken, match="PDF"):
        ask(hall, text, Signer(role="mayor"))
    with pytest.raises(BadInput):
        ask(hall, document)
    with pytest.raises(BadInput):
        ask(hall, document, Signer(official_id=new_id(), role="mayor"))


def test_a_citizen_has_no_portafirmas(hall: TownHall, document: Document, mayor: Official) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id))
    intruder = Actor(ActorKind.CITIZEN, id=mayor.id, permissions=MAY)
    assert pending(hall, intruder) == []
    with pytest.raises(NotFound):
        operations.sign(hall.call(intruder), request_id=request_id, shown_sha256=document.sha256)


def test_what_an_official_decided_is_listed_newest_first(
    hall: TownHall, document: Document, mayor: Official, run_all: Run
) -> None:
    (request_id,) = ask(hall, document, Signer(official_id=mayor.id))
    operations.sign(
        hall.call(as_official(mayor)), request_id=request_id, shown_sha256=document.sha256
    )
    run_all()
    with hall.database.reading() as session:
        (row,) = queries.decided_by(session, mayor.id)
    assert (row.id, row.state) == (request_id, RequestState.SIGNED)


def test_a_model_asks_for_a_signature_and_waits(
    hall: TownHall, document: Document, unit: Unit
) -> None:
    instance = InstanceView(new_id(), None, "terrace", "sign", "token-9", {})

    @operation("test.ask", permission="signing.request_signature")
    def ask_by_service(act: Any) -> Any:
        return SERVICES["signing/request"](
            act, instance, document_id=str(document.id), role="head", unit="URB"
        )

    OPERATIONS.pop("test.ask")
    waited = ask_by_service(hall.system("test"))
    assert waited.reference == "token-9"
    with hall.database.reading() as session:
        row = session.scalars(select(SignatureRequest)).one()
    assert (row.role, row.unit_id, row.reference) == ("head", unit.id, "token-9")
