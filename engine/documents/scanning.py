"""Malware scanning of what comes from outside (ENS op.exp.6, FIL-13): a client of the clamd service."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Protocol

from engine.errors import Unavailable
from engine.townhall import TownHall

SCANNER_PART = "scanner"
_BLOCK = 1 << 16
_MAX_ANSWER = 4096


class Scanner(Protocol):
    """`townhall.parts["scanner"]`: what looks for malware; without it nothing is scanned."""

    def scan(self, data: bytes) -> str | None:
        """The name of what was found, or None; raises Unavailable when it cannot look."""
        ...


@dataclass(frozen=True)
class ClamdScanner:
    """clamd over a local socket or TCP.

    address: the path of a Unix socket, or `host:port`; seconds: how long it may take.
    """

    address: str
    seconds: float = 60.0

    def scan(self, data: bytes) -> str | None:
        """Send the bytes with INSTREAM and read the verdict."""
        try:
            with self._connect() as connection:
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(data), _BLOCK):
                    block = data[start : start + _BLOCK]
                    connection.sendall(struct.pack("!I", len(block)) + block)
                connection.sendall(struct.pack("!I", 0))
                answer = _read_answer(connection)
        except OSError as error:
            raise Unavailable("El antivirus no responde: se volverá a intentar.") from error
        if answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")
        if answer == "stream: OK":
            return None
        raise Unavailable("El antivirus no ha podido analizar el fichero: se volverá a intentar.")

    def _connect(self) -> socket.socket:
        host, separator, port = self.address.rpartition(":")
        if separator and port.isdigit():
            return socket.create_connection((host, int(port)), timeout=self.seconds)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.seconds)
        try:
            connection.connect(self.address)
        except OSError:
            connection.close()
            raise
        return connection


def _read_answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _MAX_ANSWER:
        block = connection.recv(_MAX_ANSWER)
        if not block:
            break
        answer += block
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def scanner_of(townhall: TownHall) -> Scanner | None:
    """The scanner of this installation, if it has one."""
    scanner: Scanner | None = townhall.parts.get(SCANNER_PART)
    return scanner
