"""The ENI electronic document (BOE-A-2011-13169): its metadata, built to XML and read."""

from __future__ import annotations

import base64
import binascii
import copy
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree
from lxml.etree import _Element

from engine.documents.codes import DocumentKind, ElaborationState, Origin, SignatureKind
from engine.documents.eni_xml import (
    CONTENT,
    DOCUMENT,
    METADATA,
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
from engine.documents.identifiers import DOCUMENT_ID
from engine.errors import BadInput

CONTENT_ID = "contenido"
METADATA_ID = "metadatos"
_PREFIXES = {
    "enidoc": DOCUMENT,
    "enifile": CONTENT,
    "enidocmeta": METADATA,
    "enids": SIGNATURE,
    "ds": XMLDSIG,
}
# NombreFormato is the name that the standards' catalogue gives to the format, not its media type.
_FORMATS = {
    "application/pdf": "PDF",
    "application/xml": "XML",
    "text/xml": "XML",
    "application/json": "JSON",
    "text/plain": "TXT",
    "text/csv": "CSV",
    "text/html": "HTML",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/tiff": "TIFF",
    "image/svg+xml": "SVG",
    "application/zip": "ZIP",
    "application/vnd.oasis.opendocument.text": "ODT",
    "application/vnd.oasis.opendocument.spreadsheet": "ODS",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
}


def format_name(media_type: str, name: str = "") -> str:
    """The format's name: from the media type, else from the file name's ending, else `BIN`."""
    known = _FORMATS.get(media_type.partition(";")[0].strip().lower())
    if known is not None:
        return known
    _, dot, ending = name.rpartition(".")
    return ending.upper() if dot and ending.isalnum() and len(ending) <= 8 else "BIN"


@dataclass(frozen=True)
class EniSignature:
    """One `firma` of a document.

    csv, csv_regulation: for TF01; data: the signature's bytes (a CAdES file, or an XML
    `ds:Signature` for TF02 and TF03); neither: the content itself carries it (TF06).
    """

    kind: SignatureKind
    csv: str | None = None
    csv_regulation: str | None = None
    data: bytes | None = None


@dataclass(frozen=True)
class EniDocument:
    """An electronic document with its minimum metadata.

    content: the file's bytes, None when only its name goes in `file_reference`;
    organs: DIR3 codes, at least one; source_identifier: compulsory for copies (EE02 to EE04).
    """

    identifier: str
    organs: tuple[str, ...]
    captured_at: datetime
    origin: Origin
    elaboration_state: ElaborationState
    kind: DocumentKind
    format_name: str
    content: bytes | None
    file_reference: str | None = None
    source_identifier: str | None = None
    signatures: tuple[EniSignature, ...] = field(default=())


def build_document(document: EniDocument) -> bytes:
    """The XML of the document; raises ValueError when a metadatum breaks the NTI."""
    _check(document)
    root = etree.Element(f"{{{DOCUMENT}}}documento", nsmap=dict(_PREFIXES))
    _build_content(root, document)
    _build_metadata(root, document)
    if document.signatures:
        signatures = child(root, SIGNATURE, "firmas")
        for number, signature in enumerate(document.signatures, start=1):
            _build_signature(signatures, signature, number)
    return serialize(root)


def _check(document: EniDocument) -> None:
    if not DOCUMENT_ID.fullmatch(document.identifier):
        raise ValueError(f"{document.identifier!r} is not an ENI document identifier")
    if not document.organs:
        raise ValueError("a document belongs to an organ")
    if (document.content is None) == (document.file_reference is None):
        raise ValueError("a document has its content, or the name of the file that holds it")
    if document.elaboration_state.is_copy and not document.source_identifier:
        raise ValueError("a copy names the document that it comes from")


def _build_content(root: _Element, document: EniDocument) -> None:
    content = child(root, CONTENT, "contenido")
    content.set("Id", CONTENT_ID)
    if document.content is not None:
        child(content, CONTENT, "ValorBinario", base64.b64encode(document.content).decode())
    else:
        child(content, CONTENT, "referenciaFichero", document.file_reference)
    child(content, CONTENT, "NombreFormato", document.format_name)


def _build_metadata(root: _Element, document: EniDocument) -> None:
    metadata = child(root, METADATA, "metadatos")
    metadata.set("Id", METADATA_ID)
    child(metadata, METADATA, "VersionNTI", DOCUMENT)
    child(metadata, METADATA, "Identificador", document.identifier)
    for organ in document.organs:
        child(metadata, METADATA, "Organo", organ)
    child(metadata, METADATA, "FechaCaptura", instant_text(document.captured_at))
    from_administration = document.origin is Origin.ADMINISTRATION
    child(
        metadata,
        METADATA,
        "OrigenCiudadanoAdministracion",
        "true" if from_administration else "false",
    )
    state = child(metadata, METADATA, "EstadoElaboracion")
    child(state, METADATA, "ValorEstadoElaboracion", document.elaboration_state.value)
    if document.source_identifier:
        child(state, METADATA, "IdentificadorDocumentoOrigen", document.source_identifier)
    child(metadata, METADATA, "TipoDocumental", document.kind.value)


def _build_signature(parent: _Element, signature: EniSignature, number: int) -> None:
    element = child(parent, SIGNATURE, "firma")
    element.set("Id", f"firma-{number}")
    element.set("ref", CONTENT_ID)
    child(element, SIGNATURE, "TipoFirma", signature.kind.value)
    content = child(element, SIGNATURE, "ContenidoFirma")
    if signature.kind is SignatureKind.CSV:
        if not signature.csv or not signature.csv_regulation:
            raise ValueError("a CSV goes with the rule by which it is made")
        csv = child(content, SIGNATURE, "CSV")
        child(csv, SIGNATURE, "ValorCSV", signature.csv)
        child(csv, SIGNATURE, "RegulacionGeneracionCSV", signature.csv_regulation)
        return
    certified = child(content, SIGNATURE, "FirmaConCertificado")
    if signature.data is None:
        child(certified, SIGNATURE, "ReferenciaFirma", f"#{CONTENT_ID}")
    elif signature.kind in (SignatureKind.XADES_DETACHED, SignatureKind.XADES_ENVELOPED):
        certified.append(parse_xml(signature.data))
    else:
        child(certified, SIGNATURE, "FirmaBase64", base64.b64encode(signature.data).decode())


def parse_document(data: bytes) -> EniDocument:
    """Read a document; raises BadInput, which says what is missing.

    Identifiers of other administrations are kept as they come: not all of them follow the NTI.
    """
    root = parse_xml(data)
    if root.tag != f"{{{DOCUMENT}}}documento":
        raise BadInput("El fichero no es un documento electrónico ENI.")
    content = find(root, CONTENT, "contenido")
    metadata = find(root, METADATA, "metadatos")
    state = find(metadata, METADATA, "EstadoElaboracion")
    signatures = root.find(f"{{{SIGNATURE}}}firmas")
    binary, reference = _parse_content(content)
    try:
        return EniDocument(
            identifier=text_of(metadata, METADATA, "Identificador"),
            organs=tuple(
                (organ.text or "").strip() for organ in metadata.iterfind(f"{{{METADATA}}}Organo")
            ),
            captured_at=parse_instant(text_of(metadata, METADATA, "FechaCaptura")),
            origin=_origin(text_of(metadata, METADATA, "OrigenCiudadanoAdministracion")),
            elaboration_state=ElaborationState(text_of(state, METADATA, "ValorEstadoElaboracion")),
            kind=DocumentKind(text_of(metadata, METADATA, "TipoDocumental")),
            format_name=text_of(content, CONTENT, "NombreFormato"),
            content=binary,
            file_reference=reference,
            source_identifier=optional_text(state, METADATA, "IdentificadorDocumentoOrigen"),
            signatures=tuple(
                _parse_signature(element)
                for element in (
                    () if signatures is None else signatures.iterfind(f"{{{SIGNATURE}}}firma")
                )
            ),
        )
    except ValueError as error:
        raise BadInput("El documento ENI usa un código que la norma no tiene.") from error


def _origin(text: str) -> Origin:
    if text in ("true", "1"):
        return Origin.ADMINISTRATION
    if text in ("false", "0"):
        return Origin.CITIZEN
    raise BadInput(f"El origen «{text}» del documento ENI no se entiende.")


def _parse_content(content: _Element) -> tuple[bytes | None, str | None]:
    binary = optional_text(content, CONTENT, "ValorBinario")
    if binary is not None:
        return _decode(binary), None
    xml = content.find(f"{{{CONTENT}}}DatosXML")
    if xml is not None:
        return _inner_xml(xml), None
    return None, text_of(content, CONTENT, "referenciaFichero")


def _inner_xml(element: _Element) -> bytes:
    """The XML that `DatosXML` holds, or its text when it holds no element."""
    inner = next(iter(element), None)
    if inner is None:
        return (element.text or "").encode()
    detached = copy.deepcopy(inner)
    detached.tail = None
    return etree.tostring(detached)


def _parse_signature(element: _Element) -> EniSignature:
    kind = SignatureKind(text_of(element, SIGNATURE, "TipoFirma"))
    content = find(element, SIGNATURE, "ContenidoFirma")
    csv = content.find(f"{{{SIGNATURE}}}CSV")
    if csv is not None:
        return EniSignature(
            kind,
            csv=text_of(csv, SIGNATURE, "ValorCSV"),
            csv_regulation=optional_text(csv, SIGNATURE, "RegulacionGeneracionCSV"),
        )
    certified = find(content, SIGNATURE, "FirmaConCertificado")
    encoded = optional_text(certified, SIGNATURE, "FirmaBase64")
    if encoded is not None:
        return EniSignature(kind, data=_decode(encoded))
    xml = certified.find(f"{{{XMLDSIG}}}Signature")
    return EniSignature(kind, data=None if xml is None else _signature_bytes(xml))


def _signature_bytes(element: _Element) -> bytes:
    detached = copy.deepcopy(element)
    detached.tail = None
    return etree.tostring(detached)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("El contenido del documento ENI no está bien codificado.") from None
