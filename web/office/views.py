"""The office whole: importing this module gives its blueprint every route."""

from __future__ import annotations

from web.office import (
    absences,
    assignment,
    beginnings,
    documents,
    expedientes,
    inbox,
    post,
    registry,
    signatures,
    tasks,
)
from web.office.blueprint import office

__all__ = [
    "absences",
    "assignment",
    "beginnings",
    "documents",
    "expedientes",
    "inbox",
    "office",
    "post",
    "registry",
    "signatures",
    "tasks",
]
