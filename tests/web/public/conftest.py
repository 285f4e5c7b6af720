"""What the public pages show: published procedures, a sealed document and its code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from factories.procedures import package
from factories.sealed import Sealed

from engine.clock import FixedClock
from engine.documents import operations, secure_code, secure_codes
from engine.documents.codes import DocumentKind
from engine.townhall import TownHall

TITLE = "Resolución de la farola"


@pytest.fixture
def published(hall: TownHall, town_units: dict[str, UUID]) -> None:
    """Two procedures in the catalogue, and one of the house that is not."""
    from engine.procedures.operations import publish

    call = hall.system("test")
    publish(call, files=package())
    publish(
        call,
        files=package(
            "general-request",
            title="Solicitud general",
            summary="Para lo que no tiene un trámite propio: pedir, comunicar, reclamar.",
            topic="Atención ciudadana",
        ),
    )
    publish(call, files=package("internal-matter", title="Asunto interno", channel="internal"))


@pytest.fixture
def sealed(hall: TownHall, clock: FixedClock, run_all: Callable[[], int]) -> Sealed:
    document = operations.render_document(
        hall.system("test"),
        template="resolution",
        source="<p>Se repara la farola.</p>",
        context={},
        title=TITLE,
        kind=DocumentKind.RESOLUTION,
        seal=True,
    )
    run_all()
    clock.advance(timedelta(minutes=1))
    run_all()
    with hall.database.reading() as session:
        code = secure_codes.reveal(hall, session, document.id)
    assert code is not None
    return Sealed(document.id, secure_code.printed(code))
