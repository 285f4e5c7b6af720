"""The folder of keys: private keys encrypted, the trusted roots and the revocation lists in the open.

`keys_dir/*.pem` are private keys, `keys_dir/trust/*.pem` roots, `keys_dir/crl/*.crl` lists in DER.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ConfigurationError
from engine.installation_key import installation_key
from engine.settings import Settings

if TYPE_CHECKING:
    from cryptography import x509

MINIMUM_PASSPHRASE = 16


def passphrase(settings: Settings) -> bytes:
    """What opens the key files: the installation's, else (never in production) one made once.

    Raises ConfigurationError when it is missing or short in production.
    """
    given = settings.key_passphrase
    if given is None and settings.demo:
        made = installation_key(settings, purpose="key-passphrase", file_name="key-passphrase")
        return made.hex().encode()
    if given is None or (not settings.demo and len(given) < MINIMUM_PASSPHRASE):
        raise ConfigurationError(
            f"ANDECHA_KEY_PASSPHRASE necesita al menos {MINIMUM_PASSPHRASE} caracteres."
        )
    return given.encode()


def trust_dir(settings: Settings) -> Path:
    """Where the roots that the town trusts lie, one PEM each."""
    return settings.keys_dir / "trust"


def lists_dir(settings: Settings) -> Path:
    """Where the revocation lists lie, one DER each."""
    return settings.keys_dir / "crl"


def read_roots(settings: Settings) -> tuple[x509.Certificate, ...]:
    """The trusted roots; none when the folder is empty. Raises ConfigurationError."""
    from cryptography.x509 import load_pem_x509_certificates

    roots = []
    for path in sorted(trust_dir(settings).glob("*.pem")):
        try:
            roots += load_pem_x509_certificates(path.read_bytes())
        except ValueError:
            raise ConfigurationError(f"La raíz de confianza {path} no se puede leer.") from None
    return tuple(roots)


def read_lists(settings: Settings) -> tuple[bytes, ...]:
    """The revocation lists in DER, as they lie in the folder."""
    return tuple(path.read_bytes() for path in sorted(lists_dir(settings).glob("*.crl")))
