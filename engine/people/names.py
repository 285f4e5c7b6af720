"""Names: how a person is shown and in which order a list of people stands."""

from __future__ import annotations

import unicodedata


def sort_key(name: str, surname1: str = "", surname2: str = "") -> str:
    """Surnames first, upper case, without accents, Ñ after N.

    The supported servers have no Spanish collation, so order is made here and indexed.
    """
    parts = [part for part in (surname1, surname2, name) if part]
    text = " ".join(" ".join(parts).upper().split())
    kept = text.replace("Ñ", "N\x7f")
    plain = unicodedata.normalize("NFD", kept)
    return "".join(char for char in plain if not unicodedata.combining(char))


def display_name(name: str, surname1: str = "", surname2: str = "") -> str:
    """The name as people write it: given name, then surnames."""
    return " ".join(part for part in (name, surname1, surname2) if part)
