"""Take a key into the house: its file first, then its certificate into force."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput
from engine.keys.folder import passphrase
from engine.keys.models import Certificate, Purpose
from engine.keys.operations import register_certificate
from engine.townhall import Call

if TYPE_CHECKING:
    from signatures.keys import SigningKey


def enrol(call: Call, purpose: Purpose, holder: str, key: SigningKey) -> Certificate:
    """Keep the private key, encrypted, and register its certificate; a file without row is harmless."""
    from cryptography.hazmat.primitives.hashes import SHA256

    from signatures.keys import matches, save_private

    if not matches(key.private, key.certificate):
        raise BadInput("La clave no es la del certificado.")
    settings = call.townhall.settings
    settings.keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    slot = hashlib.sha256(holder.encode()).hexdigest()[:8]
    name = f"{purpose.value}-{slot}-{key.certificate.fingerprint(SHA256()).hex()[:16]}.pem"
    save_private(settings.keys_dir / name, key.private, passphrase(settings))
    return register_certificate(
        call,
        purpose=purpose,
        holder=holder,
        certificate=key.certificate,
        chain=key.chain,
        key_file=name,
    )


def enrol_bundle(call: Call, purpose: Purpose, holder: str, path: Path, secret: str) -> Certificate:
    """Take in the .p12 that an authority delivered; raises BadInput that says what is wrong with it.

    The root of its chain is not trusted by that: it is put by hand in the folder of trusted roots.
    """
    from signatures.keys import KeyFileError, load_bundle

    try:
        key = load_bundle(path, secret.encode())
    except KeyFileError as error:
        raise BadInput(str(error)) from None
    return enrol(call, purpose, holder, key)
