"""Filters of lists: their state is the address, so that a list can be kept and sent."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request, url_for
from flask_babel import gettext

from web.inputs import day


class Filters:
    """The filters of a list as the address has them, with what is wrong in them."""

    def __init__(self, *names: str) -> None:
        self.values: dict[str, str] = {
            name: request.args.get(name, "").strip()[:200] for name in names
        }
        self.errors: list[tuple[str, str]] = []

    def text(self, name: str) -> str | None:
        """What was typed, or None."""
        return self.values[name] or None

    def one_of(self, name: str, options: Any) -> Any:
        """A member of an enumeration; what is none of them is not asked."""
        try:
            return options(self.values[name])
        except ValueError:
            return None

    def date(self, name: str) -> date | None:
        """A day; what is no day is said beside the field and not asked."""
        try:
            return day(self.values[name])
        except ValueError:
            self.errors.append((name, gettext("Escriba una fecha como 27/3/2027.")))
            return None

    @property
    def given(self) -> dict[str, str]:
        """Those that ask for something."""
        return {name: value for name, value in self.values.items() if value}

    def address(self, endpoint: str, **others: Any) -> str:
        """The same list with other values; None takes one away."""
        values = {**self.given, **others}
        return url_for(endpoint, **{key: value for key, value in values.items() if value})
