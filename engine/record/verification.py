"""Verify the whole record: every event, the tree, the checkpoints, the witness, the stored objects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from engine.audit.events import Result, canonical_instant, leaf_hash
from engine.audit.merkle import Frontier
from engine.audit.models import (
    AuditCheckpoint,
    AuditEvent,
    AuditLeaf,
    AuditPersonalData,
    AuditTile,
)
from engine.errors import NotFound
from engine.record.evidence import CLAIM_SOURCES, EVIDENCE_SOURCES
from engine.record.sequencer import TILE, lag, log_key
from engine.record.witness import read_witness
from engine.townhall import TownHall
from signatures.notes import NoteError, open_checkpoint

_CHUNK = 5000
_Facts = set[tuple[str, str, str, str]]
MAX_LAG = timedelta(seconds=60)


@dataclass(frozen=True)
class Alteration:
    """Something that is not as it was: what, which one, and a sentence for people."""

    kind: str
    id: str
    message: str


@dataclass
class VerificationReport:
    """How the verification ended; `ok` means that nothing was altered."""

    events: int = 0
    checkpoints: int = 0
    witnessed: int = 0
    objects: int = 0
    rows: int = 0
    size: int = 0
    root: str = ""
    alterations: list[Alteration] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.alterations

    def add(self, kind: str, identifier: object, message: str) -> None:
        """Note an alteration."""
        self.alterations.append(Alteration(kind, str(identifier), message))

    def to_dict(self) -> dict[str, Any]:
        """The report for `--json`."""
        return {"ok": self.ok, **asdict(self)}


def verify(townhall: TownHall, *, witness: Path | None = None) -> VerificationReport:
    """Recompute everything from the stored bytes and say what was altered."""
    report = VerificationReport()
    roots: dict[int, bytes] = {}
    facts: _Facts = set()
    public = log_key(townhall).public
    with townhall.database.reading() as session:
        wanted = set(session.scalars(select(AuditCheckpoint.size)))
        frontier = _check_events(session, report, roots, wanted, facts)
        _check_checkpoints(session, report, roots, public)
        _check_lag(townhall, session, report)
        report.size, report.root = frontier.size, frontier.root().hex()
        _check_witness(witness or townhall.settings.witness_dir, report, roots, public)
        _check_objects(townhall, session, report)
        _check_personal(session, report, facts)
        _check_rows(session, report, facts)
    return report


def _check_events(
    session: Session,
    report: VerificationReport,
    roots: dict[int, bytes],
    wanted: set[int],
    facts: _Facts,
) -> Frontier:
    """Each event's leaf from its bytes, each place without gap, the root at each checkpoint's size.

    facts: takes what the unaltered events state of the rows that rooms vouch for.
    """
    frontier, tile = Frontier(), Frontier()
    for leaf, event in _rows(session):
        if leaf.idx != frontier.size:
            report.add(
                "sequence", leaf.idx, f"En el lugar {frontier.size} del registro falta un asiento."
            )
        _check_event(leaf, event, report, facts)
        frontier.append(leaf.leaf)
        tile.append(leaf.leaf)
        if tile.size == TILE:
            _check_tile(session, report, frontier.size // TILE - 1, tile.root())
            tile = Frontier()
        if frontier.size in wanted:
            roots[frontier.size] = frontier.root()
    report.events = frontier.size
    return frontier


def _rows(session: Session) -> Iterator[tuple[AuditLeaf, AuditEvent | None]]:
    start = 0
    while True:
        rows = session.execute(
            select(AuditLeaf, AuditEvent)
            .outerjoin(
                AuditEvent,
                (AuditEvent.entity_id == AuditLeaf.entity_id)
                & (AuditEvent.id == AuditLeaf.event_id),
            )
            .where(AuditLeaf.idx >= start)
            .order_by(AuditLeaf.idx)
            .limit(_CHUNK)
        ).all()
        if not rows:
            return
        for row in rows:
            yield row[0], row[1]
        start = rows[-1][0].idx + 1
        session.expunge_all()


def _check_event(
    leaf: AuditLeaf, event: AuditEvent | None, report: VerificationReport, facts: _Facts
) -> None:
    if event is None:
        report.add("event", leaf.event_id, f"El asiento {leaf.event_id} ha sido borrado.")
        return
    label = f"El asiento {event.id} ({event.type}, {canonical_instant(event.at)})"
    if leaf_hash(event.body) != leaf.leaf or event.leaf != leaf.leaf:
        report.add("event", event.id, f"{label} ha sido modificado.")
        return
    body = json.loads(event.body)
    if not _columns_agree(event, body):
        report.add("event", event.id, f"{label} tiene columnas que no dicen lo que su contenido.")
    _collect(event, body, facts)


def _collect(event: AuditEvent, body: dict[str, Any], facts: _Facts) -> None:
    stated = body.get("facts") or {}
    if event.result != Result.OK or not event.object_id:
        return
    for acts, fact, _ in CLAIM_SOURCES:
        if event.type in acts and fact in stated:
            facts.add((event.object_kind or "", event.object_id, fact, str(stated[fact])))


def _columns_agree(event: AuditEvent, body: dict[str, Any]) -> bool:
    """Whether the columns kept for search repeat the body."""
    actor, thing = body.get("actor", {}), body.get("object") or {}
    return (
        body["id"] == str(event.id)
        and body["at"] == canonical_instant(event.at)
        and body["type"] == event.type
        and body["result"] == event.result
        and actor.get("kind") == event.actor_kind
        and actor.get("id") == _text(event.actor_id)
        and thing.get("kind") == event.object_kind
        and thing.get("id") == event.object_id
        and body.get("expediente") == _text(event.expediente_id)
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _check_tile(session: Session, report: VerificationReport, number: int, root: bytes) -> None:
    stored = session.scalar(select(AuditTile.root).where(AuditTile.number == number))
    if stored != root:
        report.add("tile", number, f"La tesela {number} del registro no es la de sus asientos.")


def _check_checkpoints(
    session: Session,
    report: VerificationReport,
    roots: dict[int, bytes],
    public: Ed25519PublicKey,
) -> None:
    for row in session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.size)):
        report.checkpoints += 1
        label = f"El punto de control de {row.size} asientos"
        try:
            signed = open_checkpoint(row.note, public)
        except NoteError:
            report.add("checkpoint", row.size, f"{label} no lleva la firma del registro.")
            continue
        computed = roots.get(row.size)
        if computed is None:
            report.add("checkpoint", row.size, f"{label} firma asientos que ya no están.")
        elif not signed.root == row.root == computed or signed.size != row.size:
            report.add("checkpoint", row.size, f"{label} no coincide con los asientos guardados.")


def _check_lag(townhall: TownHall, session: Session, report: VerificationReport) -> None:
    limit = townhall.clock.now() - MAX_LAG
    count, oldest = lag(session)
    if oldest is not None and oldest < canonical_instant(limit):
        report.add("lag", count, f"{count} asientos esperan lugar en el registro desde {oldest}.")


def _check_witness(
    folder: Path, report: VerificationReport, roots: dict[int, bytes], public: Ed25519PublicKey
) -> None:
    """Every checkpoint that the witness saw must still be a prefix of the log."""
    for note in read_witness(folder):
        report.witnessed += 1
        try:
            signed = open_checkpoint(note, public)
        except NoteError:
            report.add(
                "witness",
                report.witnessed,
                "El testigo guarda un punto de control sin firma válida.",
            )
            continue
        if roots.get(signed.size) != signed.root:
            report.add(
                "witness",
                signed.size,
                f"El testigo vio otro registro cuando tenía {signed.size} asientos: la historia se ha reescrito.",
            )


def _check_objects(townhall: TownHall, session: Session, report: VerificationReport) -> None:
    entity_id = townhall.settings.entity_id
    for source in EVIDENCE_SOURCES:
        for item in source(session):
            report.objects += 1
            try:
                data = townhall.storage.get(entity_id, item.sha256)
            except NotFound:
                report.add(item.kind, item.id, f"Falta el fichero de {item.kind} «{item.title}».")
                continue
            if hashlib.sha256(data).hexdigest() != item.sha256:
                report.add(
                    item.kind,
                    item.id,
                    f"El fichero de {item.kind} «{item.title}» ha sido modificado.",
                )


def _check_personal(session: Session, report: VerificationReport, facts: _Facts) -> None:
    """What lies beside the events is what they committed to; what was erased by law is not missed."""
    rows = session.execute(
        select(AuditPersonalData, AuditEvent)
        .join(
            AuditEvent,
            (AuditEvent.entity_id == AuditPersonalData.entity_id)
            & (AuditEvent.id == AuditPersonalData.event_id),
        )
        .order_by(AuditPersonalData.event_id, AuditPersonalData.key)
        .execution_options(yield_per=1000)
    )
    for row, event in rows:
        sealed = (json.loads(event.body).get("sealed") or {}).get(row.key)
        if hashlib.sha256(row.salt + row.value.encode()).hexdigest() != sealed:
            report.add(
                "personal",
                event.id,
                f"El dato personal «{row.key}» del asiento {event.id} ({event.type}) ha sido modificado.",
            )
            continue
        for acts, fact, _ in CLAIM_SOURCES:
            if fact == row.key and event.type in acts and event.object_id:
                facts.add((event.object_kind or "", event.object_id, fact, row.value))


def _check_rows(session: Session, report: VerificationReport, facts: _Facts) -> None:
    """Every row that rooms vouch for is as an act of the record left it.

    Acts that wait for their place are not in the tree yet: what they say is taken from their bytes.
    """
    waiting: _Facts = set()
    for event in session.scalars(
        select(AuditEvent).where(~exists().where(AuditLeaf.event_id == AuditEvent.id))
    ):
        _collect(event, json.loads(event.body), waiting)
    for _, fact, source in CLAIM_SOURCES:
        for claim in source(session):
            report.rows += 1
            stated = (claim.object_kind, claim.object_id, fact, claim.value)
            if stated not in facts and stated not in waiting:
                report.add(
                    claim.object_kind,
                    claim.object_id,
                    f"{claim.kind} «{claim.title}» no está como lo dejó ningún acto del registro.",
                )
