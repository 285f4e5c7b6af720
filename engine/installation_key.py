"""Secret keys of an installation: derived from the secret key, else made once in the keys folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import ConfigurationError
from engine.settings import Settings

KEY_BYTES = 32


def installation_key(settings: Settings, *, purpose: str, file_name: str) -> bytes:
    """The 32-byte key of a purpose; each purpose has a key of its own.

    Without a secret key (the demonstration) a random key is made once in `keys_dir`.
    Raises ConfigurationError when the file is damaged.
    """
    if settings.secret_key is not None:
        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode("ascii"))
        return derived.derive(settings.secret_key)
    return _key_from_file(settings.keys_dir / file_name)


def _key_from_file(path: Path) -> bytes:
    """The key in the file; the first process to come makes it, and none overwrites another's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise ConfigurationError(
                f"La clave guardada en {path} está dañada: recupérela de la copia."
            ) from None
        return key
    with os.fdopen(handle, "wb") as file:
        key = secrets.token_bytes(KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
