"""The witness: each checkpoint is also kept outside the database, where another machine can copy it.

Without a copy elsewhere, whoever holds the log's key can rewrite the whole history: docs/record.md
says how to send the witness folder to another department.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from engine.errors import ConfigurationError

_SEPARATOR = "\x1e"


def append_to_witness(folder: Path, note: str) -> None:
    """Add a checkpoint to the witness file of the folder, synced to the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "checkpoints.txt").open("a", encoding="utf-8") as file:
        file.write(note + _SEPARATOR)
        file.flush()
        os.fsync(file.fileno())


def read_witness(folder: Path) -> Iterator[str]:
    """The checkpoints of a witness folder, oldest first; none when the folder has no file."""
    path = folder / "checkpoints.txt"
    if not path.exists():
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"El testigo {path} no se puede leer.") from error
    for note in text.split(_SEPARATOR):
        if note:
            yield note
