"""PAdES signatures, judged by other people's tools. Their exit code proves nothing: the text is read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from signatures.pades import Level, PdfSigningError, sign_pdf
from signatures.time_stamps import RemoteTimeStamper
from tests.signatures.conftest import World


@pytest.fixture(scope="session")
def trusting(world: World) -> str:
    """A certificate store for pdfsig that trusts the demonstration's root."""
    if shutil.which("pdfsig") is None or shutil.which("certutil") is None:
        pytest.skip("pdfsig y certutil no están instalados")
    store = f"sql:{world.folder}"
    subprocess.run(["certutil", "-N", "-d", store, "--empty-password"], check=True)
    subprocess.run(
        ["certutil", "-A", "-d", store, "-n", "root", "-t", "CT,C,C", "-i", world.root_file],
        check=True,
    )
    return store


def pdfsig(store: str, data: bytes, tmp_path: Path) -> str:
    path = tmp_path / "signed.pdf"
    path.write_bytes(data)
    done = subprocess.run(
        ["pdfsig", "-nssdir", store, str(path)], capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.mark.parametrize("level", Level)
def test_poppler_finds_each_level_valid_and_trusted(
    world: World, pdf: bytes, trusting: str, tmp_path: Path, level: Level
) -> None:
    signed = sign_pdf(
        pdf, world.seal, level=level, stamper=world.stamper, revocation=world.revocation
    )
    assert (signed.level, signed.degraded) == (level, None)
    text = pdfsig(trusting, signed.data, tmp_path)
    assert "Signature is Valid." in text
    assert "Certificate is Trusted." in text
    assert "ETSI.CAdES.detached" in text


def test_a_changed_byte_is_a_digest_mismatch(
    world: World, pdf: bytes, trusting: str, tmp_path: Path
) -> None:
    data = bytearray(sign_pdf(pdf, world.seal).data)
    position = data.index(b"/Type")
    data[position + 1 : position + 5] = b"Typo"
    assert "Digest Mismatch" in pdfsig(trusting, bytes(data), tmp_path)


def test_an_official_signs_and_the_town_seals_over_it(
    world: World, pdf: bytes, trusting: str, tmp_path: Path
) -> None:
    first = sign_pdf(pdf, world.official, level=Level.T, stamper=world.stamper, field="Firma1")
    both = sign_pdf(first.data, world.seal, level=Level.T, stamper=world.stamper, field="Sello1")
    assert both.data.startswith(first.data)
    text = pdfsig(trusting, both.data, tmp_path)
    assert text.count("Signature is Valid.") == 2
    assert "Covadonga Fueyo Llaneza" in text


def test_a_time_stamp_service_that_fails_lowers_the_level_and_loses_nothing(
    world: World, pdf: bytes
) -> None:
    nobody = RemoteTimeStamper(["http://127.0.0.1:9"], timeout=0.5)
    signed = sign_pdf(pdf, world.seal, level=Level.LT, stamper=nobody, revocation=world.revocation)
    assert signed.level is Level.B
    assert "no responde" in (signed.degraded or "")


@pytest.mark.parametrize("broken", [b"", b"%PDF-1.7\n", b"not a pdf", b"%PDF-1.7\n1 0 obj\n<<"])
def test_what_is_not_a_pdf_is_refused(world: World, broken: bytes) -> None:
    with pytest.raises(PdfSigningError):
        sign_pdf(broken, world.seal)
