"""XML from strangers: bounded in size, depth and nodes; no DTD, no entities, no network."""

from __future__ import annotations

import io

from lxml import etree

MAX_BYTES = 15_000_000
MAX_DEPTH = 100
MAX_NODES = 2_000_000


class UnsafeXml(ValueError):
    """The bytes are not XML that we read; the message says why, in Spanish."""


def parse_xml(
    data: bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    max_nodes: int = MAX_NODES,
) -> etree._Element:
    """The root element; raises UnsafeXml.

    The document is read twice: a first pass builds nothing that grows, so that a file of a million
    nested elements is refused before it is a tree.
    """
    if len(data) > max_bytes:
        raise UnsafeXml(
            f"El fichero XML es demasiado grande: el máximo son {_megabytes(max_bytes)}."
        )
    if not data.strip():
        raise UnsafeXml("El fichero está vacío.")
    _look_through(data, max_depth, max_nodes)
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error) from None
    if root.getroottree().docinfo.doctype:
        raise UnsafeXml("El fichero XML declara un DTD, que no se admite por seguridad.")
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )


def _look_through(data: bytes, max_depth: int, max_nodes: int) -> None:
    """Count as it goes and forget what it read."""
    target = _Bounds(max_depth, max_nodes)
    parser = etree.XMLParser(  # type: ignore[call-overload]
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    stream = io.BytesIO(data)
    try:
        while block := stream.read(65536):
            parser.feed(block)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error) from None


class _Bounds:
    """A parser target that only counts."""

    def __init__(self, max_depth: int, max_nodes: int) -> None:
        self._max_depth = max_depth
        self._max_nodes = max_nodes
        self._depth = 0
        self._nodes = 0

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._nodes += 1 + len(attributes)
        if self._depth > self._max_depth:
            raise UnsafeXml(
                f"El fichero XML tiene más de {self._max_depth} niveles de elementos anidados."
            )
        if self._nodes > self._max_nodes:
            raise UnsafeXml("El fichero XML tiene demasiados elementos.")

    def end(self, _tag: str) -> None:
        self._depth -= 1

    def data(self, _text: str) -> None:
        """Text is bounded by the size of the file."""

    def doctype(self, *_parts: object) -> None:
        raise UnsafeXml("El fichero XML declara un DTD, que no se admite por seguridad.")

    def close(self) -> None:
        """Nothing was built."""


def _not_well_formed(error: etree.XMLSyntaxError) -> UnsafeXml:
    line = error.lineno
    where = f" en la línea {line}" if line else ""
    if "depth" in str(error).lower():
        return UnsafeXml("El fichero XML tiene demasiados niveles de elementos anidados.")
    return UnsafeXml(f"El fichero no es XML bien formado{where}.")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"
