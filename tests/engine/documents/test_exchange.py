"""A document as it is exchanged: valid ENI, its signatures named, the unsigned one sealed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from factories.town import TestKeys
from lxml import etree

from engine.documents import operations, secure_codes
from engine.documents.codes import DocumentKind, Origin, SignatureKind
from engine.documents.eni import EniDocument, parse_document
from engine.documents.exchange import eni_file
from engine.documents.secure_code import printed
from engine.errors import NotFound
from engine.ids import new_id
from engine.townhall import TownHall

SCHEMA = Path(__file__).resolve().parents[4] / "shared" / "data" / "eni" / "documentoEni.xsd"
CONTENT = b"unas alegaciones"


@pytest.fixture
def upload(hall: TownHall) -> EniDocument:
    document = operations.add_document(
        hall.system("t"),
        title="Alegaciones",
        kind=DocumentKind.ALLEGATION,
        origin=Origin.CITIZEN,
        media_type="text/plain",
        name="alegaciones.txt",
        data=CONTENT,
    )
    with hall.database.reading() as session:
        return checked(eni_file(hall, session, document.id))


def checked(data: bytes) -> EniDocument:
    """The file read back, valid for the official schema where it is at hand."""
    if SCHEMA.exists():
        parser = etree.XMLParser(load_dtd=False, no_network=True)
        etree.XMLSchema(etree.parse(SCHEMA, parser)).assertValid(etree.fromstring(data))
    return parse_document(data)


def test_a_sealed_document_names_its_code_and_its_seal(
    hall: TownHall, run_all: Callable[[], int]
) -> None:
    made = operations.render_document(
        hall.system("t"),
        template="t",
        source="<p>x</p>",
        context={},
        title="Resolución",
        kind=DocumentKind.RESOLUTION,
        seal=True,
    )
    with hall.database.reading() as session, pytest.raises(NotFound):
        eni_file(hall, session, made.id)
    run_all()
    with hall.database.reading() as session:
        document = checked(eni_file(hall, session, made.id))
        code = secure_codes.reveal(hall, session, made.id)
    assert code is not None
    csv, pades = document.signatures
    assert (csv.csv, csv.csv_regulation) == (
        printed(code),
        hall.settings.town.secure_code_regulation,
    )
    assert (pades.kind, pades.data) == (SignatureKind.PADES, None)
    assert (document.identifier, document.origin) == (made.eni_id, Origin.ADMINISTRATION)
    assert document.content is not None
    assert document.content.startswith(b"%PDF-")


def test_what_carries_no_signature_gets_the_detached_seal_of_the_organ(
    upload: EniDocument, root_pem: Path, tmp_path: Path
) -> None:
    (signature,) = upload.signatures
    assert signature.kind is SignatureKind.CADES_DETACHED
    assert (upload.format_name, upload.content, upload.origin) == ("TXT", CONTENT, Origin.CITIZEN)
    assert verified(signature.data or b"", CONTENT, root_pem, tmp_path)
    assert not verified(signature.data or b"", CONTENT + b".", root_pem, tmp_path)


def verified(signature: bytes, content: bytes, root_pem: Path, folder: Path) -> bool:
    """What OpenSSL says of a detached CAdES."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (folder / "s.p7s").write_bytes(signature)
    (folder / "content").write_bytes(content)
    done = subprocess.run(
        [
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER"),
            *("-in", str(folder / "s.p7s"), "-content", str(folder / "content")),
            *("-CAfile", str(root_pem), "-purpose", "any", "-out", "/dev/null"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0 and "CAdES Verification successful" in done.stderr


def test_a_silent_time_stamp_authority_does_not_stop_the_exchange(
    hall: TownHall, keys: TestKeys, root_pem: Path, tmp_path: Path
) -> None:
    from engine.documents.sealing import seal_detached

    keys.silent = True
    assert verified(seal_detached(hall, CONTENT), CONTENT, root_pem, tmp_path)


def test_an_unknown_document_is_not_exchanged(hall: TownHall) -> None:
    with hall.database.reading() as session, pytest.raises(NotFound):
        eni_file(hall, session, new_id())
