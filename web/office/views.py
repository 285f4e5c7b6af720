"""The office whole: importing this module gives its blueprint every route."""

from __future__ import annotations

from web.office import documents, expedientes, inbox, post, registry, signatures, tasks
from web.office.blueprint import office

__all__ = [
    "documents",
    "expedientes",
    "inbox",
    "office",
    "post",
    "registry",
    "signatures",
    "tasks",
]
