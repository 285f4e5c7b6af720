"""Key files: encrypted, private to their owner, refused when weak or broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from signatures.keys import (
    KeyFileError,
    SigningKey,
    load_bundle,
    load_private,
    matches,
    save_private,
)
from tests.signatures.conftest import World


def bundle(path: Path, key: SigningKey) -> Path:
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal", key.private, key.certificate, list(key.chain), BestAvailableEncryption(b"x")
        )
    )
    return path


def test_a_private_key_comes_back_and_its_file_is_encrypted_and_private(
    world: World, tmp_path: Path
) -> None:
    path = tmp_path / "seal.pem"
    save_private(path, world.seal.private, b"secret")
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["seal.pem"]
    loaded = load_private(path, b"secret")
    assert matches(loaded, world.seal.certificate)
    assert not matches(loaded, world.official.certificate)


def test_a_wrong_passphrase_and_a_missing_file_are_named(world: World, tmp_path: Path) -> None:
    save_private(tmp_path / "seal.pem", world.seal.private, b"secret")
    with pytest.raises(KeyFileError, match="contraseña"):
        load_private(tmp_path / "seal.pem", b"other")
    with pytest.raises(KeyFileError, match="No existe"):
        load_private(tmp_path / "other.pem", b"secret")
    with pytest.raises(KeyFileError, match="No existe"):
        load_bundle(tmp_path / "other.p12", b"secret")


def test_what_an_authority_delivers_is_read_whole(world: World, tmp_path: Path) -> None:
    path = bundle(tmp_path / "seal.p12", world.seal)
    loaded = load_bundle(path, b"x")
    assert (loaded.certificate, loaded.chain) == (world.seal.certificate, world.seal.chain)
    with pytest.raises(KeyFileError, match="contraseña"):
        load_bundle(path, b"y")


def test_a_short_rsa_key_is_refused(world: World, tmp_path: Path) -> None:
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
    path = bundle(tmp_path / "weak.p12", SigningKey(private, certificate, ()))
    with pytest.raises(KeyFileError, match="corta"):
        load_bundle(path, b"x")
    save_private(tmp_path / "weak.pem", private, b"x")
    with pytest.raises(KeyFileError, match="corta"):
        load_private(tmp_path / "weak.pem", b"x")
