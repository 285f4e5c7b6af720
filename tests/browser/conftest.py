"""Journeys in a real browser, on a whole installation with the demonstration's town.

    def test_a_journey(visitor):
        visitor.visit("/")                        # the status is checked: visit("/x", status=404)
        visitor.sign_in("Xuan Suárez Miranda")    # a person of the demonstration's town
        visitor.follow("Autorización de terraza") # a link of the page; press() is for buttons
        visitor.fill("Nombre del local", "El Chigre")
        visitor.press("Guardar y continuar")
        assert visitor.h1 == "…"
        visitor.audit("terrace-premises")         # axe, width at 320 px, a picture

`visitor.page` is the Playwright page for anything else. At the end of the test the visitor fails with
every console error, policy violation, script error, failed request or unexpected status on the way.
`without_script` is a visitor whose browser runs no JavaScript; `new_visitor()` gives another browser.
`town.run("…")` runs a verb of the command line on the same installation; `town.opened()` is its town
hall, for what a journey must know beforehand (a code, an id).

All these tests share one installation, and run in one worker of pytest-xdist (`--dist loadgroup`).
Pictures of each audited page, wide and narrow, go to the folder that ANDECHA_SCREENSHOTS names.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories.running_town import RunningTown
from factories.visitor import WIDE, Visitor
from playwright.sync_api import Browser, ViewportSize, sync_playwright

HERE = Path(__file__).parent
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is of the browser, and of one worker."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium from the system: nothing is downloaded."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no hay chromium: instálelo con «apt install chromium»")
    return program


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser for the tests of one file.

    Not for the session: while Playwright is started, its event loop counts as running in this thread,
    and whatever other tests sign afterwards in the same process could not run its own.
    """
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def town(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTown]:
    """The installation at work."""
    running = RunningTown(tmp_path_factory.mktemp("town"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def new_visitor(browser: Browser, town: RunningTown) -> Iterator[Callable[..., Visitor]]:
    """`new_visitor(script=True)`: somebody with a browser of their own."""
    made: list[Visitor] = []

    def make(*, script: bool = True) -> Visitor:
        context = browser.new_context(
            viewport=ViewportSize(**WIDE),
            locale="es-ES",
            timezone_id="Europe/Madrid",
            java_script_enabled=script,
        )
        context.set_default_timeout(15_000)
        visitor = Visitor(context.new_page(), town.address, script=script)
        made.append(visitor)
        return visitor

    yield make
    for visitor in made:
        visitor.page.context.close()
    for visitor in made:
        visitor.finish()


@pytest.fixture
def visitor(new_visitor: Callable[..., Visitor]) -> Visitor:
    """Somebody in front of a browser, not signed in."""
    return new_visitor()


@pytest.fixture
def without_script(new_visitor: Callable[..., Visitor]) -> Visitor:
    """The same with JavaScript off."""
    return new_visitor(script=False)
