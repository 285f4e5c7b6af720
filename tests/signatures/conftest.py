"""One demonstration authority for all the tests of signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.demo_authority import Authority, make_authority
from signatures.keys import SigningKey
from signatures.pades import RevocationMaterial
from signatures.time_stamps import LocalTimeStamper, TimeStampAuthority


@dataclass(frozen=True)
class World:
    """An authority, a seal, an official, a time stamper and the files that other tools want."""

    authority: Authority
    seal: SigningKey
    official: SigningKey
    stamps: TimeStampAuthority
    revocation: RevocationMaterial
    folder: Path

    @property
    def stamper(self) -> LocalTimeStamper:
        return LocalTimeStamper(self.stamps)

    @property
    def root_file(self) -> str:
        return str(self.folder / "root.pem")

    @property
    def issuing_file(self) -> str:
        return str(self.folder / "issuing.pem")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    now = datetime.now(UTC)
    authority = make_authority(now)
    folder = tmp_path_factory.mktemp("authority")
    (folder / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    (folder / "issuing.pem").write_bytes(authority.issuing.public_bytes(Encoding.PEM))
    return World(
        authority=authority,
        seal=authority.seal(
            organ="Alcaldía", entity="Ayuntamiento de Valdecandamo", nif="P3399014D"
        ),
        official=authority.employee(
            given="Covadonga",
            surnames=("Fueyo", "Llaneza"),
            nif="12345678Z",
            entity="Ayuntamiento de Valdecandamo",
            entity_nif="P3399014D",
            unit="Alcaldía",
            post="Alcaldesa",
        ),
        stamps=TimeStampAuthority(
            authority.time_stamping(entity="Ayuntamiento de Valdecandamo"),
            lambda: datetime.now(UTC),
        ),
        revocation=RevocationMaterial(
            [authority.root], [authority.issuing], [authority.revocation_list(now)]
        ),
        folder=folder,
    )


@pytest.fixture(scope="session")
def pdf() -> bytes:
    """A tagged PDF/A of one page."""
    from weasyprint import HTML

    html = "<html lang=es><title>Resolución</title><h1>Resolución</h1><p>Se autoriza la terraza."
    return bytes(HTML(string=html).write_pdf(pdf_variant="pdf/a-3u"))
