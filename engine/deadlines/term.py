"""Terms as the law writes them: hours, business days, natural days, months, years (art. 30)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import BadInput

_SHAPE = re.compile(r"(\d{1,4}) (hours?|business days?|natural days?|months?|years?)")
_MAX_HOURS = 24


class TermUnit(StrEnum):
    """In what a term is counted."""

    HOURS = "hours"
    BUSINESS_DAYS = "business days"
    NATURAL_DAYS = "natural days"
    MONTHS = "months"
    YEARS = "years"


_SPANISH = {
    TermUnit.HOURS: ("hora", "horas"),
    TermUnit.BUSINESS_DAYS: ("día hábil", "días hábiles"),
    TermUnit.NATURAL_DAYS: ("día natural", "días naturales"),
    TermUnit.MONTHS: ("mes", "meses"),
    TermUnit.YEARS: ("año", "años"),
}


@dataclass(frozen=True)
class Term:
    """An amount of a unit, from 1 up."""

    amount: int
    unit: TermUnit

    @classmethod
    def parse(cls, text: str) -> Term:
        """`10 business days`, `24 hours`, `3 months`… Raises BadInput.

        A term of more than 24 hours is not expressed in hours (art. 30.1, PLZ-4).
        """
        found = _SHAPE.fullmatch(text.strip())
        if found is None:
            raise BadInput(
                f"El plazo «{text}» no se entiende: escriba «N hours», «N business days», "
                "«N natural days», «N months» o «N years»."
            )
        amount, word = int(found[1]), found[2]
        unit = TermUnit(word if word.endswith("s") else f"{word}s")
        if amount == 0:
            raise BadInput("Un plazo dura al menos una unidad.")
        if unit is TermUnit.HOURS and amount > _MAX_HOURS:
            raise BadInput("Un plazo de más de 24 horas se expresa en días (art. 30.1).")
        return cls(amount, unit)

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.value}"

    @property
    def spanish(self) -> str:
        """`10 días hábiles`."""
        one, many = _SPANISH[self.unit]
        return f"{self.amount} {one if self.amount == 1 else many}"
