"""The procedures that the demonstration publishes: those of the folder processes/."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import RuleBroken
from engine.procedures import operations, queries
from engine.procedures.package import PROCEDURE, fingerprint, load_procedure, read_folder
from engine.settings import ROOT
from engine.townhall import Call

FOLDER = ROOT / "processes"


def ensure_catalogue(call: Call, say: Callable[[str], None]) -> None:
    """Publish the packages that are not; a published version stays, and `say` is told if it differs."""
    for file in sorted(FOLDER.glob(f"*/{PROCEDURE}")):
        files = read_folder(file.parent)
        known = load_procedure(files)
        with call.townhall.database.reading() as session:
            published = queries.fingerprint_of(session, known.key, known.version)
        if published == fingerprint(files):
            continue
        try:
            operations.publish(call, files=files)
        except RuleBroken as error:
            say(error.message)
