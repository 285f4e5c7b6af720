"""RFC 3161 tokens, judged by OpenSSL."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from asn1crypto import tsp

from signatures.time_stamps import QUERY_TYPE, Answer, RemoteTimeStamper, time_stamp
from tests.signatures.conftest import World

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl no está instalado")


def openssl(world: World, data: bytes, token: bytes, tmp_path: Path) -> str:
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "token").write_bytes(token)
    done = subprocess.run(
        [
            "openssl", "ts", "-verify", "-data", str(tmp_path / "data"), "-in",
            str(tmp_path / "token"), "-token_in", "-CAfile", world.root_file,
            "-untrusted", world.issuing_file,
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_openssl_verifies_a_token_over_its_data_and_over_no_other(
    world: World, tmp_path: Path
) -> None:
    token = time_stamp(b"una resolucion", world.stamper)
    assert "Verification: OK" in openssl(world, b"una resolucion", token, tmp_path)
    assert "message imprint mismatch" in openssl(world, b"otra resolucion", token, tmp_path)


@pytest.mark.parametrize(
    ("algorithm", "digest", "reason"),
    [("sha1", 20, "bad_alg"), ("md5", 16, "bad_alg"), ("sha256", 20, "bad_data_format")],
)
def test_weak_or_wrong_digests_are_rejected(
    world: World, algorithm: str, digest: int, reason: str
) -> None:
    query = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": algorithm},
                "hashed_message": bytes(digest),
            },
        }
    )
    status = Answer.load(world.stamps.answer(query.dump()))["status"].native
    assert status["status"] == "rejection"
    assert status["fail_info"] == {reason}


@pytest.mark.parametrize("query", [b"", b"hello", b"\x30\x03\x02\x01\x01", bytes(300)])
def test_what_is_not_a_query_is_rejected_and_nothing_breaks(world: World, query: bytes) -> None:
    answer = Answer.load(world.stamps.answer(query))
    assert answer["status"]["status"].native == "rejection"


def test_the_client_goes_on_to_the_next_service_when_one_is_down(
    world: World, tmp_path: Path
) -> None:
    class Quiet(WSGIRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with make_server("127.0.0.1", 0, world.stamps.wsgi, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        live = f"http://127.0.0.1:{server.server_port}/"
        token = time_stamp(b"x", RemoteTimeStamper(["http://127.0.0.1:9/", live], timeout=2))
        server.shutdown()
    assert "Verification: OK" in openssl(world, b"x", token, tmp_path)


def test_the_service_answers_400_to_what_is_not_a_query(world: World) -> None:
    seen: list[str] = []
    world.stamps.wsgi(
        {"CONTENT_TYPE": "text/html", "CONTENT_LENGTH": "x"},
        lambda status, _headers: seen.append(status),
    )
    world.stamps.wsgi(
        {"CONTENT_TYPE": QUERY_TYPE, "CONTENT_LENGTH": "99999999"},
        lambda status, _headers: seen.append(status),
    )
    assert seen == ["400 Bad Request"] * 2
