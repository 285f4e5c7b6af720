"""Roles: which permissions each one grants, read from roles.toml and expanded against the operations."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.errors import ConfigurationError

_FILE = Path(__file__).with_name("roles.toml")


@dataclass(frozen=True)
class Role:
    """A role of the town hall. An exclusive one cannot be held with any other (ENS op.acc.3 R1)."""

    key: str
    title: str
    grants: tuple[str, ...]
    exclusive: bool = False


@cache
def roles() -> Mapping[str, Role]:
    """Every role by its key."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        key: Role(key, item["title"], tuple(item["grants"]), item.get("exclusive", False))
        for key, item in raw.items()
    }


def permissions_of(keys: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """What a set of roles may do.

    known: the names of permissions that exist; a pattern (`documents.*`) is expanded over them,
    a plain name stands for itself.
    """
    catalogue = tuple(known)
    granted: set[str] = set()
    for key in keys:
        role = roles().get(key)
        if role is None:
            raise ConfigurationError(f"El papel «{key}» no existe en roles.toml.")
        for pattern in role.grants:
            if "*" in pattern:
                granted.update(fnmatch.filter(catalogue, pattern))
            else:
                granted.add(pattern)
    return frozenset(granted)
