"""The keys of a test's town hall, and actors with exactly the permissions that a test gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from cryptography import x509
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from engine.permissions import Actor, ActorKind
from signatures.demo_authority import Authority
from signatures.keys import SigningKey
from signatures.pades import RevocationMaterial
from signatures.time_stamps import LocalTimeStamper, TimeStampAuthority

ENTITY = "Ayuntamiento de Valdecandamo"
NIF = "P3399014D"


class SilentStamper(TimeStamper):
    """A time-stamp service that never answers."""

    async def async_request_tsa_response(self, req: object) -> object:
        raise TimestampRequestError("no answer")


@dataclass
class TestKeys:
    """The town's keys as `townhall.parts["keys"]` gives them."""

    __test__ = False
    authority: Authority
    organ: SigningKey
    people: dict[UUID, SigningKey] = field(default_factory=dict)
    stamps: TimeStampAuthority | None = None
    crl: bytes = b""
    silent: bool = False

    def seal(self) -> SigningKey:
        return self.organ

    def official(self, official_id: UUID) -> SigningKey:
        return self.people[official_id]

    def time_stamper(self) -> TimeStamper | None:
        if self.silent or self.stamps is None:
            return SilentStamper()
        return LocalTimeStamper(self.stamps)

    def trust_roots(self) -> Sequence[x509.Certificate]:
        return [self.authority.root]

    def revocation(self) -> RevocationMaterial | None:
        return RevocationMaterial([self.authority.root], [self.authority.issuing], [self.crl])


def actor_for(kind: ActorKind, identifier: UUID, *permissions: str) -> Actor:
    """An actor with exactly these permissions."""
    return Actor(
        kind, id=identifier, permissions=frozenset(permissions), roles=frozenset({kind.value})
    )
