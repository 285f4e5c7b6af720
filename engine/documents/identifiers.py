"""ENI identifiers of documents and expedientes (NTI-D note 2, NTI-E note 2): unique for ever."""

from __future__ import annotations

import re
from uuid import UUID

from engine.documents.secure_code import ALPHABET

DOCUMENT_ID = re.compile(r"ES_[A-Z0-9]{9}_\d{4}_[A-Za-z0-9]{30}")
EXPEDIENTE_ID = re.compile(r"ES_[A-Z0-9]{9}_\d{4}_EXP_[A-Za-z0-9]{30}")
_ORGAN = re.compile(r"[A-Z0-9]{9}")
_SPECIFIC_CHARACTERS = 30


def document_identifier(organ: str, year: int, identifier: UUID) -> str:
    """`ES_<DIR3>_<AAAA>_<30 characters>`; the last part is the row's id, so it survives a restore.

    year: that of capture. Raises ValueError when the organ is not a DIR3 code of nine characters.
    """
    return f"ES_{_organ(organ)}_{year:04d}_{_specific(identifier)}"


def expediente_identifier(organ: str, year: int, identifier: UUID) -> str:
    """`ES_<DIR3>_<AAAA>_EXP_<30 characters>`; year: that of the opening."""
    return f"ES_{_organ(organ)}_{year:04d}_EXP_{_specific(identifier)}"


def _organ(code: str) -> str:
    if not _ORGAN.fullmatch(code):
        raise ValueError(f"{code!r} is not a DIR3 code")
    return code


def _specific(identifier: UUID) -> str:
    """The 128 bits in base 32, filled with zeros on the left up to 30 characters."""
    value, characters = identifier.int, []
    for _ in range(_SPECIFIC_CHARACTERS):
        value, digit = divmod(value, 32)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))
