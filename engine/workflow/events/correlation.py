"""Correlation: by which values a message finds the one instance that it is for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import BadInput
from engine.workflow.codec import NotStorable, encode
from engine.workflow.event_definitions import retrieved

MAX_PAYLOAD = 100_000
"""Of a message or a signal, in characters of stored text. Documents travel by their id."""
MAX_NAME = 200


def signature_of(retrieval: Mapping[str, str]) -> str:
    """Which properties correlate, and the FEEL that reads each from a payload, always alike."""
    return json.dumps(sorted(retrieval.items()), ensure_ascii=False, separators=(",", ":"))


def retrieval_of(signature: str) -> dict[str, str]:
    """The properties of a signature, with their FEEL."""
    return dict(json.loads(signature))


def correlation_hash(values: Mapping[str, Any]) -> str:
    """The hash of correlation values; numbers are the same however they are written."""
    if not values:
        return ""
    plain = {key: _normal(values[key]) for key in sorted(values)}
    return hashlib.sha256(encode(plain).encode()).hexdigest()


def _normal(value: Any) -> Any:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value).normalize()
    return value


def values_for(signature: str, payload: Any, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values that a message has for a signature; None when one is lacking.

    given: those that the sender names itself, which stand before what its payload says.
    """
    retrieval = retrieval_of(signature)
    read = {key: feel for key, feel in retrieval.items() if feel and key not in given}
    found = {**retrieved(read, payload), **given}
    values = {key: found[key] for key in retrieval if found.get(key) is not None}
    return values if len(values) == len(retrieval) else None


def check_event(name: str, payload: Any, given: Mapping[str, Any]) -> None:
    """Raises BadInput for a name, a payload or values that cannot be taken."""
    if not name.strip() or len(name) > MAX_NAME:
        raise BadInput(f"Indique el nombre del evento, de {MAX_NAME} caracteres como mucho.")
    for what, value in (("contenido", payload), ("texto de correlación", dict(given))):
        try:
            size = len(encode(value))
        except NotStorable as error:
            raise BadInput(f"El {what} de «{name}» no se puede guardar: {error}") from None
        if size > MAX_PAYLOAD:
            raise BadInput(
                f"El {what} de «{name}» ocupa {size} caracteres y el límite son {MAX_PAYLOAD}. "
                "Guarde aparte los documentos y envíe su identificador."
            )
