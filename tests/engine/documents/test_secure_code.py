"""The secure verification code (art. 21 of RD 203/2021)."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.documents import secure_code
from engine.errors import ConfigurationError
from engine.ids import new_id
from engine.settings import Settings, load_settings


def codes() -> st.SearchStrategy[str]:
    body = st.text(secure_code.ALPHABET, min_size=26, max_size=26)
    return body.map(lambda text: text + secure_code.check_characters(text))


def settings_in(folder: Path, secret: bytes | None) -> Settings:
    return replace(load_settings({}), data_dir=folder, secret_key=secret)


def test_a_code_has_130_random_bits_and_two_check_characters() -> None:
    code = secure_code.generate()
    assert len(code) == 28
    assert len(secure_code.ALPHABET) ** 26 == 2**130
    assert secure_code.normalize(code) == code


def test_codes_are_drawn_from_the_whole_alphabet_and_never_repeat() -> None:
    drawn = [secure_code.generate() for _ in range(500)]
    assert len(set(drawn)) == 500
    assert set("".join(drawn)) == set(secure_code.ALPHABET)


@given(codes())
def test_what_is_printed_is_read_back_however_it_is_typed(code: str) -> None:
    printed = secure_code.printed(code)
    assert printed.count("-") == 6
    for typed in (printed, printed.lower(), printed.replace("-", " "), f"  {code}\n"):
        assert secure_code.normalize(typed) == code


@given(codes())
def test_the_letters_that_look_like_digits_are_read_as_digits(code: str) -> None:
    assert secure_code.normalize(code.replace("0", "O").replace("1", "l")) == code
    assert secure_code.normalize(code.replace("1", "I")) == code


@given(codes(), st.integers(0, 27), st.sampled_from(secure_code.ALPHABET))
def test_one_wrong_character_is_always_noticed(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    assert (secure_code.normalize(wrong) is None) == (wrong != code)


@given(codes(), st.integers(0, 25), st.integers(0, 25))
def test_two_swapped_characters_are_always_noticed(code: str, first: int, second: int) -> None:
    letters = list(code)
    letters[first], letters[second] = letters[second], letters[first]
    wrong = "".join(letters)
    assert (secure_code.normalize(wrong) is None) == (wrong != code)


@pytest.mark.parametrize("text", ["", "U" * 28, "0" * 27, "á" * 28, "0" * 200, "🂡" * 28])
def test_what_cannot_be_a_code_is_not_one(text: str) -> None:
    assert secure_code.normalize(text) is None


def test_the_encrypted_code_opens_only_for_its_document(tmp_path: Path) -> None:
    box = secure_code.load_box(settings_in(tmp_path, b"x" * 40))
    code, document, other = secure_code.generate(), new_id(), new_id()
    encrypted = box.encrypt(code, document)
    assert box.decrypt(encrypted, document) == code
    assert code.encode() not in encrypted
    with pytest.raises(ConfigurationError, match="dañado"):
        box.decrypt(encrypted, other)


@pytest.mark.parametrize("place", [4, 16, 30, -1])
def test_an_altered_encrypted_code_does_not_open(tmp_path: Path, place: int) -> None:
    box = secure_code.load_box(settings_in(tmp_path, b"x" * 40))
    document = new_id()
    encrypted = bytearray(box.encrypt(secure_code.generate(), document))
    encrypted[place] ^= 1
    with pytest.raises(ConfigurationError, match="dañado"):
        box.decrypt(bytes(encrypted), document)


def test_another_key_is_named_instead_of_guessed(tmp_path: Path) -> None:
    document = new_id()
    encrypted = secure_code.load_box(settings_in(tmp_path, b"x" * 40)).encrypt("0" * 28, document)
    with pytest.raises(ConfigurationError, match="otra clave"):
        secure_code.load_box(settings_in(tmp_path, b"y" * 40)).decrypt(encrypted, document)


def test_without_a_secret_key_one_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, None)
    document = new_id()
    encrypted = secure_code.load_box(settings).encrypt("0" * 28, document)
    assert secure_code.load_box(settings).decrypt(encrypted, document) == "0" * 28
    (file,) = settings.keys_dir.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_damaged_key_file_is_not_replaced(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, None)
    settings.keys_dir.mkdir(parents=True)
    (settings.keys_dir / "secure_code.key").write_bytes(b"short")
    with pytest.raises(ConfigurationError, match="dañada"):
        secure_code.load_box(settings)
    assert (settings.keys_dir / "secure_code.key").read_bytes() == b"short"
