"""Key files: encrypted, private to their owner, loaded once, refused when weak or broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from signatures.keys import KeyFileError, KeyStore, SigningKey, load_key, save_key
from tests.signatures.conftest import World


def test_a_key_comes_back_whole_and_its_file_is_private(world: World, tmp_path: Path) -> None:
    store = KeyStore(tmp_path, b"secret")
    store.save("seal", world.seal)
    loaded = store.key("seal")
    assert loaded.certificate == world.seal.certificate
    assert loaded.chain == world.seal.chain
    assert store.key("seal") is loaded
    assert (tmp_path / "seal.p12").stat().st_mode & 0o777 == 0o600


def test_a_wrong_passphrase_and_a_missing_file_are_named(world: World, tmp_path: Path) -> None:
    save_key(tmp_path / "seal.p12", world.seal, b"secret")
    with pytest.raises(KeyFileError, match="contraseña"):
        load_key(tmp_path / "seal.p12", b"other")
    with pytest.raises(KeyFileError, match="No existe"):
        load_key(tmp_path / "other.p12", b"secret")


def test_a_purpose_is_not_a_path(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        KeyStore(tmp_path, b"x").key("../seal")


def test_a_short_rsa_key_is_refused(world: World, tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    private = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the weak key is the test
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    save_key(tmp_path / "weak.p12", SigningKey(private, certificate, ()), b"x")
    with pytest.raises(KeyFileError, match="corta"):
        load_key(tmp_path / "weak.p12", b"x")
