"""The ENI electronic expediente (BOE-A-2011-13170): metadata and the index that foliates it.

Art. 70.3 of Ley 39/2015 and art. 51 of RD 203/2021: the signed index closes the expediente.
"""

from __future__ import annotations

import base64
import binascii
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree
from lxml.etree import _Element

from engine.documents.codes import ExpedienteState, SignatureKind
from engine.documents.eni_xml import (
    EXPEDIENTE,
    EXPEDIENTE_METADATA,
    INDEX,
    INDEX_CONTENT,
    SIGNATURE,
    XMLDSIG,
    child,
    find,
    instant_text,
    optional_text,
    parse_instant,
    parse_xml,
    serialize,
    text_of,
)
from engine.documents.identifiers import EXPEDIENTE_ID
from engine.errors import BadInput

INDEX_ID = "indice-contenido"
METADATA_ID = "metadatos-expediente"
SHA256_URI = "http://www.w3.org/2001/04/xmlenc#sha256"
_SHA256_NAMES = frozenset({SHA256_URI.lower(), "sha-256", "sha256"})
_HASH_BYTES = 32
_HASH_HEX = 64
_PREFIXES = {
    "eniexp": EXPEDIENTE,
    "eniexpind": INDEX,
    "eniconexpind": INDEX_CONTENT,
    "eniexpmeta": EXPEDIENTE_METADATA,
    "enids": SIGNATURE,
}

SignIndex = Callable[[_Element, tuple[str, ...]], _Element]
"""Puts in an element a `ds:Signature` over the nodes with these `Id`s; returns the document's root."""


@dataclass(frozen=True)
class IndexedDocument:
    """A document of the index.

    sha256: of the whole ENI `documento` file as it is exchanged; order: from 1, the folio.
    """

    identifier: str
    sha256: bytes
    incorporated_at: datetime | None = None
    order: int | None = None


@dataclass(frozen=True)
class IndexedFolder:
    """A folder of the index."""

    identifier: str
    entries: tuple[IndexedDocument | IndexedFolder, ...]


@dataclass(frozen=True)
class EniExpediente:
    """An expediente with its minimum metadata and its index.

    classification: the SIA code, or `<organ>_PRO_<id>` before the procedure is in the inventory;
    interested: documents of identity of the interested persons.
    """

    identifier: str
    organs: tuple[str, ...]
    opened_at: datetime
    classification: str
    state: ExpedienteState
    indexed_at: datetime
    entries: tuple[IndexedDocument | IndexedFolder, ...]
    interested: tuple[str, ...] = field(default=())
    signature: bytes | None = None


def build_expediente(expediente: EniExpediente, sign: SignIndex) -> bytes:
    """The signed XML of the expediente; raises ValueError when a metadatum breaks the NTI.

    The signature covers the index and also the metadata: a signature over the index alone, as the
    NTI asks at least, would let the state or the interested persons be changed unnoticed.
    """
    if not EXPEDIENTE_ID.fullmatch(expediente.identifier):
        raise ValueError(f"{expediente.identifier!r} is not an ENI expediente identifier")
    if not expediente.organs or not expediente.entries:
        raise ValueError("an expediente has an organ and at least one document")
    root = etree.Element(f"{{{EXPEDIENTE}}}expediente", nsmap=dict(_PREFIXES))
    index = child(root, INDEX, "indice")
    content = child(index, INDEX, "IndiceContenido")
    content.set("Id", INDEX_ID)
    child(
        content,
        INDEX_CONTENT,
        "FechaIndiceElectronico",
        instant_text(expediente.indexed_at),
    )
    _build_entries(content, expediente.entries)
    signatures = child(index, SIGNATURE, "firmas")
    signature = child(signatures, SIGNATURE, "firma")
    signature.set("ref", f"{INDEX_ID},{METADATA_ID}")
    child(signature, SIGNATURE, "TipoFirma", SignatureKind.XADES_DETACHED.value)
    place = child(child(signature, SIGNATURE, "ContenidoFirma"), SIGNATURE, "FirmaConCertificado")
    _build_metadata(root, expediente)
    return serialize(sign(place, (INDEX_ID, METADATA_ID)))


def _build_entries(parent: _Element, entries: tuple[IndexedDocument | IndexedFolder, ...]) -> None:
    for entry in entries:
        if isinstance(entry, IndexedFolder):
            folder = child(parent, INDEX_CONTENT, "CarpetaIndizada")
            child(folder, INDEX_CONTENT, "IdentificadorCarpeta", entry.identifier)
            _build_entries(folder, entry.entries)
            continue
        element = child(parent, INDEX_CONTENT, "DocumentoIndizado")
        child(element, INDEX_CONTENT, "IdentificadorDocumento", entry.identifier)
        child(element, INDEX_CONTENT, "ValorHuella", base64.b64encode(entry.sha256).decode())
        child(element, INDEX_CONTENT, "FuncionResumen", SHA256_URI)
        if entry.incorporated_at is not None:
            child(
                element,
                INDEX_CONTENT,
                "FechaIncorporacionExpediente",
                instant_text(entry.incorporated_at),
            )
        if entry.order is not None:
            child(element, INDEX_CONTENT, "OrdenDocumentoExpediente", str(entry.order))


def _build_metadata(root: _Element, expediente: EniExpediente) -> None:
    metadata = child(root, EXPEDIENTE_METADATA, "metadatosExp")
    metadata.set("Id", METADATA_ID)
    child(metadata, EXPEDIENTE_METADATA, "VersionNTI", EXPEDIENTE)
    child(metadata, EXPEDIENTE_METADATA, "Identificador", expediente.identifier)
    for organ in expediente.organs:
        child(metadata, EXPEDIENTE_METADATA, "Organo", organ)
    child(
        metadata,
        EXPEDIENTE_METADATA,
        "FechaAperturaExpediente",
        instant_text(expediente.opened_at),
    )
    child(metadata, EXPEDIENTE_METADATA, "Clasificacion", expediente.classification)
    child(metadata, EXPEDIENTE_METADATA, "Estado", expediente.state.value)
    for person in expediente.interested:
        child(metadata, EXPEDIENTE_METADATA, "Interesado", person)


def parse_expediente(data: bytes) -> EniExpediente:
    """Read an expediente; raises BadInput, which says what is missing. It verifies no signature."""
    root = parse_xml(data)
    if root.tag != f"{{{EXPEDIENTE}}}expediente":
        raise BadInput("El fichero no es un expediente electrónico ENI.")
    index = find(root, INDEX, "indice")
    content = find(index, INDEX, "IndiceContenido")
    metadata = find(root, EXPEDIENTE_METADATA, "metadatosExp")
    signature = index.find(f".//{{{XMLDSIG}}}Signature")
    try:
        state = ExpedienteState(text_of(metadata, EXPEDIENTE_METADATA, "Estado"))
    except ValueError:
        raise BadInput("El estado del expediente ENI no es E01, E02 ni E03.") from None
    return EniExpediente(
        identifier=text_of(metadata, EXPEDIENTE_METADATA, "Identificador"),
        organs=_texts(metadata, "Organo"),
        opened_at=parse_instant(text_of(metadata, EXPEDIENTE_METADATA, "FechaAperturaExpediente")),
        classification=text_of(metadata, EXPEDIENTE_METADATA, "Clasificacion"),
        state=state,
        indexed_at=parse_instant(text_of(content, INDEX_CONTENT, "FechaIndiceElectronico")),
        entries=_parse_entries(content),
        interested=_texts(metadata, "Interesado"),
        signature=None if signature is None else _detached(signature),
    )


def _texts(metadata: _Element, name: str) -> tuple[str, ...]:
    return tuple(
        (item.text or "").strip() for item in metadata.iterfind(f"{{{EXPEDIENTE_METADATA}}}{name}")
    )


def _detached(element: _Element) -> bytes:
    copied = copy.deepcopy(element)
    copied.tail = None
    return etree.tostring(copied)


def _parse_entries(parent: _Element) -> tuple[IndexedDocument | IndexedFolder, ...]:
    entries: list[IndexedDocument | IndexedFolder] = []
    for element in parent:
        name = etree.QName(element).localname
        if name == "DocumentoIndizado":
            entries.append(_parse_indexed(element))
        elif name == "CarpetaIndizada":
            identifier = text_of(element, INDEX_CONTENT, "IdentificadorCarpeta")
            entries.append(IndexedFolder(identifier, _parse_entries(element)))
        elif name == "ExpedienteIndizado":
            # A nested expediente has no identifier in the schema: it is read as a folder.
            entries.append(IndexedFolder("", _parse_entries(element)))
    return tuple(entries)


def _parse_indexed(element: _Element) -> IndexedDocument:
    function = text_of(element, INDEX_CONTENT, "FuncionResumen").lower()
    if function not in _SHA256_NAMES:
        raise BadInput(f"El índice usa la función resumen «{function}», que no se admite.")
    incorporated = optional_text(element, INDEX_CONTENT, "FechaIncorporacionExpediente")
    order = optional_text(element, INDEX_CONTENT, "OrdenDocumentoExpediente")
    return IndexedDocument(
        identifier=text_of(element, INDEX_CONTENT, "IdentificadorDocumento"),
        sha256=_parse_hash(text_of(element, INDEX_CONTENT, "ValorHuella")),
        incorporated_at=parse_instant(incorporated) if incorporated else None,
        order=int(order) if order and order.isdigit() else None,
    )


def _parse_hash(text: str) -> bytes:
    """The hash, written in base64 as we do or in hexadecimal as others do."""
    try:
        value = bytes.fromhex(text) if len(text) == _HASH_HEX else base64.b64decode(text)
    except (ValueError, binascii.Error):
        value = b""
    if len(value) != _HASH_BYTES:
        raise BadInput("La huella de un documento del índice no es un SHA-256.")
    return value
