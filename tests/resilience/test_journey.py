"""A filing through everything that can die: what a person did stays done, and the journey goes on."""

from __future__ import annotations

import threading

import psycopg
from factories.patient_visitor import PatientVisitor
from factories.running_town import RunningTown, wait_for

PERSON = "Anselmo Prendes Viña"
DOCUMENT = "99185842K"


def test_a_journey_survives_the_death_of_worker_web_and_database(
    running_town: RunningTown, visitor: PatientVisitor
) -> None:
    entries_before = numbers(running_town)
    page = visitor.go("/entrar")
    visitor.send(page, "/entrar", {"who": page.choice(PERSON)})
    draft = visitor.send(
        visitor.go("/carpeta/iniciar/general-request"), "/iniciar/general-request"
    ).address

    running_town.kill("worker")
    page = visitor.go(f"{draft}/pagina/request")
    told = {"subject": "Farola rota", "facts": "No da luz.", "petition": "Que la arreglen."}
    visitor.send(page, "/pagina/request", told)

    running_town.kill("web")
    page = visitor.go(f"{draft}/pagina/unit")
    visitor.send(page, "/pagina/unit", {"unit": "URB"})

    running_town.kill_database()
    page = visitor.go(f"{draft}/revisar")
    assert "Que la arreglen." in page.text

    action, hidden = page.form("/presentar")
    signed = {**hidden, "declaration-truth": "yes", "consent": "yes"}
    sent = threading.Thread(target=visitor.once, args=(action, signed))
    sent.start()
    running_town.kill_database()
    sent.join()

    page = visitor.go(draft)
    if "/presentado/" not in page.address:
        page = visitor.send(visitor.go(f"{draft}/revisar"), "/presentar", signed)
    assert "/presentado/" in page.address

    # Sent once more, as by somebody who was not sure: the same receipt and no second filing.
    again = visitor.once(action, signed)
    assert again is not None
    assert again.address == page.address

    after = numbers(running_town)
    assert after == list(range(1, len(after) + 1))
    assert len(after) == len(entries_before) + 1
    assert filings_of(running_town, DOCUMENT) == (1, 1)
    wait_for(lambda: receipt_is_sealed(running_town), "the sealed receipt")
    assert running_town.server.is_alive()


def query(town: RunningTown, statement: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(town.server.owner_url) as connection:
        return connection.execute(statement.encode(), values).fetchall()


def numbers(town: RunningTown) -> list[int]:
    """The numbers of the book of entries, in the order of presentation."""
    rows = query(
        town,
        "SELECT number FROM registry_entry WHERE book = 'entry' ORDER BY presented_at, number",
    )
    return [int(str(row[0])) for row in rows]


def filings_of(town: RunningTown, document: str) -> tuple[int, int]:
    """How many entries and how many expedientes a person has."""
    (row,) = query(
        town,
        "SELECT (SELECT count(*) FROM registry_entry e WHERE e.person_id = p.id), "
        "(SELECT count(*) FROM expediente x WHERE x.person_id = p.id) "
        "FROM person p WHERE p.document_number = %s",
        document,
    )
    return int(str(row[0])), int(str(row[1]))


def receipt_is_sealed(town: RunningTown) -> bool:
    """Whether the newest entry has its receipt, sealed, and no job was given up."""
    rows = query(
        town,
        "SELECT d.state FROM registry_entry e JOIN document d ON d.id = e.receipt_id "
        "WHERE e.book = 'entry' ORDER BY e.number DESC LIMIT 1",
    )
    dead = query(town, "SELECT name, error FROM job_run WHERE state = 'dead'")
    assert dead == []
    return bool(rows) and rows[0][0] == "sealed"
