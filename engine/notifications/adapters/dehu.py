"""The State's single address (DEHú), by a folder of files that a connector of the town carries.

The folder, and one JSON object in each file:
- `out/KEY.json`, and the document beside it: a parcel;
- `ended/KEY-INSTANT.json`: a parcel ended elsewhere;
- `in/NAME.json`: what DEHú tells: `reference`, `key`, `kind`, `at` (ISO 8601 with offset), [`receiver`];
- `done/` and `wrong/`: what came and was taken, and what could not be understood.
A file appears whole, under its own name, or does not appear; `closed` in the folder means that the
other side takes nothing now. The real service speaks SOAP with certificates of its own: a connector
translates, and this side keeps the rules.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from engine.errors import Unavailable
from engine.notifications.adapters import ChannelName, Ended, EventKind, Incoming, Parcel
from engine.people.models import Channel

MAX_EVENT_BYTES = 20_000
_MAX_REFERENCE = 200
_MAX_RECEIVER = 200
_BATCH = 200

log = structlog.get_logger(__name__)


class DehuFolder:
    """The adapter over a folder of exchange."""

    name = ChannelName.DEHU
    outside = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def takes(self, channel: Channel) -> bool:
        return channel is Channel.ELECTRONIC

    def send(self, parcel: Parcel) -> None:
        self._open()
        content = f"{parcel.key}{Path(parcel.name).suffix or '.bin'}"
        write_whole(self.folder / "out" / content, parcel.content)
        facts = {
            "key": str(parcel.key),
            "organ": parcel.organ,
            "unit": parcel.unit_name,
            "addressee": {"name": parcel.addressee_name, "document": parcel.addressee_document},
            "subject": parcel.subject,
            "exit": parcel.exit_code,
            "available_at": parcel.available_at.isoformat(),
            "expires_at": parcel.expires_at.isoformat() if parcel.expires_at else None,
            "media_type": parcel.media_type,
            "sha256": parcel.sha256,
            "content": content,
        }
        write_whole(self.folder / "out" / f"{parcel.key}.json", _json(facts))

    def end(self, ended: Ended) -> None:
        self._open()
        facts = {
            "key": str(ended.key),
            "state": ended.state,
            "at": ended.at.isoformat(),
            "via": ended.via,
        }
        name = f"{ended.key}-{ended.at:%Y%m%dT%H%M%S%f}.json"
        write_whole(self.folder / "ended" / name, _json(facts))

    def collect(self) -> Iterator[Incoming]:
        inbox = self.folder / "in"
        if not inbox.is_dir():
            return
        for path in sorted(inbox.glob("*.json"))[:_BATCH]:
            found = _read(path)
            if found is None:
                log.warning("dehu_event_not_understood", file=path.name)
                self._move(path, "wrong")
                continue
            yield found

    def settle(self, incoming: Incoming, *, understood: bool) -> None:
        self._move(self.folder / "in" / incoming.handle, "done" if understood else "wrong")

    def _move(self, path: Path, where: str) -> None:
        target = self.folder / where
        target.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            path.replace(target / path.name)

    def _open(self) -> None:
        if (self.folder / "closed").exists():
            raise Unavailable("La DEHú no responde ahora.")


def write_whole(path: Path, data: bytes) -> None:
    """The file with these bytes, or no file; raises Unavailable when the folder cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise Unavailable("La carpeta de intercambio con la DEHú no se puede escribir.") from error


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, indent=2).encode()


def _read(path: Path) -> Incoming | None:
    """What a file tells; None when it is not one of these."""
    try:
        if path.stat().st_size > MAX_EVENT_BYTES:
            return None
        raw = json.loads(path.read_bytes())
        reference, receiver = raw["reference"], raw.get("receiver", "")
        at = datetime.fromisoformat(raw["at"])
        found = Incoming(
            reference, UUID(raw["key"]), EventKind(raw["kind"]), at, receiver, path.name
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    texts = isinstance(reference, str) and isinstance(receiver, str)
    if not texts or not 0 < len(reference) <= _MAX_REFERENCE or len(receiver) > _MAX_RECEIVER:
        return None
    return None if at.tzinfo is None or "\0" in reference + receiver else found
