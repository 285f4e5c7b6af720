"""E-mail: how a message leaves the town hall. Never called inside a transaction."""

from __future__ import annotations

import os
import smtplib
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from email.policy import default
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from engine.errors import ConfigurationError, TownHallError, Unavailable
from engine.settings import Environment
from engine.townhall import TownHall

MAIL_PART = "mail"
_SECONDS = 20
_PORTS = {"smtp": 587, "smtps": 465}
_PERMANENT = 500


class MailRefused(TownHallError):
    """The address or the message is refused for good: sending it again would not help."""


class MailSender(Protocol):
    """`townhall.parts["mail"]`."""

    def send(self, message: EmailMessage) -> None:
        """Hand the message over; the same Message-ID twice is the same message.

        Raises Unavailable when it may go well later, MailRefused when it will not.
        """
        ...


@dataclass(frozen=True)
class SmtpServer:
    """Where the mail goes. With `tls` the connection is encrypted from its first byte."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """`smtp://user:password@host:port` or `smtps://…`; raises ConfigurationError."""
        wrong = ConfigurationError(
            "ANDECHA_SMTP_URL no se entiende: escriba smtp://usuario:clave@servidor:puerto."
        )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise wrong from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise wrong
        return cls(
            parts.hostname,
            port or _PORTS[parts.scheme],
            parts.scheme == "smtps",
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )


class SmtpSender:
    """A mail server; the connection is encrypted whenever the server can do it."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    def send(self, message: EmailMessage) -> None:
        try:
            with self._connect() as smtp:
                self._greet(smtp)
                smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if all(code >= _PERMANENT for code in codes):
                raise MailRefused("El servidor de correo no admite esa dirección.") from error
            raise Unavailable("El servidor de correo pide que se intente más tarde.") from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            if error.smtp_code >= _PERMANENT:
                raise MailRefused("El servidor de correo no admite el mensaje.") from error
            raise Unavailable("El servidor de correo pide que se intente más tarde.") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable("El servidor de correo no responde.") from error
        except ValueError as error:
            raise MailRefused("La dirección de correo no es válida.") from error

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
        return smtplib.SMTP(server.host, server.port, timeout=_SECONDS)

    def _greet(self, smtp: smtplib.SMTP) -> None:
        """Encrypt and sign in; a password never travels in the clear."""
        smtp.ehlo()
        encrypted = self._server.tls
        if not encrypted and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
            encrypted = True
        if not self._server.user:
            return
        if not encrypted:
            raise ConfigurationError("El servidor de correo no cifra: no se le envía la clave.")
        smtp.login(self._server.user, self._server.password)


class FolderSender:
    """Messages as `.eml` files, for the demonstration and the tests: nothing leaves the computer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(message.as_bytes(policy=CRLF))
            Path(temporary).replace(self._folder / f"{name}.eml")
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise


@dataclass(frozen=True)
class KeptMessage:
    """A message that a folder keeps, as it would have been read; at: as its heading says."""

    to: str
    subject: str
    at: str
    text: str


def kept_messages(folder: Path, most: int = 100) -> tuple[KeptMessage, ...]:
    """The messages that never left the computer, the newest first."""
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.name, reverse=True)[:most]
    found = []
    for path in paths:
        message = message_from_bytes(path.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        text = "" if body is None else str(body.get_content())
        found.append(KeptMessage(message["To"], message["Subject"], message["Date"], text))
    return tuple(found)


def mail_sender(townhall: TownHall) -> MailSender:
    """How this installation sends mail, made once; raises ConfigurationError without a server."""
    sender: MailSender | None = townhall.parts.get(MAIL_PART)
    if sender is None:
        sender = townhall.parts[MAIL_PART] = _configured(townhall)
    return sender


def _configured(townhall: TownHall) -> MailSender:
    settings = townhall.settings
    if settings.smtp_url:
        return SmtpSender(SmtpServer.parse(settings.smtp_url))
    if settings.environment is Environment.PRODUCTION:
        raise ConfigurationError("No hay servidor de correo: defina ANDECHA_SMTP_URL.")
    return FolderSender(settings.mail_dir)
