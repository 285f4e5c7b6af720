"""The recurrent work of documents: late time stamps, and files that no row names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, cast, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from engine.clock import SystemClock
from engine.db import Base
from engine.documents.late_stamp import NoTimeStampError
from engine.documents.models import Document, DocumentSignature
from engine.documents.operations import upgraded
from engine.documents.sealing import upgrade_pdf
from engine.jobs import duty
from engine.townhall import TownHall

ORPHAN_AGE = timedelta(hours=24)
_BATCH = 200
_UPGRADES_AT_ONCE = 50


@duty("documents.upgrade", every=300)
def upgrade_pending(townhall: TownHall) -> None:
    """Raise to their full level the signatures made while the time-stamp authority was silent."""
    for document in _waiting_for_stamp(townhall):
        data = townhall.storage.get(townhall.settings.entity_id, document.sha256)
        try:
            raised = upgrade_pdf(townhall, data)
        except NoTimeStampError:
            return
        townhall.storage.put(townhall.settings.entity_id, raised.data)
        upgraded(
            townhall.system("documents.upgrade"),
            document_id=document.id,
            from_sha256=document.sha256,
            data=raised.data,
            level=raised.level,
        )


def _waiting_for_stamp(townhall: TownHall) -> list[Document]:
    with townhall.database.reading() as session:
        waiting = select(DocumentSignature.document_id).where(DocumentSignature.upgrade_pending)
        return list(
            session.scalars(
                select(Document)
                .where(Document.id.in_(waiting))
                .order_by(Document.id)
                .limit(_UPGRADES_AT_ONCE)
            )
        )


@duty("documents.sweep", every=3600)
def sweep(townhall: TownHall) -> None:
    """Remove the objects that no row names and that are more than 24 hours old.

    An upload that was never filed, or an act that was rolled back, leaves one. Age is in real time,
    as files have it, whatever the demonstration's clock says.
    """
    remove_orphans(townhall, SystemClock().now() - ORPHAN_AGE)


def remove_orphans(townhall: TownHall, before: datetime) -> int:
    """Remove the orphans last put before an instant; returns how many."""
    entity_id, removed = townhall.settings.entity_id, 0
    old = (
        name
        for name in townhall.storage.list(entity_id)
        if townhall.storage.stored_at(entity_id, name) < before
    )
    while batch := list(islice(old, _BATCH)):
        with townhall.database.reading() as session:
            named = _named_by_rows(session, batch)
        for name in batch:
            # Looked at again: a put of the same bytes in the meantime renews the object's date.
            if name not in named and townhall.storage.stored_at(entity_id, name) < before:
                townhall.storage.delete(entity_id, name)
                removed += 1
    return removed


def _named_by_rows(session: Session, names: list[str]) -> set[str]:
    """Which of these objects any table of any room names.

    Every column called `…sha256` or `…hash` is asked, and every JSON column is searched, so that a
    room that keeps an object need not know this duty.
    """
    named: set[str] = set()
    for column in _hash_columns():
        left = [name for name in names if name not in named]
        if isinstance(column.type, LargeBinary):
            found = session.scalars(
                select(column).where(column.in_([bytes.fromhex(name) for name in left]))
            )
            named.update(value.hex() for value in found)
        else:
            named.update(session.scalars(select(column).where(column.in_(left))))
    for table, column in _json_columns():
        left = [name for name in names if name not in named]
        pattern = "|".join(left)
        if not pattern:
            return named
        for text in session.scalars(
            select(cast(column, Text)).select_from(table).where(cast(column, Text).op("~")(pattern))
        ):
            named.update(name for name in left if name in text)
    return named


def _hash_columns() -> Iterator[Column[Any]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            hashes = column.name.endswith(("sha256", "hash"))
            if hashes and isinstance(column.type, Text | LargeBinary):
                yield column


def _json_columns() -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, JSONB):
                yield table, column
