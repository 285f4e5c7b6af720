"""The signed index of an expediente: others' verifiers accept it, and no value can be changed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from factories.town import TestKeys
from lxml import etree
from test_eni import an_expediente, schema

from engine.documents.eni_expediente import build_expediente, parse_expediente
from engine.documents.index_signature import index_signer
from engine.townhall import TownHall


@pytest.fixture
def signed(hall: TownHall) -> bytes:
    return build_expediente(an_expediente(), index_signer(hall))


def verdict(data: bytes, keys: TestKeys, folder: Path) -> str:
    """What xmlsec1 says, with its count of references."""
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed")
    files = {
        "expediente.xml": data,
        "root.pem": keys.authority.root.public_bytes(Encoding.PEM),
        "issuing.pem": keys.authority.issuing.public_bytes(Encoding.PEM),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    base = "http://administracionelectronica.gob.es/ENI/XSD/v1.0/expediente-e"
    done = subprocess.run(
        [
            *("xmlsec1", "--verify", "--enabled-reference-uris", "empty,same-doc"),
            *("--id-attr:Id", f"{base}/indice-e:IndiceContenido"),
            *("--id-attr:Id", f"{base}/metadatos:metadatosExp"),
            *("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"),
            *("--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:KeyInfo"),
            *("--trusted-pem", str(folder / "root.pem")),
            *("--untrusted-pem", str(folder / "issuing.pem")),
            str(folder / "expediente.xml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr + f" rc {done.returncode}"


def test_an_independent_verifier_accepts_the_index_with_all_its_references(
    signed: bytes, keys: TestKeys, tmp_path: Path
) -> None:
    """EXP-1: the index is authenticated."""
    told = verdict(signed, keys, tmp_path)
    assert "rc 0" in told, told
    assert "SignedInfo References (ok/all): 4/4" in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">E02<", b">E01<"),
        (b">1234567<", b">7654321<"),
        (b">12345678Z<", b">00000000T<"),
        (b"OrdenDocumentoExpediente>1<", b"OrdenDocumentoExpediente>9<"),
        (b">anexos<", b">otros<"),
    ],
)
def test_a_change_in_the_index_or_in_the_metadata_is_found(
    signed: bytes, keys: TestKeys, tmp_path: Path, old: bytes, new: bytes
) -> None:
    assert signed.count(old) == 1
    assert "rc 0" not in verdict(signed.replace(old, new), keys, tmp_path)


def test_the_signed_expediente_is_valid_for_the_official_schema(signed: bytes) -> None:
    schema("expedienteEni.xsd").assertValid(etree.fromstring(signed))


def test_the_signature_says_the_instant_of_the_clock(signed: bytes) -> None:
    signature = parse_expediente(signed).signature
    assert signature is not None
    assert b"2026-11-24T09:00:00+00:00</xades:SigningTime>" in signature
