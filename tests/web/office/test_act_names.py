"""The acts in words: the record and the permissions never show a bare operation's name."""

from __future__ import annotations

from engine.assembly import import_rooms
from engine.operation import OPERATIONS
from engine.people.roles import roles
from web.act_names import ACTS, ROOMS


def test_every_operation_and_every_permission_has_its_words_and_its_room() -> None:
    import_rooms()
    granted = {name for role in roles().values() for name in role.grants if "*" not in name}
    names = set(OPERATIONS) | granted
    # Tests of jobs and operations declare some of their own, which begin so.
    known = {name for name in names if not name.startswith(("test.", "test_"))}
    assert known - set(ACTS) == set()
    assert {name.partition(".")[0] for name in known} - set(ROOMS) == set()
