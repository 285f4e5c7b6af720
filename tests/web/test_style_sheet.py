"""The built style sheet: our letter and colours, nobody's crest, nothing from elsewhere."""

from __future__ import annotations

import re

import pytest

from engine.settings import ROOT
from web import assets


@pytest.fixture(scope="module")
def style() -> str:
    if not (ROOT / "node_modules" / ".bin" / "sass").exists():
        pytest.skip("faltan los paquetes de Node: ejecute «make setup»")
    return assets._compile(ROOT / "web" / "styles" / "andecha.scss")


def test_the_letter_and_the_crest_of_others_are_not_there(style: str) -> None:
    assert not re.search("gds.?transport|crest|crown", style, re.IGNORECASE)
    assert "Atkinson Hyperlegible Next" in style


def test_every_address_of_the_style_sheet_is_a_font_of_ours(style: str) -> None:
    addresses = set(re.findall(r"url\(\"?([^)\"]+)", style))
    assert addresses
    assert all(re.fullmatch(r"\./latin(-ext)?-(400|700)-normal\.woff2", item) for item in addresses)


@pytest.mark.parametrize(
    "asked", ["prefers-reduced-motion", "forced-colors", "@media print", ":focus"]
)
def test_what_the_person_asked_of_the_system_is_heeded(style: str, asked: str) -> None:
    assert asked in style
