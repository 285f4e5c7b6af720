"""Clock, ids, storage and settings."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import FixedClock, madrid_date
from engine.errors import ConfigurationError, NotFound
from engine.ids import instant_of, new_id, parse_id
from engine.people.names import sort_key
from engine.settings import ROOT, load_settings, load_town
from engine.storage import FolderStorage


def test_ids_are_version_seven_and_strictly_increasing() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {identifier.version for identifier in made} == {7}
    assert abs(instant_of(made[-1]) - datetime.now(UTC)) < timedelta(seconds=60)


@pytest.mark.parametrize("text", ["", "x", "../../etc/passwd", "1" * 40])
def test_what_is_not_an_id_is_none(text: str) -> None:
    assert parse_id(text) is None


def test_a_clock_never_goes_back() -> None:
    clock = FixedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
    clock.advance(timedelta(hours=1))
    with pytest.raises(ValueError, match="back"):
        clock.advance(timedelta(seconds=-1))


def test_the_day_of_an_instant_is_the_towns_day() -> None:
    assert madrid_date(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)).isoformat() == "2026-07-01"


@given(st.binary(max_size=3000))
def test_storage_gives_back_what_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    storage = FolderStorage(tmp_path_factory.mktemp("s"))
    name = storage.put(1, data)
    assert storage.put_stream(1, io.BytesIO(data)) == name
    assert storage.get(1, name) == data
    assert list(storage.list(1)) == [name]


def test_storage_keeps_entities_apart_and_refuses_paths(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    name = storage.put(1, b"one")
    with pytest.raises(NotFound):
        storage.get(2, name)
    with pytest.raises(NotFound):
        storage.get(1, "../" * 8 + "etc/passwd")


def test_production_does_not_start_without_its_secrets() -> None:
    with pytest.raises(ConfigurationError, match="ANDECHA_SECRET_KEY"):
        load_settings({"ANDECHA_ENV": "production", "ANDECHA_DATABASE_URL": "postgresql://x"})


def test_the_demonstration_cannot_be_switched_on_in_production() -> None:
    settings = load_settings(
        {
            "ANDECHA_ENV": "production",
            "ANDECHA_DATABASE_URL": "postgresql://x",
            "ANDECHA_SECRET_KEY": "x" * 32,
            "ANDECHA_KEY_PASSPHRASE": "y",
        }
    )
    assert not settings.demo


def test_a_town_file_that_lacks_a_key_says_which(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    text = (ROOT / "town.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("dir3 =", "dir33 =", 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="dir3"):
        load_town(path)


def test_names_stand_in_spanish_order_without_a_spanish_collation() -> None:
    names = [
        ("Íñigo", "Zapico"),
        ("Ana", "Ñáñez"),
        ("Ana", "Nuño"),
        ("Óscar", "Nuñez"),
        ("Eva", "Oliva"),
    ]
    ordered = sorted(names, key=lambda name: sort_key(*name))
    assert [surname for _, surname in ordered] == ["Nuñez", "Nuño", "Ñáñez", "Oliva", "Zapico"]
