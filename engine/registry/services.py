"""What models ask of the registry: `registry/enter`, the entry or the exit of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.operation import Act
from engine.people.queries import unit_by_code
from engine.registry.models import Book, Channel
from engine.registry.operations import enter
from engine.services import InstanceView, service


@service("registry/enter")
def enter_documents(
    act: Act,
    instance: InstanceView,
    *,
    subject: str,
    unit: str,
    book: str = Book.EXIT.value,
    documents: Sequence[str] = (),
    person_id: str | None = None,
    representative_id: str | None = None,
) -> Mapping[str, Any]:
    """Register documents of the expediente, as an exit unless said otherwise.

    unit: its code. The value: `entry_id`, `code`, `presented_at` (ISO 8601).
    """
    entry = enter(
        act,
        book=Book(book),
        subject=subject,
        unit_id=unit_by_code(act.session, unit).id,
        person_id=UUID(person_id) if person_id else None,
        representative_id=UUID(representative_id) if representative_id else None,
        documents=[UUID(identifier) for identifier in documents],
        channel=Channel.SYSTEM,
        expediente_id=instance.expediente_id,
    )
    return {
        "entry_id": str(entry.id),
        "code": entry.code,
        "presented_at": entry.presented_at.isoformat(),
    }
