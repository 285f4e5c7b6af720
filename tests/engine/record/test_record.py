"""The record at work: gapless places, proofs, and every alteration found and named."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select

from engine.audit.events import leaf_hash
from engine.audit.merkle import verify_inclusion
from engine.audit.models import AuditEvent, AuditLeaf
from engine.db import libpq_url
from engine.errors import Unavailable
from engine.people import operations as people
from engine.record.evidence import EVIDENCE_SOURCES, Evidence
from engine.record.proofs import prove
from engine.record.sequencer import log_key, sequence
from engine.record.verification import verify
from engine.townhall import TownHall
from signatures.notes import open_checkpoint


@pytest.fixture
def events(townhall: TownHall) -> Callable[[int], list[UUID]]:
    """Make events by doing things, and give all the ids so far."""

    def make(count: int) -> list[UUID]:
        for _ in range(count):
            number = len(_ids(townhall))
            people.create_unit(
                townhall.system("test"),
                code=f"U{number}",
                dir3="LA0000001",
                name=f"Unidad {number}",
            )
        return _ids(townhall)

    return make


def _ids(townhall: TownHall) -> list[UUID]:
    with townhall.database.reading() as session:
        return list(session.scalars(select(AuditEvent.id).order_by(AuditEvent.id)))


def as_superuser(townhall: TownHall, statement: str) -> None:
    """What an administrator with bad intentions would do: switch the guards off and write."""
    url = townhall.settings.owner_url
    assert url is not None
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement).rowcount > 0


def test_every_event_gets_a_place_and_a_proof_under_the_logs_signature(
    townhall: TownHall, events: Callable[[int], list[UUID]]
) -> None:
    made = events(9)
    assert sequence(townhall) == 9
    assert sequence(townhall) == 0
    public = log_key(townhall).public
    with townhall.database.reading() as session:
        for event_id in made:
            proof = prove(session, event_id)
            signed = open_checkpoint(proof.note, public)
            assert verify_inclusion(
                leaf_hash(proof.body), proof.index, proof.size, proof.path, signed.root
            )


def test_an_event_without_a_place_has_no_proof_yet(
    townhall: TownHall, events: Callable[[int], list[UUID]]
) -> None:
    (event_id,) = events(1)
    with townhall.database.reading() as session, pytest.raises(Unavailable):
        prove(session, event_id)


def test_proofs_hold_across_tiles_and_batches(
    townhall: TownHall, events: Callable[[int], list[UUID]]
) -> None:
    _append_many(townhall, 700)
    while sequence(townhall, batch=97):
        pass
    public = log_key(townhall).public
    made = _ids(townhall)
    with townhall.database.reading() as session:
        for event_id in made[::53] + made[255:258] + made[510:514] + made[-1:]:
            proof = prove(session, event_id)
            root = open_checkpoint(proof.note, public).root
            assert verify_inclusion(
                leaf_hash(proof.body), proof.index, proof.size, proof.path, root
            )
    report = verify(townhall)
    assert report.ok
    assert (report.events, report.checkpoints, report.witnessed) == (700, 8, 8)


def test_writers_and_sequencers_at_the_same_time_leave_no_gap(townhall: TownHall) -> None:
    done = threading.Event()

    def keep_sequencing() -> None:
        while not done.is_set():
            sequence(townhall, batch=7)

    sequencers = [threading.Thread(target=keep_sequencing) for _ in range(2)]
    writers = [threading.Thread(target=_append_many, args=(townhall, 40)) for _ in range(4)]
    for thread in sequencers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sequencers:
        thread.join()
    while sequence(townhall):
        pass
    with townhall.database.reading() as session:
        indexes = list(session.scalars(select(AuditLeaf.idx).order_by(AuditLeaf.idx)))
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == 160
    assert indexes == list(range(160))
    assert verify(townhall).ok


ALTERATIONS = {
    "a byte of a body": (
        "UPDATE audit_event SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE id = '{id}'",
        "event",
        "modificado",
    ),
    "a body and its leaf": (
        "UPDATE audit_event SET body = body || 'x', leaf = sha256('\\x00' || body || 'x') WHERE id = '{id}'",
        "event",
        "modificado",
    ),
    "a column for search": (
        "UPDATE audit_event SET actor_kind = 'citizen' WHERE id = '{id}'",
        "event",
        "columnas",
    ),
    "an event deleted": ("DELETE FROM audit_event WHERE id = '{id}'", "event", "borrado"),
    "a leaf deleted": ("DELETE FROM audit_leaf WHERE event_id = '{id}'", "sequence", "falta"),
    "a leaf": (
        "UPDATE audit_leaf SET leaf = sha256('x') WHERE event_id = '{id}'",
        "event",
        "modificado",
    ),
    "a checkpoint's root": (
        "UPDATE audit_checkpoint SET root = sha256('x')",
        "checkpoint",
        "no coincide",
    ),
    "a checkpoint's note": (
        "UPDATE audit_checkpoint SET note = replace(note, chr(10) || '5' || chr(10), chr(10) || '4' || chr(10))",
        "checkpoint",
        "firma",
    ),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_what_an_administrator_alters_is_found_and_named(
    townhall: TownHall, events: Callable[[int], list[UUID]], name: str
) -> None:
    made = events(5)
    sequence(townhall)
    assert verify(townhall).ok
    statement, kind, word = ALTERATIONS[name]
    as_superuser(townhall, statement.format(id=made[2]))
    report = verify(townhall)
    assert not report.ok
    assert any(item.kind == kind and word in item.message for item in report.alterations)
    if kind == "event":
        assert any(item.id == str(made[2]) for item in report.alterations)


def test_a_history_rewritten_with_the_logs_own_key_is_found_by_the_witness(
    townhall: TownHall, events: Callable[[int], list[UUID]]
) -> None:
    made = events(4)
    sequence(townhall)
    as_superuser(townhall, "DELETE FROM audit_checkpoint")
    as_superuser(townhall, "DELETE FROM audit_leaf")
    as_superuser(townhall, f"DELETE FROM audit_event WHERE id = '{made[0]}'")
    witness = townhall.settings.witness_dir / "checkpoints.txt"
    seen = witness.read_text()
    sequence(townhall)
    witness.write_text(seen)
    report = verify(townhall)
    assert [item.kind for item in report.alterations] == ["witness"]
    assert "reescrito" in report.alterations[0].message


def test_a_stored_object_altered_or_lost_is_named(
    townhall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    entity = townhall.settings.entity_id
    kept, lost = townhall.storage.put(entity, b"kept"), townhall.storage.put(entity, b"lost")

    def source(_session: object):  # type: ignore[no-untyped-def]
        yield Evidence("documento", "1", "Plano", kept)
        yield Evidence("documento", "2", "Seguro", lost)

    monkeypatch.setattr("engine.record.verification.EVIDENCE_SOURCES", [*EVIDENCE_SOURCES, source])
    assert verify(townhall).ok
    folder = townhall.settings.storage_dir / str(entity)
    (folder / kept[:2] / kept).write_bytes(b"kepT")
    townhall.storage.delete(entity, lost)
    messages = [item.message for item in verify(townhall).alterations]
    assert messages == [
        "El fichero de documento «Plano» ha sido modificado.",
        "Falta el fichero de documento «Seguro».",
    ]


def test_events_that_wait_too_long_for_a_place_are_an_alarm(
    townhall: TownHall, events: Callable[[int], list[UUID]], clock: object
) -> None:
    from datetime import timedelta

    events(1)
    assert verify(townhall).ok
    clock.advance(timedelta(seconds=61))  # type: ignore[attr-defined]
    assert [item.kind for item in verify(townhall).alterations] == ["lag"]


def _append_many(townhall: TownHall, count: int) -> None:
    from engine.audit.events import EventDraft, Trace, append

    actor = townhall.system("test").actor
    for _ in range(count):
        with townhall.database.transaction() as session:
            append(
                session,
                EventDraft("test.event"),
                at=townhall.clock.now(),
                actor=actor,
                trace=Trace(),
            )
