"""The GOV.UK components as plain functions for our templates.

They live in an environment of their own: they read names that nobody gave, which in our templates
is a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, PrefixLoader
from markupsafe import Markup

_PACKAGE = "govuk_frontend_jinja"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PrefixLoader({_PACKAGE: PackageLoader(_PACKAGE)}),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _macro(name: str) -> Callable[[dict[str, Any]], Markup]:
    template = _environment().get_template(f"{_PACKAGE}/components/{name}/macro.html")
    words = "".join(word.capitalize() for word in name.split("-"))
    macro: Callable[[dict[str, Any]], Markup] = getattr(template.module, f"govuk{words}")
    return macro


def govuk(name: str, /, **params: Any) -> Markup:
    """A component by its name (`error-summary`) with the parameters that its documentation gives."""
    return _macro(name)({key: value for key, value in params.items() if value is not None})
