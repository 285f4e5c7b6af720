"""Drafts change, published versions never do, and new cases begin with the newest published one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from factories.procedures import package
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.errors import BadInput, NotFound, RuleBroken
from engine.procedures import operations
from engine.procedures.comparison import FormDifference, compare_procedures
from engine.procedures.models import VersionState
from engine.procedures.package import load_procedure
from engine.procedures.queries import current, procedure
from engine.procedures.versions import VersionRow, versions
from engine.townhall import TownHall

KEY = "street-light"


def numbers(hall: TownHall) -> dict[int, VersionRow]:
    with hall.database.reading() as session:
        return {row.number: row for row in versions(session)}


def offered(hall: TownHall) -> int:
    with hall.database.reading() as session:
        return current(session, KEY).version


def published(hall: TownHall, files: Mapping[str, bytes]) -> VersionRow:
    row = operations.publish(hall.system("test"), files=files)
    return numbers(hall)[row.number]


def test_a_draft_may_change_until_it_is_published_and_nobody_is_offered_it(
    townhall: TownHall,
) -> None:
    call = townhall.system("test")
    published(townhall, package())
    operations.save_draft(call, files=package(version=2, title="Farola rota"))
    draft = operations.save_draft(call, files=package(version=2, title="Farola apagada"))
    assert numbers(townhall)[2].state is VersionState.DRAFT
    assert numbers(townhall)[2].title == "Farola apagada"
    assert offered(townhall) == 1
    with townhall.database.reading() as session, pytest.raises(NotFound):
        procedure(session, KEY, 2)
    operations.publish_draft(call, version_id=draft.id)
    assert offered(townhall) == 2
    with townhall.database.reading() as session:
        assert procedure(session, KEY, 2).title == "Farola apagada"
    with pytest.raises(RuleBroken, match="una versión publicada no cambia"):
        operations.save_draft(call, files=package(version=2, title="Otra"))
    with pytest.raises(RuleBroken, match="ya está publicada"):
        operations.publish_draft(call, version_id=draft.id)
    with pytest.raises(RuleBroken, match="se retira"):
        operations.discard_draft(call, version_id=draft.id)


def test_a_draft_may_be_thrown_away(townhall: TownHall) -> None:
    call = townhall.system("test")
    draft = operations.save_draft(call, files=package())
    with pytest.raises(RuleBroken, match="se descarta"):
        operations.retire(call, version_id=draft.id, reason="No vale.")
    operations.discard_draft(call, version_id=draft.id)
    assert numbers(townhall) == {}


def test_new_cases_begin_with_the_newest_version_that_is_published_and_not_retired(
    townhall: TownHall,
) -> None:
    first, second = published(townhall, package()), published(townhall, package(version=2))
    assert offered(townhall) == 2
    with pytest.raises(BadInput):
        operations.retire(townhall.system("test"), version_id=second.id, reason="")
    operations.retire(townhall.system("test"), version_id=second.id, reason="Tiene un error.")
    assert offered(townhall) == 1
    assert numbers(townhall)[2].state is VersionState.RETIRED
    operations.retire(townhall.system("test"), version_id=first.id, reason="Ya no se ofrece.")
    with pytest.raises(NotFound):
        offered(townhall)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE procedure_version SET title = 'Otro'",
        "UPDATE procedure_version SET state = 'draft'",
        "DELETE FROM procedure_version",
        "UPDATE procedure_file SET data = 'x'",
        "DELETE FROM procedure_file",
        "INSERT INTO procedure_file SELECT entity_id, version_id, 'x', data FROM procedure_file",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_published(
    townhall: TownHall, statement: str
) -> None:
    published(townhall, package())
    with (
        pytest.raises(DBAPIError, match="a published version never changes"),
        townhall.database.transaction() as session,
    ):
        session.execute(text(statement))


def test_two_versions_differ_in_their_forms_field_by_field_and_in_their_texts() -> None:
    first = load_procedure(package())
    files = package(version=2, title="Avisar de una farola")
    files["form.json"] = (
        files["form.json"]
        .replace(b'"label": "Calle y n\\u00famero"', b'"label": "Calle"')
        .replace(b'"key": "photo"', b'"key": "picture"')
    )
    found = compare_procedures(first, load_procedure(files))
    assert found.model.same
    assert found.texts == ("title",)
    assert found.forms == (
        FormDifference("", "street", "Calle", "changed"),
        FormDifference("", "photo", "Una fotografía", "removed"),
        FormDifference("", "picture", "Una fotografía", "added"),
    )
