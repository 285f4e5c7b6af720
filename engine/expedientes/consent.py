"""A signature by identification and recorded consent (art. 10.2.c and 10.4 of Ley 39/2015; FIL-2).

The evidence is a token sealed by the town: who, how identified, over which bytes, with which words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.documents.sealing import town_keys
from engine.errors import ConfigurationError
from engine.expedientes.access import representative_of
from engine.operation import Act

if TYPE_CHECKING:
    from signatures.keys import SigningKey

DATA = Path(__file__).with_name("data") / "consent.toml"
EVIDENCE_TYPE = "application/jose"
_KEPT = timedelta(days=365 * 15)
"""A token has to end; this one is read with the instant at which it was made."""


@dataclass(frozen=True)
class ConsentText:
    """The words that the person accepts, with their version."""

    version: int
    since: date
    source: str
    text: str


@dataclass(frozen=True)
class Identification:
    """How the person had identified, and the request in which they consented.

    method, level: those of the session; request_id: that of the page that was sent.
    """

    method: str
    level: str
    request_id: str


@cache
def _texts() -> tuple[ConsentText, ...]:
    raw = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return tuple(
        ConsentText(item["version"], date.fromisoformat(item["from"]), item["source"], item["text"])
        for item in raw["consent"]
    )


def consent_text(today: date) -> ConsentText:
    """The words in force on a day; raises ConfigurationError when there are none."""
    found = [item for item in _texts() if item.since <= today]
    if not found:
        raise ConfigurationError("No hay ningún texto de consentimiento en vigor.")
    return max(found, key=lambda item: item.version)


def seal_consent(
    act: Act,
    *,
    purpose: str,
    subject_id: UUID,
    sha256: str,
    identification: Identification,
    consent: ConsentText,
    declarations: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """The evidence of a consent, as a compact JWS with the organ's seal.

    purpose: what was signed (`application`, `withdrawal`, `waiver`); sha256: of the signed bytes.
    """
    from signatures.tokens import Signer, seal_evidence

    key: SigningKey = town_keys(act.townhall).seal()
    representative = representative_of(act.actor)
    claims = {
        "purpose": purpose,
        "object": str(subject_id),
        "sha256": sha256,
        "person": str(act.actor.interested_id),
        "representative": None if representative is None else str(representative),
        "method": identification.method,
        "level": identification.level,
        "request": identification.request_id,
        "declarations": [dict(item) for item in declarations],
        "consent_version": consent.version,
        "at": act.now.isoformat(),
    }
    token = seal_evidence(
        claims,
        issuer=act.settings.base_url,
        audience=act.settings.town.dir3,
        subject=str(act.actor.id),
        now=act.now,
        key=Signer.of(key),
        lifetime=_KEPT,
    )
    return token.encode("ascii")
