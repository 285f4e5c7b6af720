"""`townhall.parts["keys"]`: the keys in force, each opened once in a process, by purpose and holder.

Which certificate is in force is asked of the database each time, so that a rotation is noticed at
once; opening its key file, that costs more, is done once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from engine.errors import ConfigurationError
from engine.keys import queries
from engine.keys.folder import lists_dir, passphrase, read_lists, read_roots, trust_dir
from engine.keys.models import Purpose
from engine.settings import Settings

if TYPE_CHECKING:
    from cryptography import x509
    from pyhanko.sign.timestamps import TimeStamper

    from engine.keys.queries import CertificateRow
    from engine.townhall import TownHall
    from signatures.keys import SigningKey
    from signatures.pades import RevocationMaterial

_FolderState = tuple[tuple[str, int], ...]


class TownKeys:
    """The keys of a town hall. Every method raises ConfigurationError that says what to run."""

    def __init__(self, townhall: TownHall) -> None:
        self._townhall = townhall
        self._opened: dict[str, SigningKey] = {}
        self._roots: tuple[_FolderState, tuple[x509.Certificate, ...]] | None = None
        self._lists: tuple[_FolderState, tuple[bytes, ...]] | None = None

    def seal(self) -> SigningKey:
        """The seal of the town's organ (art. 42.a of Ley 40/2015)."""
        return self._key(Purpose.SEAL, seal_holder(self._townhall.settings))

    def official(self, official_id: UUID) -> SigningKey:
        """The key of an official (art. 43 of Ley 40/2015)."""
        return self._key(Purpose.OFFICIAL, str(official_id))

    def time_stamper(self) -> TimeStamper | None:
        """The services of `town.toml`, else the town's own authority by the town's clock, else None."""
        from signatures.time_stamps import (
            LocalTimeStamper,
            RemoteTimeStamper,
            TimeStampAuthority,
        )

        urls = self._townhall.settings.town.time_stamp_urls
        if urls:
            return RemoteTimeStamper(urls)
        row = self._active(Purpose.TIME_STAMPING, stamp_holder(self._townhall.settings))
        if row is None:
            return None
        return LocalTimeStamper(TimeStampAuthority(self._open(row), self._now))

    def _now(self) -> datetime:
        """The town's clock at this moment, also when the town gets another clock."""
        return self._townhall.clock.now()

    def trust_roots(self) -> Sequence[x509.Certificate]:
        """The roots that the town trusts, from its folder of keys and not from the database."""
        state = _state(trust_dir(self._townhall.settings))
        if self._roots is None or self._roots[0] != state:
            self._roots = state, read_roots(self._townhall.settings)
        return self._roots[1]

    def revocation(self) -> RevocationMaterial | None:
        """What a long-lived signature carries, judged by the town's clock; None without lists."""
        from signatures.pades import RevocationMaterial

        state = _state(lists_dir(self._townhall.settings))
        if self._lists is None or self._lists[0] != state:
            self._lists = state, read_lists(self._townhall.settings)
        lists, roots = self._lists[1], self.trust_roots()
        if not lists or not roots:
            return None
        return RevocationMaterial(roots, self._issuers(), lists, at=self._now())

    def _issuers(self) -> list[x509.Certificate]:
        """The certificates between the opened keys and the roots."""
        roots = set(self.trust_roots())
        found = {item for key in list(self._opened.values()) for item in key.chain}
        return [item for item in found if item not in roots]

    def _active(self, purpose: Purpose, holder: str) -> CertificateRow | None:
        with self._townhall.database.reading() as session:
            return queries.active(session, purpose, holder)

    def _key(self, purpose: Purpose, holder: str) -> SigningKey:
        row = self._active(purpose, holder)
        if row is None:
            raise ConfigurationError(_missing(self._townhall.settings, purpose, holder))
        return self._open(row)

    def _open(self, row: CertificateRow) -> SigningKey:
        found = self._opened.get(row.fingerprint)
        if found is None:
            found = self._opened[row.fingerprint] = open_key(self._townhall.settings, row)
        return found


def seal_holder(settings: Settings) -> str:
    """Who holds the town's seal."""
    return settings.town.organ_name


def stamp_holder(settings: Settings) -> str:
    """Who holds the town's own time-stamp authority."""
    return settings.town.name


def open_key(settings: Settings, row: CertificateRow) -> SigningKey:
    """The private key of a registered certificate; raises ConfigurationError."""
    from cryptography.x509 import load_pem_x509_certificates

    from signatures.keys import KeyFileError, SigningKey, load_private, matches

    path = settings.keys_dir / row.key_file
    try:
        private = load_private(path, passphrase(settings))
    except KeyFileError as error:
        advice = _missing(settings, row.purpose, row.holder)
        raise ConfigurationError(f"{error} {advice}") from None
    certificate, *chain = load_pem_x509_certificates(row.pem.encode())
    if not matches(private, certificate):
        raise ConfigurationError(
            f"La clave {path} no es la del certificado registrado: recupérela de la copia."
        )
    return SigningKey(private, certificate, tuple(chain))


def _missing(settings: Settings, purpose: Purpose, holder: str) -> str:
    what = {
        Purpose.SEAL: f"el sello de «{holder}»",
        Purpose.OFFICIAL: f"el certificado del empleado {holder}",
        Purpose.TIME_STAMPING: "la autoridad de sellado de tiempo",
    }[purpose]
    command = (
        "andecha keys demo"
        if settings.demo
        else f"andecha keys import {purpose.value} --holder «{holder}» FICHERO.p12"
    )
    return f"Falta {what}: ejecute «{command}»."


def _state(folder: Path) -> _FolderState:
    """What changes when a file of the folder does."""
    if not folder.is_dir():
        return ()
    return tuple(sorted((path.name, path.stat().st_mtime_ns) for path in folder.iterdir()))
