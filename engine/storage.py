"""Content-addressed storage of bytes, behind one small interface; a local folder implements it."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.errors import NotFound

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20


class Storage(Protocol):
    """Objects named by the SHA-256 of their bytes, kept apart by entity."""

    def put(self, entity_id: int, data: bytes) -> str:
        """Keep `data` and return its SHA-256 in hexadecimal; keeping it twice is harmless."""
        ...

    def put_stream(self, entity_id: int, stream: BinaryIO) -> str:
        """Keep what a stream holds, block by block, and return its SHA-256."""
        ...

    def get(self, entity_id: int, sha256: str) -> bytes:
        """The bytes; raises NotFound when the object is absent."""
        ...

    def exists(self, entity_id: int, sha256: str) -> bool: ...

    def list(self, entity_id: int) -> Iterator[str]:
        """The names of all objects of an entity."""
        ...

    def stored_at(self, entity_id: int, sha256: str) -> datetime:
        """The real instant at which the object was last put; raises NotFound when it is absent."""
        ...

    def delete(self, entity_id: int, sha256: str) -> None:
        """Remove an object that no row names; absent is not an error."""
        ...


class FolderStorage:
    """Objects as files `entity/ab/abcdef…`, written to a temporary name, synced, then renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _path(self, entity_id: int, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotFound
        return self._root / str(entity_id) / sha256[:2] / sha256

    def put(self, entity_id: int, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        target = self._path(entity_id, sha256)
        if not _renewed(target):
            self._write(target, iter((data,)))
        return sha256

    def put_stream(self, entity_id: int, stream: BinaryIO) -> str:
        digest = hashlib.sha256()
        while block := stream.read(_BLOCK):
            digest.update(block)
        stream.seek(0)
        target = self._path(entity_id, digest.hexdigest())
        if not _renewed(target):
            self._write(target, iter(lambda: stream.read(_BLOCK), b""))
        return digest.hexdigest()

    def _write(self, target: Path, blocks: Iterator[bytes]) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                for block in blocks:
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise

    def get(self, entity_id: int, sha256: str) -> bytes:
        try:
            return self._path(entity_id, sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound("El fichero no está en el almacén de documentos.") from None

    def exists(self, entity_id: int, sha256: str) -> bool:
        return self._path(entity_id, sha256).is_file()

    def list(self, entity_id: int) -> Iterator[str]:
        folder = self._root / str(entity_id)
        for path in sorted(folder.glob("??/*")):
            if _SHA256.fullmatch(path.name):
                yield path.name

    def stored_at(self, entity_id: int, sha256: str) -> datetime:
        try:
            modified = self._path(entity_id, sha256).stat().st_mtime
        except FileNotFoundError:
            raise NotFound("El fichero no está en el almacén de documentos.") from None
        return datetime.fromtimestamp(modified, UTC)

    def delete(self, entity_id: int, sha256: str) -> None:
        self._path(entity_id, sha256).unlink(missing_ok=True)


def _renewed(path: Path) -> bool:
    """Whether it is there; its date is renewed, so that no sweeper takes it for an orphan."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True
