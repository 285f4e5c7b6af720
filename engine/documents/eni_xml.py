"""What the ENI's XML files have in common: namespaces, a parser that trusts nobody, date format."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from lxml import etree
from lxml.etree import _Element

from engine.errors import BadInput

BASE: Final = "http://administracionelectronica.gob.es/ENI/XSD/v1.0/"
DOCUMENT: Final = BASE + "documento-e"
CONTENT: Final = BASE + "documento-e/contenido"
METADATA: Final = BASE + "documento-e/metadatos"
SIGNATURE: Final = BASE + "firma"
EXPEDIENTE: Final = BASE + "expediente-e"
INDEX: Final = BASE + "expediente-e/indice-e"
INDEX_CONTENT: Final = BASE + "expediente-e/indice-e/contenido"
EXPEDIENTE_METADATA: Final = BASE + "expediente-e/metadatos"
XMLDSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
MAX_XML_BYTES: Final = 200 * 1024 * 1024


def parse_xml(data: bytes) -> _Element:
    """The root element; raises BadInput for what is not XML, has a DOCTYPE or is too large."""
    if len(data) > MAX_XML_BYTES:
        raise BadInput("El fichero XML es demasiado grande para leerlo de una vez.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=len(data) > 9_000_000,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadInput("El fichero no es un XML correcto.") from error
    if root.getroottree().docinfo.doctype:
        raise BadInput("El fichero XML lleva una declaración DOCTYPE, que no se admite.")
    return root


def serialize(root: _Element) -> bytes:
    """The bytes of the file, with its XML declaration."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def child(parent: _Element, namespace: str, name: str, text: str | None = None) -> _Element:
    """Add an element."""
    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    element.text = text
    return element


def find(parent: _Element, namespace: str, name: str) -> _Element:
    """The only child of that name; raises BadInput."""
    found = parent.find(f"{{{namespace}}}{name}")
    if found is None:
        raise BadInput(f"Al fichero ENI le falta el elemento «{name}».")
    return found


def text_of(parent: _Element, namespace: str, name: str) -> str:
    """The text of the only child of that name; raises BadInput when it is absent or empty."""
    content = "".join(str(part) for part in find(parent, namespace, name).itertext()).strip()
    if not content:
        raise BadInput(f"El elemento «{name}» del fichero ENI está vacío.")
    return content


def optional_text(parent: _Element, namespace: str, name: str) -> str | None:
    """The text of the only child of that name, or None."""
    found = parent.find(f"{{{namespace}}}{name}")
    return None if found is None else "".join(str(part) for part in found.itertext()).strip()


def instant_text(instant: datetime) -> str:
    """xsd:dateTime in UTC; a naive instant is a defect."""
    if instant.tzinfo is None:
        raise ValueError("an instant of the ENI metadata needs its zone")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """An xsd:dateTime; without zone it is taken as UTC. Raises BadInput."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"La fecha «{text}» del fichero ENI no se entiende.") from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
