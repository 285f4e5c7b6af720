"""The log's Ed25519 key: it signs checkpoints and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from engine.errors import ConfigurationError
from engine.settings import Settings

PRIVATE_FILE = "log-key.pem"
PUBLIC_FILE = "log-key.pub.pem"


@dataclass(frozen=True)
class LogKey:
    """The key and the name of the log that it signs."""

    origin: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        return self.private.public_key()


def origin_of(settings: Settings) -> str:
    """The log's name: the sede's address without scheme, and the town's DIR3 code."""
    host = settings.base_url.split("://", 1)[-1]
    return f"{host}/registro/{settings.town.dir3}"


def load_log_key(settings: Settings) -> LogKey:
    """The key of this installation; outside production it is made the first time.

    Raises ConfigurationError when it is missing in production or its passphrase is wrong.
    """
    path = settings.keys_dir / PRIVATE_FILE
    if not path.exists():
        if not settings.demo:
            raise ConfigurationError(
                f"Falta la clave del registro de auditoría en {path}: cree una con «andecha audit key»."
            )
        make_log_key(settings)
    passphrase = settings.key_passphrase.encode() if settings.key_passphrase else None
    try:
        private = load_pem_private_key(path.read_bytes(), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            f"No se puede abrir la clave {path}: revise su contraseña."
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationError(f"La clave {path} no es Ed25519.")
    return LogKey(origin_of(settings), private)


def make_log_key(settings: Settings) -> None:
    """Make the key, readable by its owner only, and its public half beside it; never over another."""
    settings.keys_dir.mkdir(parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    protection = (
        BestAvailableEncryption(settings.key_passphrase.encode())
        if settings.key_passphrase
        else NoEncryption()
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    handle = os.open(settings.keys_dir / PRIVATE_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    (settings.keys_dir / PUBLIC_FILE).write_bytes(
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def read_public_key(path: Path) -> Ed25519PublicKey:
    """A log's public key from a PEM file; raises ConfigurationError."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"No se puede leer la clave pública {path}.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError(f"La clave {path} no es Ed25519.")
    return key
