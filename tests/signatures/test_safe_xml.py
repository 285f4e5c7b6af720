"""XML from strangers is refused with a sentence, quickly, whatever it tries."""

from __future__ import annotations

import pytest

from signatures.safe_xml import UnsafeXml, parse_xml

BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><a>&j;</a>"
)


def test_plain_xml_is_read() -> None:
    assert parse_xml(b"<a><b c='1'>x</b></a>").findtext("b") == "x"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vac"),
        (b"hello", "bien formado"),
        (b"<a><b></a>", "línea 1"),
        (b"<!DOCTYPE a><a/>", "DTD"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "DTD"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DTD"),
        (BOMB, "DTD"),
        (b"<a>" * 1_000_000, "anidados"),
        (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "demasiados elementos"),
        (b"<a>" + b" " * 2_000_000 + b"</a>", "demasiado grande"),
        (b"\xff\xfe<\x00", "bien formado"),
    ],
)
def test_hostile_xml_is_refused_with_its_reason(data: bytes, words: str) -> None:
    limit = 5_000_000 if len(data) > 2_100_000 or words != "demasiado grande" else 1_000_000
    with pytest.raises(UnsafeXml, match=words):
        parse_xml(data, max_bytes=limit, max_nodes=500_000)
