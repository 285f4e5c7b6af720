"""Any one thing altered behind the town hall's back is found by the verification, which names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from engine.db import libpq_url
from engine.documents import operations as documents
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document, DocumentVersion
from engine.people.models import Person, Unit
from engine.record.verification import VerificationReport, verify
from engine.registry import operations as registry
from engine.registry.models import Book, RegistryEntry
from engine.townhall import TownHall

PDF = b"%PDF-1.7 the plan of the terrace"


@pytest.fixture
def filed(hall: TownHall, unit: Unit, citizen: Person, run_all: Callable[[], int]) -> UUID:
    """A filing with a plan, and its sealed receipt."""
    system = hall.system("test")
    plan = documents.add_document(
        system,
        title="Plano",
        kind=DocumentKind.OTHER,
        origin=Origin.CITIZEN,
        media_type="application/pdf",
        name="plano.pdf",
        data=PDF,
        person_id=citizen.id,
    )
    entry = registry.enter(
        system,
        book=Book.ENTRY,
        subject="Terraza en la Plaza Mayor",
        unit_id=unit.id,
        person_id=citizen.id,
        documents=[plan.id],
    )
    run_all()
    run_all()
    return entry.id


def owner(hall: TownHall, statement: str, *values: Any) -> int:
    """What an administrator of the database can do, guards or not; returns the rows touched."""
    with psycopg.connect(libpq_url(hall.settings.owner_url or ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        return connection.execute(statement, values).rowcount


def kinds(report: VerificationReport) -> set[str]:
    return {item.kind for item in report.alterations}


def test_what_nobody_touched_is_intact(hall: TownHall, filed: UUID) -> None:
    report = verify(hall)
    assert report.ok, report.alterations
    assert report.rows > 3


ALTERATIONS = {
    "a byte of an event": (
        "event",
        (
            "UPDATE audit_event SET body = set_byte(body, 40, get_byte(body, 40) # 1) "
            "WHERE type = 'registry.enter'"
        ),
    ),
    "a byte of its leaf": (
        "event",
        (
            "UPDATE audit_event SET leaf = set_byte(leaf, 3, get_byte(leaf, 3) # 1) "
            "WHERE type = 'registry.enter'"
        ),
    ),
    "the type of an event": (
        "event",
        "UPDATE audit_event SET type = 'registry.annul' WHERE type = 'registry.enter'",
    ),
    "an event that is gone": ("event", "DELETE FROM audit_event WHERE type = 'registry.enter'"),
    "a personal value": (
        "personal",
        "UPDATE audit_personal_data SET value = value || '.' WHERE key = 'subject'",
    ),
    "the number of an entry": (
        "registry_entry",
        "UPDATE registry_entry SET number = 7",
    ),
    "the instant of an entry": (
        "registry_entry",
        "UPDATE registry_entry SET presented_at = presented_at - interval '1 day'",
    ),
    "the subject of an entry": (
        "registry_entry",
        "UPDATE registry_entry SET subject = 'Otra cosa'",
    ),
    "a document of an entry": (
        "registry_entry",
        "UPDATE registry_attachment SET sha256 = repeat('0', 64)",
    ),
    "an entry that is another's": ("registry_entry", "UPDATE registry_entry SET person_id = NULL"),
    "a checkpoint": (
        "checkpoint",
        "UPDATE audit_checkpoint SET root = set_byte(root, 0, get_byte(root, 0) # 1)",
    ),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_row_is_named(hall: TownHall, filed: UUID, name: str) -> None:
    kind, statement = ALTERATIONS[name]
    assert owner(hall, statement) >= 1
    report = verify(hall)
    assert not report.ok
    assert kind in kinds(report)


def stored(hall: TownHall, *, receipt: bool) -> tuple[str, str]:
    """The id and the hash of the receipt's bytes, or of the plan's."""
    with hall.database.reading() as session:
        identifier = session.scalar(select(RegistryEntry.receipt_id))
        row = session.scalar(
            select(Document).where(
                Document.id == identifier if receipt else Document.title == "Plano"
            )
        )
    assert row is not None
    return str(row.id), row.sha256


@pytest.mark.parametrize("receipt", [True, False], ids=["receipt", "document"])
@pytest.mark.parametrize("place", [0, 0.5, 1], ids=["first", "middle", "last"])
def test_one_changed_byte_of_a_stored_file_is_named(
    hall: TownHall, filed: UUID, receipt: bool, place: float
) -> None:
    identifier, sha256 = stored(hall, receipt=receipt)
    path = next(hall.settings.storage_dir.rglob(f"*{sha256[8:]}*"))
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 1
    path.chmod(0o600)
    path.write_bytes(bytes(data))
    report = verify(hall)
    assert not report.ok
    assert any(item.id.startswith(identifier) for item in report.alterations)


def test_a_file_put_in_the_place_of_another_with_its_hash_is_named(
    hall: TownHall, filed: UUID
) -> None:
    identifier, sha256 = stored(hall, receipt=False)
    forged = hall.storage.put(1, b"%PDF-1.7 a smaller terrace")
    for table in ("document", "document_version"):
        assert owner(hall, f"UPDATE {table} SET sha256 = %s WHERE sha256 = %s", forged, sha256) == 1
    with hall.database.reading() as session:
        assert session.scalar(
            select(DocumentVersion.sha256).where(DocumentVersion.sha256 == forged)
        )
    report = verify(hall)
    assert [(item.kind, item.id) for item in report.alterations] == [("document", identifier)]


def test_reading_a_forged_file_does_not_make_it_good(hall: TownHall, filed: UUID) -> None:
    _, sha256 = stored(hall, receipt=False)
    forged = hall.storage.put(1, b"%PDF-1.7 a smaller terrace")
    for table in ("document", "document_version"):
        owner(hall, f"UPDATE {table} SET sha256 = %s WHERE sha256 = %s", forged, sha256)
    with hall.database.reading() as session:
        identifier = session.scalar(select(Document.id).where(Document.sha256 == forged))
    assert identifier is not None
    documents.read(hall.system("test"), document_id=identifier)
    assert not verify(hall).ok
