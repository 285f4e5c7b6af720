"""Whole filings: draft, pages, consent, registry entry, expediente and process, several at once."""

from __future__ import annotations

from typing import Any

from engine.clock import madrid_date
from engine.expedientes.drafts import operations, queries
from engine.people import operations as people
from engine.people.models import PersonKind
from engine.people.queries import load_citizen_actor
from engine.townhall import Call, TownHall
from web.cli.benchmarks.measure import measure
from web.cli.benchmarks.registry import gapless

_PROCEDURE = "general-request"
_PAGES: tuple[tuple[str, dict[str, list[str]]], ...] = (
    (
        "request",
        {"subject": ["Farola rota"], "facts": ["No da luz."], "petition": ["Que la arreglen."]},
    ),
    ("unit", {"unit": ["URB"]}),
)


def run(townhall: TownHall, *, times: int, threads: int) -> dict[str, Any]:
    """Each filing is of another person; the jobs that seal the receipts are left to a worker."""
    callers = [_person(townhall, number) for number in range(times)]
    measured = measure(
        townhall, lambda number: _file(callers[number]), times=times, threads=threads
    )
    return {**measured, "gapless": gapless(townhall)}


def _person(townhall: TownHall, number: int) -> Call:
    """Somebody new, with a number of document that nobody has."""
    from stdnum.es import dni

    digits = f"{99900000 + number:08d}"
    row = people.register_person(
        townhall.system("bench"),
        kind=PersonKind.INDIVIDUAL,
        document_number=digits + dni.calc_check_digit(digits),
        name="Prueba",
        surname1=f"Número {number}",
    )
    today = madrid_date(townhall.clock.now())
    with townhall.database.reading() as session:
        return townhall.call(load_citizen_actor(session, row.id, today))


def _file(call: Call) -> None:
    draft = operations.begin(call, procedure_key=_PROCEDURE)
    revision = draft.revision
    for page, data in _PAGES:
        saved = operations.save_page(
            call, draft_id=draft.id, page_id=page, data=data, revision=revision
        )
        revision = saved.revision
    with call.townhall.database.reading() as session:
        sheet = queries.check_sheet(session, draft.id, call.actor)
    operations.file(
        call,
        draft_id=draft.id,
        revision=revision,
        shown_sha256=sheet.sha256,
        declarations=[item.id for item in sheet.declarations if item.required],
        consent=True,
        method="demo",
        level="substantial",
        request_id=draft.id.hex,
    )
