"""The web's own secret: it binds forms to their session, signs notices and pseudonymises addresses."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from engine.settings import Settings

_FILE = "web.key"
_BYTES = 32


def web_secret(settings: Settings) -> bytes:
    """From ANDECHA_SECRET_KEY; without it, a file of the data folder, made once for all processes."""
    base = settings.secret_key or _stored(settings.data_dir)
    return derive(base, "andecha web v1")


def derive(key: bytes, purpose: str) -> bytes:
    """A key for one purpose alone."""
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


def _stored(folder: Path) -> bytes:
    path = folder / _FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        mine = folder / f"{_FILE}.{secrets.token_hex(8)}"
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
        try:
            os.link(mine, path)
        except FileExistsError:
            pass  # another process made it first: its key stands
        finally:
            mine.unlink()
    return path.read_bytes()
