"""The office whole: importing this module gives its blueprint every route."""

from __future__ import annotations

from web.office import (
    absences,
    announcements,
    assignment,
    beginnings,
    documents,
    expedientes,
    inbox,
    post,
    printing,
    publications,
    registry,
    signatures,
    tasks,
    terms,
)
from web.office.blueprint import office

__all__ = [
    "absences",
    "announcements",
    "assignment",
    "beginnings",
    "documents",
    "expedientes",
    "inbox",
    "office",
    "post",
    "printing",
    "publications",
    "registry",
    "signatures",
    "tasks",
    "terms",
]
