"""Append an event: its canonical bytes (RFC 8785) and its leaf hash, in the caller's transaction."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy.orm import Session

from engine.audit.models import AuditPersonalData
from engine.db import driver_rows
from engine.ids import new_id
from engine.permissions import Actor

BODY_VERSION = 1
_SAFE_INTEGER = 2**53 - 1  # RFC 8785 takes no more
_INSERT = """
INSERT INTO audit_event (entity_id, id, at, type, result, actor_kind, actor_id, object_kind, object_id,
  expediente_id, body, leaf)
VALUES (%(event_entity)s, %(event_id)s, %(event_at)s, %(event_type)s, %(event_result)s, %(actor_kind)s,
  %(actor_id)s, %(object_kind)s, %(object_id)s, %(event_expediente_id)s, %(event_body)s,
  %(event_leaf)s)"""


class Result(StrEnum):
    """How what was tried ended."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass
class Trace:
    """From where an act came: the session, the request, the pseudonymised address, the cause."""

    session_id: str | None = None
    request_id: str | None = None
    address: str | None = None
    job: str | None = None
    operations: list[str] = field(default_factory=list)
    """The operations begun under this call, each in a transaction of its own: a page begins one."""


@dataclass
class EventDraft:
    """What an operation says of itself while it runs."""

    type: str
    basis: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    expediente_id: UUID | None = None
    reason: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)
    along: Along | None = None


@dataclass(frozen=True)
class Along:
    """A statement of the act itself that travels with its event, to save the database a journey.

    steps: the list of its WITH; answer: its SELECT; answered: looks at the one row that it gives.
    """

    steps: str
    answer: str
    values: Mapping[str, Any]
    answered: Callable[[Any], None]


def append(
    session: Session,
    draft: EventDraft,
    *,
    at: datetime,
    actor: Actor,
    trace: Trace,
    result: Result = Result.OK,
) -> UUID:
    """Write the event in the session's transaction and return its id.

    The writer takes no common lock: the sequencer gives the event its place in the tree later.
    """
    event_id = new_id()
    salts = {key: secrets.token_bytes(32) for key in draft.personal}
    body = rfc8785.dumps(_body(draft, event_id, at, actor, trace, result, salts))
    values = {
        "event_entity": session.info["entity_id"],
        "event_id": event_id,
        "event_at": at,
        "event_type": draft.type,
        "event_result": result.value,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "object_kind": draft.object_kind,
        "object_id": draft.object_id,
        "event_expediente_id": draft.expediente_id,
        "event_body": body,
        "event_leaf": leaf_hash(body),
    }
    along = draft.along
    if along is None:
        driver_rows(session, _INSERT, values)
    else:
        sql = f"WITH {along.steps}, event AS ({_INSERT})\n{along.answer}"
        (row,) = driver_rows(session, sql, {**along.values, **values})
        along.answered(row)
    for key, value in draft.personal.items():
        session.add(AuditPersonalData(event_id=event_id, key=key, salt=salts[key], value=value))
    return event_id


def leaf_hash(body: bytes) -> bytes:
    """The leaf hash of RFC 6962 section 2.1: SHA-256(0x00 ‖ body)."""
    return hashlib.sha256(b"\x00" + body).digest()


def _body(
    draft: EventDraft,
    event_id: UUID,
    at: datetime,
    actor: Actor,
    trace: Trace,
    result: Result,
    salts: Mapping[str, bytes],
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "v": BODY_VERSION,
        "id": str(event_id),
        "at": canonical_instant(at),
        "type": draft.type,
        "result": result.value,
        "actor": {
            "kind": actor.kind.value,
            "id": _text(actor.id),
            "as": sorted(actor.roles),
        },
        "behalf": _text(actor.on_behalf_of),
        "process": actor.process or None,
        "object": {"kind": draft.object_kind, "id": draft.object_id},
        "expediente": _text(draft.expediente_id),
        "basis": draft.basis,
        "reason": draft.reason,
        "facts": canonical_value(draft.facts),
        "sealed": {
            key: hashlib.sha256(salts[key] + value.encode()).hexdigest()
            for key, value in draft.personal.items()
        },
        "session": trace.session_id,
        "request": trace.request_id,
        "address": trace.address,
        "job": trace.job,
    }
    return {key: value for key, value in fields.items() if value not in (None, {}, [])}


def canonical_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with microseconds and a final Z."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def canonical_value(value: Any) -> Any:  # noqa: C901 - one case for each type
    """A value as the record writes it: no floats, money and large integers as text, NFC text."""
    match value:
        case None | bool():
            return value
        case Enum():
            return canonical_value(value.value)
        case str():
            return unicodedata.normalize("NFC", value)
        case int():
            return value if abs(value) <= _SAFE_INTEGER else str(value)
        case Decimal() | UUID():
            return str(value)
        case datetime():
            return canonical_instant(value)
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case Mapping():
            return {str(key): canonical_value(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [canonical_value(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form in the record")


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
