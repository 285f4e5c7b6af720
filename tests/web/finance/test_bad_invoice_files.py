"""Files made to hurt who reads them, uploaded as invoices: told beside the field, nothing registered."""

from __future__ import annotations

import time

import pytest
from factories.row_counts import row_counts

from engine.townhall import TownHall
from tests.web.finance.conftest import Desk

LAUGHS = b"<!DOCTYPE lolz [<!ENTITY a0 'ja'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10)
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (LAUGHS + b"]><Facturae>&a9;</Facturae>", "DTD"),
        (b"<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>&f;</a>", "DTD"),
        (b"<!DOCTYPE a SYSTEM 'http://192.0.2.1/a.dtd'><a/>", "DTD"),
        (b"<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://192.0.2.1/p'> %p;]><a/>", "DTD"),
        (b"<a>" * 1_000_000 + b"</a>" * 1_000_000, "anidados"),
        (b"<a" + b" x='1'" * 200_000 + b"/>", "bien formado"),
        (b"\xff\xfe\x00<", "bien formado"),
    ],
    ids=["laughs", "file", "external", "parameter", "nested", "attributes", "bytes"],
)
def test_a_file_made_to_hurt_is_refused_at_once_and_nothing_is_registered(
    desk: Desk, hall: TownHall, data: bytes, message: str
) -> None:
    before = row_counts(hall)
    start = time.monotonic()
    page = desk.upload(data, status=422)
    assert message in page.errors["file"]
    assert "root:" not in page.text
    assert time.monotonic() - start < 5
    assert row_counts(hall) == before
