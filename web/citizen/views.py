"""Every page of the citizens."""

from __future__ import annotations

from web.citizen import (
    checking,
    contact,
    drafts,
    expedientes,
    files,
    folder,
    notifications,
    pages,
    payments,
    receipts,
    terms,
)
from web.citizen.blueprint import citizen

__all__ = [
    "checking",
    "citizen",
    "contact",
    "drafts",
    "expedientes",
    "files",
    "folder",
    "notifications",
    "pages",
    "payments",
    "receipts",
    "terms",
]
