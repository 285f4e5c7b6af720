"""Malware: every file from outside is scanned, what is found is quarantined and told, never deleted."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from engine.documents import operations
from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document
from engine.documents.scanning import ClamdScanner
from engine.errors import Unavailable
from engine.townhall import TownHall

INFECTED = b"%PDF-1.7 pretend malware"


class Clamd(socketserver.BaseRequestHandler):
    """Speaks the INSTREAM command of clamd: blocks with their length, a block of none ends."""

    def handle(self) -> None:
        stream = self.request.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack("!I", stream.read(4))[0]:
            data += stream.read(size)
        verdict = b"stream: Test.Malware FOUND" if b"malware" in data else b"stream: OK"
        if data == b"limit":
            verdict = b"INSTREAM size limit exceeded. ERROR"
        self.request.sendall(verdict + b"\0")


@pytest.fixture
def clamd() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_the_scanner_tells_what_it_finds(clamd: str) -> None:
    scanner = ClamdScanner(clamd)
    assert scanner.scan(b"x" * 200_000) is None
    assert scanner.scan(b"x" * 100_000 + b"malware") == "Test.Malware"


def test_a_scanner_that_cannot_look_never_says_that_a_file_is_clean(clamd: str) -> None:
    with pytest.raises(Unavailable):
        ClamdScanner(clamd).scan(b"limit")
    with pytest.raises(Unavailable):
        ClamdScanner("/nonexistent/clamd.sock").scan(b"x")


def test_an_infected_upload_ends_in_quarantine(
    hall: TownHall, clamd: str, run_all: Callable[[], int]
) -> None:
    """FIL-13: its sender is asked for a correction; nothing is deleted in silence."""
    hall.parts["scanner"] = ClamdScanner(clamd)
    states = []
    for data in (INFECTED, b"%PDF-1.7 clean"):
        document = operations.add_document(
            hall.system("t"),
            title="Plano",
            kind=DocumentKind.OTHER,
            origin=Origin.CITIZEN,
            media_type="application/pdf",
            name="a.pdf",
            data=data,
        )
        run_all()
        with hall.database.reading() as session:
            row = session.get(Document, (1, document.id))
            assert row is not None
            states.append(row.state)
        assert hall.storage.exists(1, document.sha256)
    assert states == ["quarantined", "final"]
