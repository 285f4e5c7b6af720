"""A mail server of a test: it keeps what it is given and answers as it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """A mail server that keeps what it is given; `answers` says what it replies to a command."""

    url: str
    messages: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()


@contextmanager
def listening() -> Iterator[MailServer]:
    """The server on a free port of this computer, until the block ends."""
    state = MailServer("")

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 sink")
            while line := self.rfile.readline():
                command = line.decode().strip()
                state.commands.append(command)
                verb = command.split(maxsplit=1)[0].upper()
                self.say(state.answers.get(verb) or self.usual(verb))
                if verb == "DATA" and verb not in state.answers:
                    self.take()
                if verb == "QUIT":
                    return

        def usual(self, verb: str) -> str:
            if verb == "EHLO":
                return "\r\n".join([*(f"250-{name}" for name in state.extensions), "250 sink"])
            return {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok")

        def take(self) -> None:
            lines = iter(self.rfile.readline, b".\r\n")
            state.messages.append(b"".join(lines))
            self.say("250 taken")

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        state.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()
