"""A receipt checked offline, by Andecha and by the stand-alone script: both find every alteration."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pypdf import PdfWriter

from engine.audit.events import leaf_hash
from engine.audit.merkle import inclusion_proof, root_of
from engine.errors import BadInput
from engine.record.log_key import PUBLIC_FILE, read_public_key
from engine.record.proof_document import check_receipt, proof_json
from engine.record.proofs import InclusionProof
from engine.registry.models import RegistryEntry
from engine.settings import ROOT
from engine.townhall import TownHall
from signatures.notes import Checkpoint, sign_checkpoint
from tests.engine.registry.test_receipt import filed, receipt_of

__all__ = ["filed"]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
COPY = b'{"answers":{}}'


@dataclass(frozen=True)
class Parts:
    """What a receipt carries."""

    body: bytes
    index: int
    size: int
    path: tuple[bytes, ...]
    note: str
    copy: bytes = COPY

    def pdf(self) -> bytes:
        writer = PdfWriter()
        writer.add_blank_page(100, 100)
        proof = InclusionProof(self.body, self.index, self.size, self.path, self.note, None)
        writer.add_attachment("prueba.json", proof_json(proof))
        writer.add_attachment("solicitud.json", self.copy)
        stream = io.BytesIO()
        writer.write(stream)
        return stream.getvalue()


@pytest.fixture
def parts() -> Parts:
    facts = {
        "code": "E-2026-1",
        "documents": [{"eni_id": "ES_X", "sha256": hashlib.sha256(COPY).hexdigest()}],
    }
    event = {"type": "registry.enter", "result": "ok", "facts": facts}
    body = json.dumps(event).encode()
    leaves = [
        leaf_hash(b"0"),
        leaf_hash(b"1"),
        leaf_hash(body),
        *(leaf_hash(bytes([n])) for n in range(8)),
    ]
    path = inclusion_proof(lambda start, end: leaves[start:end], 2, len(leaves))
    note = sign_checkpoint(Checkpoint("sede/registro", len(leaves), root_of(leaves)), KEY)
    return Parts(body, 2, len(leaves), tuple(path), note)


def script(pdf: bytes, key: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "receipt.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "check_receipt.py"), str(path), str(key)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def test_a_real_receipt_is_found_in_the_log_by_both(
    hall: TownHall,
    filed: RegistryEntry,
    run_all: Callable[[], int],
    tmp_path: Path,
    run_cli: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    run_all()
    _document, pdf = receipt_of(hall, filed)
    key = hall.settings.keys_dir / PUBLIC_FILE
    report = check_receipt(pdf, read_public_key(key))
    assert report.faults == []
    assert (report.ok, report.number) == (True, filed.code)
    assert len(report.documents) == 2
    done = script(pdf, key, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert filed.code in done.stdout
    (tmp_path / "r.pdf").write_bytes(pdf)
    shown = run_cli("check", "receipt", str(tmp_path / "r.pdf"), "--log-key", str(key), "--json")
    assert (shown.returncode, json.loads(shown.stdout)["number"]) == (0, filed.code)


def test_a_made_receipt_is_found_by_both(parts: Parts, key_file: Path, tmp_path: Path) -> None:
    assert check_receipt(parts.pdf(), KEY.public_key()).ok
    assert script(parts.pdf(), key_file, tmp_path).returncode == 0


ALTERED: dict[str, Callable[[Parts], Parts]] = {
    "another body": lambda p: replace(p, body=p.body.replace(b"E-2026-1", b"E-2026-2")),
    "another place": lambda p: replace(p, index=3),
    "another size": lambda p: replace(p, size=p.size + 1),
    "a step changed": lambda p: replace(p, path=(bytes(32), *p.path[1:])),
    "a step missing": lambda p: replace(p, path=p.path[1:]),
    "a step too many": lambda p: replace(p, path=(*p.path, bytes(32))),
    "another copy": lambda p: replace(p, copy=b'{"answers":{"x":1}}'),
    "another key": lambda p: replace(p, note=sign_checkpoint(Checkpoint("sede/registro", p.size, bytes(32)), Ed25519PrivateKey.generate())),
    "another root": lambda p: replace(p, note=p.note.replace(p.note.split("\n")[2], base64.b64encode(bytes(32)).decode())),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_every_alteration_is_found_by_both(
    parts: Parts, key_file: Path, tmp_path: Path, name: str
) -> None:
    pdf = ALTERED[name](parts).pdf()
    report = check_receipt(pdf, KEY.public_key())
    assert not report.ok
    assert report.faults
    assert script(pdf, key_file, tmp_path).returncode == 1


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF", bytes(1000)])
def test_what_is_no_receipt_is_told_apart_from_a_false_one(
    data: bytes, key_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput):
        check_receipt(data, KEY.public_key())
    assert script(data, key_file, tmp_path).returncode == 2


def test_the_script_is_short_and_stands_alone() -> None:
    source = (ROOT / "tools" / "check_receipt.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300
    assert "from engine" not in source
    assert "from signatures" not in source
