"""ENI documents and expedientes: valid for the official schemas, read back as they were written."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from engine.documents.codes import (
    DocumentKind,
    ElaborationState,
    ExpedienteState,
    Origin,
    SignatureKind,
)
from engine.documents.eni import (
    EniDocument,
    EniSignature,
    build_document,
    format_name,
    parse_document,
)
from engine.documents.eni_expediente import (
    EniExpediente,
    IndexedDocument,
    IndexedFolder,
    build_expediente,
    parse_expediente,
)
from engine.documents.identifiers import (
    DOCUMENT_ID,
    EXPEDIENTE_ID,
    document_identifier,
    expediente_identifier,
)
from engine.errors import BadInput
from engine.ids import new_id

SCHEMAS = Path(__file__).resolve().parents[4] / "shared" / "data" / "eni"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ORGAN = "L01339014"


def schema(name: str) -> etree.XMLSchema:
    path = SCHEMAS / name
    if not path.exists():
        pytest.skip("the official ENI schemas are not installed beside the repository")
    return etree.XMLSchema(etree.parse(path, etree.XMLParser(load_dtd=False, no_network=True)))


def a_document(**changes: object) -> EniDocument:
    values: dict[str, object] = {
        "identifier": document_identifier(ORGAN, 2026, new_id()),
        "organs": (ORGAN,),
        "captured_at": NOW,
        "origin": Origin.ADMINISTRATION,
        "elaboration_state": ElaborationState.ORIGINAL,
        "kind": DocumentKind.RESOLUTION,
        "format_name": "PDF",
        "content": b"%PDF-1.7 \x00\xff",
        "signatures": (EniSignature(SignatureKind.PADES),),
    }
    return EniDocument(**{**values, **changes})  # type: ignore[arg-type]


SHAPES = {
    "sealed": a_document(),
    "with csv": a_document(
        signatures=(
            EniSignature(SignatureKind.CSV, csv="AAAA-BBBB", csv_regulation="Ordenanza, art. 12"),
            EniSignature(SignatureKind.PADES),
        )
    ),
    "copy of paper": a_document(
        elaboration_state=ElaborationState.COPY_OF_PAPER,
        source_identifier=document_identifier(ORGAN, 2025, new_id()),
        origin=Origin.CITIZEN,
        kind=DocumentKind.APPLICATION,
        signatures=(EniSignature(SignatureKind.CADES_DETACHED, data=b"\x30\x03\x02\x01\x00"),),
    ),
    "unsigned file apart": a_document(
        content=None, file_reference="planos.zip", format_name="ZIP", signatures=()
    ),
    "two organs": a_document(organs=(ORGAN, "E00003901")),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_document_is_valid_for_the_official_schema(name: str) -> None:
    schema("documentoEni.xsd").assertValid(etree.fromstring(build_document(SHAPES[name])))


@pytest.mark.parametrize("name", SHAPES)
def test_a_document_is_read_back_as_it_was_written(name: str) -> None:
    assert parse_document(build_document(SHAPES[name])) == SHAPES[name]


@given(
    content=st.binary(min_size=1, max_size=200),
    kind=st.sampled_from(DocumentKind),
    origin=st.sampled_from(Origin),
    identifier=st.uuids(),
    captured_at=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
        timezones=st.just(UTC),
    ),
)
def test_any_content_and_metadata_survive_the_round_trip(
    content: bytes, kind: DocumentKind, origin: Origin, identifier: UUID, captured_at: datetime
) -> None:
    document = a_document(
        content=content,
        kind=kind,
        origin=origin,
        captured_at=captured_at,
        identifier=document_identifier(ORGAN, captured_at.year, identifier),
    )
    assert parse_document(build_document(document)) == document


@pytest.mark.parametrize(
    "changes",
    [
        {"identifier": "ES_L01339014_2026_1"},
        {"organs": ()},
        {"content": None},
        {"elaboration_state": ElaborationState.COPY_OF_PAPER},
        {"signatures": (EniSignature(SignatureKind.CSV, csv="A"),)},
        {"captured_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - what is refused
    ],
)
def test_metadata_that_break_the_norm_are_not_written(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        build_document(a_document(**changes))


def test_identifiers_follow_the_norm_and_differ() -> None:
    """Identifiers: regex of NTI-D note 2 and NTI-E note 2."""
    first, second = new_id(), new_id()
    document = document_identifier(ORGAN, 2026, first)
    assert DOCUMENT_ID.fullmatch(document)
    assert EXPEDIENTE_ID.fullmatch(expediente_identifier(ORGAN, 2026, first))
    assert document != document_identifier(ORGAN, 2026, second)
    assert document == document_identifier(ORGAN, 2026, first)
    with pytest.raises(ValueError, match="DIR3"):
        document_identifier("L0133901", 2026, first)


@pytest.mark.parametrize(
    "data",
    [
        b"not xml",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    ],
)
def test_what_is_not_an_eni_document_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        parse_document(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"TD01", b"TD55"),
        (b"EE01", b"EE55"),
        (b">true<", b">maybe<"),
        (b"2026-11-24T09:00:00Z", b"yesterday"),
        (b"ValorBinario", b"OtroValor"),
    ],
)
def test_a_document_with_a_wrong_code_is_refused(old: bytes, new: bytes) -> None:
    data = build_document(a_document())
    assert old in data
    with pytest.raises(BadInput):
        parse_document(data.replace(old, new))


def test_a_comment_inside_a_value_does_not_cut_it() -> None:
    data = build_document(a_document()).replace(b"TD01", b"TD<!-- x -->01")
    assert parse_document(data).kind is DocumentKind.RESOLUTION


def test_the_format_is_named_as_the_catalogue_of_standards_does() -> None:
    assert format_name("application/pdf") == "PDF"
    assert format_name("text/xml; charset=utf-8") == "XML"
    assert format_name("application/x-dwg", "plano.dwg") == "DWG"
    assert format_name("application/octet-stream", "sin-extension") == "BIN"


def an_expediente() -> EniExpediente:
    def entry(order: int) -> IndexedDocument:
        identifier = document_identifier(ORGAN, 2026, new_id())
        return IndexedDocument(identifier, hashlib.sha256(bytes([order])).digest(), NOW, order)

    return EniExpediente(
        identifier=expediente_identifier(ORGAN, 2026, new_id()),
        organs=(ORGAN,),
        opened_at=NOW,
        classification="1234567",
        state=ExpedienteState.CLOSED,
        indexed_at=NOW,
        entries=(entry(1), IndexedFolder("anexos", (entry(2), IndexedFolder("b", (entry(3),))))),
        interested=("12345678Z", "B33000001"),
    )


def a_signature(place: etree._Element, references: tuple[str, ...]) -> etree._Element:
    """The least that the schema of XML signatures takes: what matters here is its place."""
    listed = "".join(
        f'<Reference URI="#{name}"><DigestMethod Algorithm="urn:x"/>'
        "<DigestValue>AA==</DigestValue></Reference>"
        for name in references
    )
    signature = etree.fromstring(
        '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>'
        '<CanonicalizationMethod Algorithm="urn:x"/><SignatureMethod Algorithm="urn:x"/>'
        f"{listed}</SignedInfo><SignatureValue>AA==</SignatureValue></Signature>"
    )
    place.append(signature)
    return place.getroottree().getroot()


def test_an_expediente_is_valid_for_the_official_schema() -> None:
    """EXP-1: the index is ordered, numbered and signed."""
    data = build_expediente(an_expediente(), a_signature)
    schema("expedienteEni.xsd").assertValid(etree.fromstring(data))


def test_an_expediente_is_read_back_in_its_order() -> None:
    """EXP-1: what is dispatched is complete and keeps its folios."""
    expediente = an_expediente()
    read = parse_expediente(build_expediente(expediente, a_signature))
    assert read.entries == expediente.entries
    assert (read.identifier, read.state, read.interested) == (
        expediente.identifier,
        expediente.state,
        expediente.interested,
    )
    assert read.signature is not None
    assert b"#metadatos-expediente" in read.signature


def test_the_signature_is_asked_over_the_index_and_the_metadata() -> None:
    asked: list[tuple[str, ...]] = []

    def sign(place: etree._Element, references: tuple[str, ...]) -> etree._Element:
        asked.append(references)
        assert all(len(place.xpath("//*[@Id=$id]", id=name)) == 1 for name in references)
        return a_signature(place, references)

    build_expediente(an_expediente(), sign)
    assert asked == [("indice-contenido", "metadatos-expediente")]


@pytest.mark.parametrize("written", ["base64", "hex"])
def test_a_hash_is_read_in_the_two_ways_in_which_it_is_written(written: str) -> None:
    expediente = an_expediente()
    data = build_expediente(expediente, a_signature)
    first = expediente.entries[0]
    assert isinstance(first, IndexedDocument)
    if written == "hex":
        import base64

        data = data.replace(base64.b64encode(first.sha256), first.sha256.hex().encode())
        data = data.replace(b"http://www.w3.org/2001/04/xmlenc#sha256", b"SHA-256")
    assert parse_expediente(data).entries[0] == first


def test_a_hash_of_another_function_is_refused() -> None:
    data = build_expediente(an_expediente(), a_signature)
    with pytest.raises(BadInput, match="md5"):
        parse_expediente(data.replace(b"http://www.w3.org/2001/04/xmlenc#sha256", b"md5"))


def test_an_expediente_without_documents_is_not_written() -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="at least one document"):
        build_expediente(replace(an_expediente(), entries=()), a_signature)
