"""Proofs that an event is in the log, read from few rows however long the log is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit.merkle import inclusion_proof, node_hash
from engine.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditTile
from engine.errors import NotFound, Unavailable
from engine.record.models import CheckpointStamp
from engine.record.sequencer import TILE, read_leaves


@dataclass(frozen=True)
class InclusionProof:
    """What shows an event in the log: its body, its place, the path to a signed root."""

    body: bytes
    index: int
    size: int
    path: tuple[bytes, ...]
    note: str
    time_stamp: bytes | None


def prove(session: Session, event_id: UUID) -> InclusionProof:
    """The proof of an event against the newest checkpoint.

    Raises NotFound for an unknown event, Unavailable for one that the sequencer has not placed yet.
    """
    body = session.scalar(select(AuditEvent.body).where(AuditEvent.id == event_id))
    if body is None:
        raise NotFound("Ese asiento de auditoría no existe.")
    index = session.scalar(select(AuditLeaf.idx).where(AuditLeaf.event_id == event_id))
    checkpoint = session.scalar(
        select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)
    )
    if index is None or checkpoint is None or index >= checkpoint.size:
        raise Unavailable("El asiento aún no tiene su lugar en el registro: espere un segundo.")
    path = path_of(session, index, checkpoint.size)
    stamp = session.scalar(
        select(CheckpointStamp.token).where(CheckpointStamp.size == checkpoint.size)
    )
    return InclusionProof(body, index, checkpoint.size, tuple(path), checkpoint.note, stamp)


def path_of(session: Session, index: int, size: int) -> list[bytes]:
    """The audit path of a leaf: inside its tile from the leaves, above it from the tiles' roots."""
    number = index // TILE
    start, end = number * TILE, min((number + 1) * TILE, size)
    inside = inclusion_proof(
        _offset(read_leaves(session, start, end), start), index - start, end - start
    )
    if size <= TILE:
        return inside
    return [*inside, *_above(session, number, size)]


def _offset(leaves: Sequence[bytes], _start: int) -> Callable[[int, int], Sequence[bytes]]:
    return lambda first, last: leaves[first:last]


def _above(session: Session, number: int, size: int) -> list[bytes]:
    """The path from a tile's root to the tree's, over the roots of all tiles, the last one partial."""
    roots = list(
        session.scalars(
            select(AuditTile.root).where(AuditTile.number < size // TILE).order_by(AuditTile.number)
        )
    )
    if size % TILE:
        roots.append(_root(read_leaves(session, size - size % TILE, size)))
    return _path(roots, number)


def _path(nodes: Sequence[bytes], index: int) -> list[bytes]:
    if len(nodes) == 1:
        return []
    split = 1 << ((len(nodes) - 1).bit_length() - 1)
    if index < split:
        return [*_path(nodes[:split], index), _root(nodes[split:])]
    return [*_path(nodes[split:], index - split), _root(nodes[:split])]


def _root(nodes: Sequence[bytes]) -> bytes:
    """The root over hashes that are already nodes of the tree."""
    if len(nodes) == 1:
        return nodes[0]
    split = 1 << ((len(nodes) - 1).bit_length() - 1)
    return node_hash(_root(nodes[:split]), _root(nodes[split:]))
