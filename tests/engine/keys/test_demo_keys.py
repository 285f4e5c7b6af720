"""The demonstration's keys: made once, kept, renewed, refused in production, verified by other tools."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader

from engine.assembly import assemble
from engine.clock import FixedClock
from engine.documents.sealing import seal_pdf, sign_pdf
from engine.errors import ConfigurationError
from engine.keys.demo import DemoKeys, ensure_demo_keys, renew_demo_list
from engine.people.models import Official
from engine.settings import Environment
from engine.townhall import TownHall
from signatures.stamp_check import check_stamp
from signatures.time_stamps import time_stamp

Enlist = Callable[[int], list[Official]]
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl no está instalado"
)
needs_pdfsig = pytest.mark.skipif(
    shutil.which("pdfsig") is None or shutil.which("certutil") is None,
    reason="pdfsig o certutil no están instalados",
)


def ensure(townhall: TownHall) -> DemoKeys:
    return ensure_demo_keys(townhall, townhall.system("demo"))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    from weasyprint import HTML

    return bytes(HTML(string="<html lang=es><title>R</title><h1>Resolución").write_pdf())


def test_a_second_call_makes_nothing_and_a_new_official_gets_a_certificate(
    townhall: TownHall, enlist: Enlist
) -> None:
    enlist(3)
    assert ensure(townhall) == DemoKeys(house=2, officials=3)
    before = {path: path.stat().st_mtime_ns for path in townhall.settings.keys_dir.rglob("*.pem")}
    assert ensure(townhall) == DemoKeys(house=0, officials=0)
    after = {path: path.stat().st_mtime_ns for path in townhall.settings.keys_dir.rglob("*.pem")}
    assert before == after


def test_an_officials_certificate_has_their_name_and_document(
    townhall: TownHall, enlist: Enlist
) -> None:
    (official,) = enlist(1)
    ensure(townhall)
    subject = townhall.parts["keys"].official(official.id).certificate.subject
    values = {
        oid: subject.get_attributes_for_oid(oid)[0].value
        for oid in (NameOID.SURNAME, NameOID.GIVEN_NAME, NameOID.SERIAL_NUMBER)
    }
    assert values == {
        NameOID.SURNAME: "de la Fuente Álvarez",
        NameOID.GIVEN_NAME: "María del Carmen",
        NameOID.SERIAL_NUMBER: f"IDCES-{official.document_number}",
    }


def test_another_process_finds_the_same_keys(townhall: TownHall, enlist: Enlist) -> None:
    (official,) = enlist(1)
    ensure(townhall)
    keys = townhall.parts["keys"]
    again = assemble(townhall.settings, clock=townhall.clock)
    try:
        assert ensure(again) == DemoKeys(house=0, officials=0)
        reopened = again.parts["keys"]
        assert reopened.seal().certificate == keys.seal().certificate
        assert (
            reopened.official(official.id).private.private_numbers()
            == keys.official(official.id).private.private_numbers()
        )
        assert list(reopened.trust_roots()) == list(keys.trust_roots())
    finally:
        again.database.dispose()


def test_no_private_key_lies_in_the_open(townhall: TownHall, enlist: Enlist) -> None:
    enlist(1)
    ensure(townhall)
    folder = townhall.settings.keys_dir
    private = [*folder.glob("*.pem"), folder / "demo-authority" / "key.pem"]
    assert len(private) == 4
    for path in private:
        assert path.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_production_has_no_demonstration_keys(townhall: TownHall) -> None:
    townhall.settings = replace(townhall.settings, environment=Environment.PRODUCTION)
    with pytest.raises(ConfigurationError, match="andecha keys import"):
        ensure(townhall)
    assert not townhall.settings.keys_dir.exists()


def test_a_lost_key_folder_is_made_again_with_another_authority(
    townhall: TownHall, enlist: Enlist
) -> None:
    enlist(1)
    ensure(townhall)
    keys = townhall.parts["keys"]
    first = keys.seal().certificate
    shutil.rmtree(townhall.settings.keys_dir)
    assert ensure(townhall) == DemoKeys(house=2, officials=1)
    assert keys.seal().certificate != first
    assert [keys.seal().chain[-1]] == list(keys.trust_roots())


def test_the_revocation_list_and_the_certificates_are_renewed_before_they_end(
    townhall: TownHall, clock: FixedClock, enlist: Enlist
) -> None:
    enlist(1)
    ensure(townhall)
    keys = townhall.parts["keys"]
    first = x509.load_der_x509_crl(keys.revocation().crls[0])
    assert not renew_demo_list(townhall)
    clock.advance(timedelta(days=340))
    assert renew_demo_list(townhall)
    second = x509.load_der_x509_crl(keys.revocation().crls[0])
    assert second.last_update_utc == clock.now()
    numbers = [
        item.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for item in (first, second)
    ]
    assert numbers[0] < numbers[1]
    clock.advance(timedelta(days=3 * 365))
    assert ensure(townhall) == DemoKeys(house=2, officials=1)
    assert keys.seal().certificate.not_valid_after_utc > clock.now() + timedelta(days=1000)


def test_the_towns_time_stamps_say_the_towns_time(townhall: TownHall, clock: FixedClock) -> None:
    ensure(townhall)
    keys = townhall.parts["keys"]
    stamper = keys.time_stamper()
    clock.advance(timedelta(days=100))
    stamp = check_stamp(time_stamp(b"acta", stamper), b"acta", keys.trust_roots())
    assert stamp.at == clock.now()


@pytest.mark.parametrize("days", [0, 200])
def test_a_seal_by_a_moved_clock_is_long_lived_and_says_the_towns_time(
    townhall: TownHall, clock: FixedClock, pdf: bytes, days: int
) -> None:
    clock.advance(timedelta(days=days))
    ensure(townhall)
    signed = seal_pdf(townhall, pdf)
    assert (signed.level, signed.upgrade_pending) == ("LT", False)
    (signature,) = PdfFileReader(io.BytesIO(signed.data)).embedded_signatures
    assert signature.self_reported_timestamp == clock.now()


@needs_pdfsig
def test_pdfsig_trusts_a_sealed_and_signed_document(
    townhall: TownHall, enlist: Enlist, pdf: bytes, tmp_path: Path
) -> None:
    (official,) = enlist(1)
    ensure(townhall)
    signed = sign_pdf(townhall, seal_pdf(townhall, pdf).data, official.id, "Resuelve")
    (tmp_path / "signed.pdf").write_bytes(signed.data)
    root = tmp_path / "root.pem"
    root.write_bytes(townhall.parts["keys"].trust_roots()[0].public_bytes(Encoding.PEM))
    store = tmp_path / "nss"
    store.mkdir()
    for arguments in (["-N", "--empty-password"], ["-A", "-n", "root", "-t", "CT,C,C", "-i", root]):
        subprocess.run(["certutil", "-d", f"sql:{store}", *arguments], check=True)
    said = subprocess.run(
        ["pdfsig", "-nssdir", f"sql:{store}", str(tmp_path / "signed.pdf")],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert said.count("Signature is Valid.") == 2
    assert said.count("Certificate is Trusted.") == 2


@needs_openssl
def test_openssl_verifies_the_time_stamp_inside_a_sealed_document(
    townhall: TownHall, pdf: bytes, tmp_path: Path
) -> None:
    ensure(townhall)
    sealed = seal_pdf(townhall, pdf).data
    signature = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    info = signature.signer_info
    tokens = {item["type"].native: item["values"] for item in info["unsigned_attrs"]}
    token: cms.ContentInfo = tokens["signature_time_stamp_token"][0]
    root = townhall.parts["keys"].trust_roots()[0].public_bytes(Encoding.PEM)
    for name, data in (
        ("token", token.dump()),
        ("content", info["signature"].native),
        ("root.pem", root),
    ):
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [
            "openssl", "ts", "-verify", "-data", "content", "-in", "token", "-token_in",
            "-CAfile", "root.pem",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert "Verification: OK" in done.stdout + done.stderr
