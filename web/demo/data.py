"""The demonstration's data files, read from this folder."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("data")


@cache
def read(name: str) -> dict[str, Any]:
    """The data file of that name, without its extension."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
