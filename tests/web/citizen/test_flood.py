"""Requests far too large, at the real server over the network: told with our page, nothing kept."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from factories.row_counts import row_counts

from engine.people import operations as people
from engine.people.models import Person
from engine.permissions import ActorKind
from engine.townhall import TownHall
from tests.web.citizen.conftest import Kiosk
from web.context import SESSION_COOKIE

_BLOCK = bytes(1 << 20)
_START_SECONDS = 90.0
_LOOK_SECONDS = 0.2
_MOST_MEMORY = 120_000_000
"""What the server may grow by while it is flooded, in bytes: a small part of what is sent."""


@dataclass(frozen=True)
class Server:
    """A server at work. files: where it would put what it keeps, temporary files included."""

    port: int
    process: psutil.Process
    cookie: str
    files: tuple[Path, ...]

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str) -> tuple[int, str]:
        connection = self.connect()
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def processes(self) -> tuple[psutil.Process, ...]:
        return (self.process, *self.process.children())

    def kept(self) -> int:
        """The bytes of all its files."""
        return sum(
            path.stat().st_size
            for folder in self.files
            for path in folder.rglob("*")
            if path.is_file()
        )


@pytest.fixture
def server(kiosk: Kiosk, hall: TownHall, citizen: Person, tmp_path: Path) -> Iterator[Server]:
    """`andecha web` on the test's database, with the citizen's session."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    settings = hall.settings
    environment = {
        **os.environ,
        "ANDECHA_ENV": "test",
        "ANDECHA_DATA": str(settings.data_dir),
        "ANDECHA_DATABASE_URL": str(settings.database_url),
        "ANDECHA_WEB_WORKERS": "1",
        "TMPDIR": str(temporary),
    }
    command = [sys.executable, "-m", "web.cli.main", "web", "--port", str(port)]
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    _, token = people.sign_in(
        hall.system("test"),
        actor_kind=ActorKind.CITIZEN,
        actor_id=citizen.id,
        method="demo",
        level="substantial",
        real_now=datetime.now(UTC),
    )
    cookie = f"{SESSION_COOKIE}={token}"
    found = Server(port, psutil.Process(process.pid), cookie, (temporary, settings.data_dir))
    try:
        end = time.monotonic() + _START_SECONDS
        while not _answers(found):
            assert process.poll() is None, (tmp_path / "output").read_text()
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.2)
        yield found
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(server: Server) -> bool:
    try:
        return server.get("/tramites")[0] == 200
    except OSError:
        return False


def post_head(path: str, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def memory(processes: Iterable[psutil.Process]) -> int:
    """Their resident memory, in bytes."""
    return sum(process.memory_info().rss for process in processes)


def growth(server: Server, act: Callable[[], None]) -> int:
    """How many bytes of memory the server took, at most, while something was done."""
    processes = server.processes()
    before = most = memory(processes)
    done = threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(_LOOK_SECONDS):
            most = max(most, memory(processes))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        act()
    finally:
        done.set()
        watcher.join()
    return most - before


def answer_to(server: Server, head: bytes, body: Iterator[bytes]) -> tuple[int, str]:
    """The answer to a request that is sent whole, block by block."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        wire.sendall(head)
        for block in body:
            wire.sendall(block)
        answer = http.client.HTTPResponse(wire, method="POST")
        answer.begin()
        return answer.status, answer.read().decode()


def chunked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield f"{len(block):x}\r\n".encode() + block + b"\r\n"
    yield b"0\r\n\r\n"


def attachments(server: Server, kiosk: Kiosk) -> tuple[str, str]:
    """The address that takes a file of a draft, and a token for it."""
    path = kiosk.sede.get(kiosk.begin().link("Documentos")).path
    status, text = server.get(path)
    assert status == 200
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert token is not None
    return f"{path}/plan", token[1]


@pytest.mark.parametrize(
    ("megabytes", "announced"), [(2_000, True), (200, False)], ids=["two-gigabytes", "in-chunks"]
)
def test_what_is_far_too_large_is_refused_with_our_page_and_costs_no_memory_nor_disk(
    server: Server, kiosk: Kiosk, hall: TownHall, megabytes: int, announced: bool
) -> None:
    """A browser shows the answer only if the whole of what it sends is taken in. In chunks, the server
    does not know beforehand how much it will be."""
    path, token = attachments(server, kiosk)
    before, files = row_counts(hall), server.kept()
    opening = (
        b'--f\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + token.encode() +
        b'\r\n--f\r\nContent-Disposition: form-data; name="file-plan"; filename="p.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF-1.7\n"
    )  # fmt: skip
    blocks = iter([opening, *([_BLOCK] * megabytes)])
    headers = {
        "Cookie": server.cookie,
        "Content-Type": "multipart/form-data; boundary=f",
    }
    if announced:
        headers["Content-Length"] = str(len(opening) + megabytes * len(_BLOCK))
    else:
        headers["Transfer-Encoding"] = "chunked"
        blocks = chunked(blocks)
    answers: list[tuple[int, str]] = []
    grown = growth(
        server, lambda: answers.append(answer_to(server, post_head(path, headers), blocks))
    )
    ((status, text),) = answers
    assert status == 413
    assert "Lo que envía es demasiado grande" in text
    assert "No se ha guardado nada de este envío" in text
    assert grown < _MOST_MEMORY
    assert row_counts(hall) == before
    assert server.kept() - files < len(_BLOCK)
    assert server.get("/carpeta")[0] == 200


def test_a_connection_that_breaks_off_leaves_nothing_and_the_server_goes_on(
    server: Server, kiosk: Kiosk, hall: TownHall
) -> None:
    path, token = attachments(server, kiosk)
    before = row_counts(hall)
    head = post_head(
        path,
        {
            "Cookie": server.cookie,
            "Content-Type": "multipart/form-data; boundary=f",
            "Content-Length": "10000000",
        },
    )
    body = (
        f'--f\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n--f\r\n'
        'Content-Disposition: form-data; name="file-plan"; filename="p.pdf"\r\n\r\n%PDF-1.7\n'
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        wire.sendall(head + body.encode())
        wire.shutdown(socket.SHUT_WR)
        said = wire.recv(65_536).decode()
    assert said.startswith("HTTP/1.1 400"), said[:200]
    assert row_counts(hall) == before
    assert server.get("/carpeta")[0] == 200


def test_what_is_not_well_formed_http_is_answered_and_the_server_goes_on(server: Server) -> None:
    for name, request, status in (
        ("path", b"GET /tramites/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", b" 400 "),
        ("header", b"GET /tramites HTTP/1.1\r\nHost: a\r\nX-\xff: a\r\n\r\n", b" 400 "),
        ("long", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b" 431 "),
        ("address", b"GET /?" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b" 414 "),
        ("length", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b" 400 "),
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
            wire.sendall(request)
            said = wire.recv(65_536)
        assert status in said.splitlines()[0], (name, said[:200])
        assert b"Traceback" not in said
    assert server.get("/tramites")[0] == 200
