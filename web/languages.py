"""The languages of the sede: Spanish, and those whose catalogue is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import request

from engine.settings import Language, Town
from web.context import current

LANGUAGE_COOKIE = "andecha_language"
_TRANSLATIONS = Path(__file__).with_name("translations")


@cache
def languages(town: Town) -> tuple[Language, ...]:
    """What the town offers and has been translated; the messages themselves are Spanish."""
    return tuple(
        language
        for language in town.languages
        if language.code == "es"
        or (_TRANSLATIONS / language.code / "LC_MESSAGES" / "messages.mo").exists()
    )


def chosen_language() -> str:
    """What the person chose, else what the browser prefers, else Spanish."""
    offered = [language.code for language in languages(current().townhall.settings.town)]
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in offered:
        return str(chosen)
    return request.accept_languages.best_match(offered, "es")
