"""Words for the search: folded the same way by Python and by the database.

Lower case, without accents, ñ as n: `Núñez` is found by who types «nunez». Spanish stemming is not
wanted, since numbers, documents of identity and surnames are what people look for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, text

_OTHER = re.compile(r"[^a-z0-9]+")
_ACCENTED = "áàâäãéèêëíìîïóòôöõúùûüñçÁÀÂÄÃÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇ"
_PLAIN = "aaaaaeeeeiiiiooooouuuunc" * 2
_SIMPLE = text("'simple'::regconfig")
_MAX_WORDS = 8
_MAX_TEXT = 20_000


def fold(wording: str) -> str:
    """The words of a text, separated by single spaces."""
    plain = unicodedata.normalize("NFD", wording.lower())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return _OTHER.sub(" ", letters).strip()


def wanted(wording: str) -> tuple[str, ...]:
    """The words that a person looks for: the first eight."""
    return tuple(fold(wording[:200]).split()[:_MAX_WORDS])


def folded(parts: Iterable[Any]) -> str:
    """What is kept to be searched of an expediente: texts, numbers, lists and mappings of these."""
    return fold(" ".join(_texts(list(parts))))[:_MAX_TEXT]


def _texts(value: Any) -> Iterable[str]:
    match value:
        case str():
            yield value
        case bool() | None:
            return
        case dict():
            yield from _texts(list(value.values()))
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case _:
            yield str(value)


def words_of(column: Any) -> ColumnElement[Any]:
    """The search vector of a column that holds folded text."""
    return func.to_tsvector(_SIMPLE, column)


def title_words(column: Any) -> ColumnElement[Any]:
    """The search vector of a column that holds a text as people wrote it."""
    plain = func.translate(
        func.lower(column),
        text(f"'{_ACCENTED}'"),
        text(f"'{_PLAIN}'"),
    )
    return func.to_tsvector(
        _SIMPLE,
        func.regexp_replace(plain, text("'[^a-z0-9]+'"), text("' '"), text("'g'")),
    )


def begins(word: str) -> ColumnElement[Any]:
    """The query for words that begin with a folded word."""
    return func.to_tsquery(_SIMPLE, f"{word}:*")
