"""The check of a signed index with the documents that came with it: nothing changed, nothing missing.

What a signature covers is what the index names: each document's whole ENI file by its hash (NTI-E V).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.documents.eni_expediente import (
    INDEX_ID,
    METADATA_ID,
    IndexedDocument,
    IndexedFolder,
    parse_expediente,
)
from engine.documents.eni_xml import XMLDSIG, parse_xml
from forms.canonical import fingerprint

if TYPE_CHECKING:
    from cryptography import x509

_REFERENCES = 4
"""The index, the metadata, the signature's own properties and its key."""


@dataclass(frozen=True)
class IndexFinding:
    """What is wrong; identifier: of the document, empty for the index itself."""

    identifier: str
    message: str


def check_index(
    index: bytes, files: Mapping[str, bytes], roots: Sequence[x509.Certificate]
) -> tuple[IndexFinding, ...]:
    """Every fault of an index; none means that it is whole and signed by somebody that we trust.

    files: the ENI files by the identifier of their document; roots: the certificates trusted.
    Raises BadInput when the index is no ENI expediente at all.
    """
    expediente = parse_expediente(index)
    return (*_check_signature(index, roots), *_check_files(expediente.entries, files))


def _check_files(
    entries: Iterable[IndexedDocument | IndexedFolder], files: Mapping[str, bytes]
) -> Iterator[IndexFinding]:
    named = {entry.identifier: entry for entry in _flat(entries)}
    for identifier, entry in named.items():
        data = files.get(identifier)
        if data is None:
            yield IndexFinding(identifier, "El documento está en el índice y no se ha entregado.")
        elif fingerprint(data) != entry.sha256.hex():
            yield IndexFinding(identifier, "El documento no es el que se indizó: ha cambiado.")
    for identifier in sorted(files.keys() - named.keys()):
        yield IndexFinding(identifier, "El documento no está en el índice.")


def _flat(entries: Iterable[IndexedDocument | IndexedFolder]) -> Iterator[IndexedDocument]:
    for entry in entries:
        if isinstance(entry, IndexedFolder):
            yield from _flat(entry.entries)
        else:
            yield entry


def _check_signature(index: bytes, roots: Sequence[x509.Certificate]) -> Iterator[IndexFinding]:
    from signxml.exceptions import SignXMLException
    from signxml.xades.xades import XAdESVerifier

    root = parse_xml(index)
    chain = _certificates(root)
    if not chain:
        yield IndexFinding("", "El índice no está firmado.")
        return
    try:
        results = XAdESVerifier().verify(
            root, x509_cert=chain[0], expect_references=_REFERENCES, id_attribute="Id"
        )
    except (SignXMLException, ValueError) as error:
        yield IndexFinding("", f"La firma del índice no es correcta: {error}")
        return
    covered = {found.signed_xml.get("Id") for found in results if found.signed_xml is not None}
    if not {INDEX_ID, METADATA_ID} <= covered:
        yield IndexFinding("", "La firma no cubre el índice y los metadatos del expediente.")
    if not _trusted(chain, roots):
        yield IndexFinding("", "El certificado que firma el índice no es de confianza.")


def _certificates(root: Any) -> list[x509.Certificate]:
    """The signer's certificate and those that it brings, in their order."""
    import base64
    import binascii

    from cryptography.x509 import load_der_x509_certificate

    found = []
    for element in root.iter(f"{{{XMLDSIG}}}X509Certificate"):
        try:
            found.append(load_der_x509_certificate(base64.b64decode(element.text or "")))
        except (ValueError, binascii.Error):
            continue
    return found


def _trusted(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> bool:
    """Whether the certificates lead, each issued by the next, to a trusted one."""
    from cryptography.exceptions import InvalidSignature

    issuers = [*chain[1:], *roots]
    current = chain[0]
    for _ in range(len(issuers) + 1):
        if current in roots:
            return True
        for issuer in issuers:
            try:
                current.verify_directly_issued_by(issuer)
            except (ValueError, TypeError, InvalidSignature):
                continue
            current = issuer
            break
        else:
            return False
    return False
