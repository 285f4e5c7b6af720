"""The proof that travels inside a receipt (`prueba.json`), and its check without the town hall.

Keys of the proof: v; leaf_body, the event's canonical bytes in base64; index and size of the tree;
path, hashes in hexadecimal, lowest first; note, a C2SP checkpoint; time_stamp, an RFC 3161 token in
base64 or null.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.audit.events import leaf_hash
from engine.audit.merkle import verify_inclusion
from engine.errors import BadInput
from engine.record.proofs import InclusionProof
from signatures.notes import NoteError, open_checkpoint

PROOF_NAME = "prueba.json"
VERSION = 1
MAX_PDF_BYTES = 64_000_000
MAX_PROOF_BYTES = 200_000
_HASH_BYTES = 32


@dataclass
class ReceiptReport:
    """What an offline check of a receipt says; `faults` are sentences in Spanish."""

    ok: bool = False
    number: str = ""
    presented_at: str = ""
    origin: str = ""
    index: int = 0
    size: int = 0
    documents: list[dict[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The report for `--json`."""
        return asdict(self)


def proof_json(proof: InclusionProof) -> bytes:
    """The bytes of `prueba.json`."""
    stamp = None if proof.time_stamp is None else base64.b64encode(proof.time_stamp).decode()
    return json.dumps(
        {
            "v": VERSION,
            "leaf_body": base64.b64encode(proof.body).decode(),
            "index": proof.index,
            "size": proof.size,
            "path": [step.hex() for step in proof.path],
            "note": proof.note,
            "time_stamp": stamp,
        },
        ensure_ascii=False,
        indent=1,
    ).encode()


def check_receipt(pdf: bytes, key: Ed25519PublicKey) -> ReceiptReport:
    """Whether the filing of a receipt is in the log of this key, by what the receipt itself carries.

    Also checks every copy inside the receipt against the hash that the log holds of it. The PDF's
    own seal is checked apart (`andecha check signature`). Raises BadInput for what is no receipt.
    """
    files = embedded_files(pdf)
    data = files.pop(PROOF_NAME, None)
    if data is None:
        raise BadInput("El PDF no lleva dentro la prueba del registro (prueba.json).")
    report = ReceiptReport()
    try:
        proof = _parse(data)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise BadInput("La prueba que lleva el PDF no se entiende.") from None
    body = _check_inclusion(proof, key, report)
    if body is not None:
        _read_event(body, report)
        _check_copies(files, body, report)
    report.ok = not report.faults
    return report


def embedded_files(pdf: bytes) -> dict[str, bytes]:
    """The files attached inside a PDF, by name; raises BadInput."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    if len(pdf) > MAX_PDF_BYTES:
        raise BadInput("El PDF es demasiado grande.")
    try:
        found = PdfReader(io.BytesIO(pdf), strict=False).attachments
        return {name: contents[0] for name, contents in found.items() if contents}
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput("El fichero no es un PDF que se pueda leer.") from None


@dataclass(frozen=True)
class _Proof:
    body: bytes
    index: int
    size: int
    path: tuple[bytes, ...]
    note: str


def _parse(data: bytes) -> _Proof:
    if len(data) > MAX_PROOF_BYTES:
        raise ValueError("too large")
    raw = json.loads(data)
    path = tuple(bytes.fromhex(step) for step in raw["path"])
    if raw["v"] != VERSION or any(len(step) != _HASH_BYTES for step in path):
        raise ValueError("another shape")
    return _Proof(
        base64.b64decode(raw["leaf_body"], validate=True),
        int(raw["index"]),
        int(raw["size"]),
        path,
        str(raw["note"]),
    )


def _check_inclusion(
    proof: _Proof, key: Ed25519PublicKey, report: ReceiptReport
) -> Mapping[str, Any] | None:
    report.index, report.size = proof.index, proof.size
    try:
        signed = open_checkpoint(proof.note, key)
    except NoteError:
        report.faults.append("El punto de control no lleva la firma del registro del ayuntamiento.")
        return None
    report.origin = signed.origin
    included = signed.size == proof.size and verify_inclusion(
        leaf_hash(proof.body), proof.index, proof.size, proof.path, signed.root
    )
    if not included:
        report.faults.append("El asiento no está en el registro que firmó el ayuntamiento.")
        return None
    body = json.loads(proof.body)
    return body if isinstance(body, dict) else None


def _read_event(body: Mapping[str, Any], report: ReceiptReport) -> None:
    facts = body.get("facts", {})
    if body.get("type") != "registry.enter" or body.get("result") != "ok":
        report.faults.append("La prueba es de otro acto, no de una entrada en el registro.")
    report.number = str(facts.get("code") or facts.get("number") or "")
    report.presented_at = str(facts.get("presented_at") or body.get("at") or "")
    report.documents = [
        {"eni_id": str(item.get("eni_id", "")), "sha256": str(item.get("sha256", ""))}
        for item in facts.get("documents", [])
    ]


def _check_copies(
    files: Mapping[str, bytes], body: Mapping[str, Any], report: ReceiptReport
) -> None:
    """Each copied file must be one that the log names by its hash."""
    known = json.dumps(body.get("facts", {}))
    for name, data in files.items():
        if hashlib.sha256(data).hexdigest() not in known:
            report.faults.append(f"La copia «{name}» que lleva el PDF no es la que se registró.")
