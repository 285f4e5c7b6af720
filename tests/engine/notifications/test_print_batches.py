"""Paper goes out in batches and its results come back in a file, whole or in part, once."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from factories.notifications import Notify, dispatch_of, open_it, state_of, themselves
from pypdf import PdfReader

from engine.clock import MADRID, FixedClock
from engine.documents.pdf import Sheet, to_pdf
from engine.errors import BadInput, RuleBroken
from engine.notifications import queries as notifications
from engine.notifications.adapters import ChannelName
from engine.notifications.exchange.models import DispatchState
from engine.notifications.models import Notification
from engine.notifications.printing import queries
from engine.notifications.printing.operations import print_batch, take_results
from engine.notifications.printing.pages import whole_batch
from engine.notifications.printing.queries import PaperRow
from engine.notifications.printing.results import ManifestLine, manifest, read_results
from engine.people.models import Person
from engine.settings import Settings
from engine.townhall import TownHall

HEADING = "salida;fecha;hora;resultado;receptor;documento_receptor;mayor_de_14"


@pytest.fixture
def row(notify: Notify, citizen: Person) -> Notification:
    return notify(citizen)


def code_of(hall: TownHall, row: Notification) -> str:
    return state_of(hall, row).entry_code


def a_file(*lines: str) -> bytes:
    return "\r\n".join((HEADING, *lines)).encode("utf-8-sig")


def test_a_batch_takes_what_waits_once_and_its_pdf_holds_each_notice(
    hall: TownHall, notify: Notify, row: Notification, citizen: Person, run_all: Callable[[], int]
) -> None:
    """NOT-12: the page for the window of the envelope, with its exit number and its addressee."""
    other = notify(citizen)
    batch = print_batch(hall.system("test"))
    with pytest.raises(RuleBroken, match="por imprimir"):
        print_batch(hall.system("test"))
    run_all()
    with hall.database.reading() as session:
        made = queries.batch(session, batch.id)
        held = queries.papers(session, batch.id)
    assert [paper.notification_id for paper in held] == [row.id, other.id]
    assert made.ready
    pdf = PdfReader(io.BytesIO(hall.storage.get(1, made.sha256 or "")))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    for said in (code_of(hall, row), code_of(hall, other), "Xuan Suárez Miranda (12345678Z)"):
        assert said in text
    assert len(pdf.pages) % 2 == 0
    assert dispatch_of(hall, row, ChannelName.POST).state == DispatchState.SENT


def test_what_was_opened_in_the_sede_before_is_not_printed(
    hall: TownHall, row: Notification, citizen: Person
) -> None:
    """NOT-4, NOT-8: the sede came first, so no postman takes it."""
    open_it(hall, row, themselves(citizen))
    assert dispatch_of(hall, row, ChannelName.POST).state == DispatchState.CANCELLED
    with pytest.raises(RuleBroken):
        print_batch(hall.system("test"))


def test_the_act_follows_its_page_and_each_paper_begins_a_sheet(
    hall: TownHall, settings: Settings, row: Notification, run_all: Callable[[], int]
) -> None:
    batch = print_batch(hall.system("test"))
    with hall.database.reading() as session:
        (paper,) = queries.papers(session, batch.id)
    sheet = Sheet("Resolución", "Resolución", "Alcaldía", hall.clock.now(), None)
    act = to_pdf("<p>Se deniega la terraza de la plaza.</p>", sheet, settings)
    with_act = PaperRow(**{**_fields(paper), "act_media_type": "application/pdf"})
    pdf = PdfReader(io.BytesIO(whole_batch((with_act,), {paper.act_sha256: act}, settings)))
    texts = [page.extract_text() for page in pdf.pages]
    assert "Se deniega la terraza de la plaza." in texts[2]
    assert (len(texts), texts[1].strip(), texts[3].strip()) == (4, "", "")
    broken = PdfReader(
        io.BytesIO(whole_batch((with_act,), {paper.act_sha256: b"%PDF-1.7 no"}, settings))
    )
    assert len(broken.pages) == 2


def _fields(paper: PaperRow) -> dict[str, object]:
    return {name: getattr(paper, name) for name in paper.__dataclass_fields__}


def test_the_manifest_comes_back_as_the_results_and_nothing_in_it_is_a_formula() -> None:
    data = manifest((ManifestLine("S-2026-1", '=cmd("x")', "Calle; Mayor, 3"),))
    text = data.decode("utf-8-sig")
    assert "'=cmd" in text
    assert read_results(data) == ([], [])
    filled = text.replace('3";;;;', '3";25/11/2026;9:05;Ausente;')
    ((line,), faults) = read_results(filled.encode())
    assert (line.exit_code, line.at.astimezone(MADRID).hour, faults) == ("S-2026-1", 9, [])


def test_results_are_written_down_in_the_order_in_which_they_happened_and_once(
    hall: TownHall, row: Notification, clock: FixedClock
) -> None:
    """NOT-12: two attempts in one file, the second line first; the same file twice changes nothing."""
    clock.advance(timedelta(days=3))
    code = code_of(hall, row)
    data = a_file(
        f"{code};25/11/2026;18:00;ausente;;;",
        f"{code};25/11/2026;10:30;ausente;;;",
    )
    taken = take_results(hall.system("test"), data=data)
    assert (taken.applied, taken.repeated, taken.faults) == (2, 0, ())
    assert state_of(hall, row).state == "undelivered"
    again = take_results(hall.system("test"), data=data)
    assert (again.applied, again.repeated, again.faults) == (0, 2, ())
    with hall.database.reading() as session:
        assert [item.number for item in notifications.attempts(session, row.id)] == [1, 2]


def test_a_wrong_line_is_told_and_the_others_count(
    hall: TownHall, notify: Notify, row: Notification, citizen: Person, clock: FixedClock
) -> None:
    other = notify(citizen)
    clock.advance(timedelta(days=3))
    first, second = code_of(hall, row), code_of(hall, other)
    taken = take_results(
        hall.system("test"),
        data=a_file(
            f"{first};25/11/2026;10:30;entregada;Rosa Miranda;87654321X;sí",
            f"{second};25/11/2026;10:30;entregada;;;",
            f"{second};32/11/2026;10:30;ausente;;;",
            f"{second};25/11/2026;10:30;comida;;;",
            f"{second};25/11/2030;10:30;ausente;;;",
            "S-0000;25/11/2026;10:30;ausente;;;",
            f"{first};25/11/2026;10:30;rechazada;;;",
            f"{second};26/11/2026;10:30;ausente;;;",
        ),
    )
    assert (taken.applied, [fault.line for fault in taken.faults]) == (2, [3, 4, 5, 6, 7, 8])
    assert state_of(hall, row).state == "delivered"
    with hall.database.reading() as session:
        (attempt,) = notifications.attempts(session, other.id)
    assert attempt.number == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"a;b;c\n1;2;3",
        b"PK\x03\x04\x00",
        b"x" * 1_000_001,
        (HEADING + "\n" + "S;25/11/2026;10:30;ausente;;;\n" * 2001).encode(),
    ],
)
def test_a_file_that_is_no_such_file_is_refused_whole(hall: TownHall, data: bytes) -> None:
    with pytest.raises(BadInput):
        take_results(hall.system("test"), data=data)
