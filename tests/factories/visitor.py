"""Somebody in front of a real browser: goes from page to page and notices whatever goes wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response

from engine.settings import ROOT

_AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 900}
_WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP: " + event.violatedDirective + " " + event.blockedURI));
"""


class Visitor:
    """See tests/browser/conftest.py for how journeys use it."""

    def __init__(self, page: Page, address: str, *, script: bool = True) -> None:
        self.page = page
        self.address = address
        self.script = script
        self.faults: list[str] = []
        self._expected: set[int] = set()
        if script:
            page.add_init_script(_WATCH_POLICY)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def visit(self, path: str, *, status: int = 200) -> None:
        """Open an address of the town; its status must be the one given."""
        self._expected.add(status)
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}, not {status}"

    def follow(self, text: str) -> None:
        """Press the first link with these words inside the page's own part."""
        self.page.locator("main a", has_text=text).first.click()

    def press(self, text: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=text).first.click()

    def fill(self, label: str, value: str) -> None:
        """Write into the field with this label."""
        self.page.get_by_label(label, exact=True).first.fill(value)

    def take(self, button: Locator) -> None:
        """Take a task with its button; when others go before it, say by what order it is taken."""
        self.expect(409)
        button.click()
        self.page.wait_for_load_state("load")
        if "Esta tarea no es la primera" in self.h1:
            self.fill("Quién lo ordena y por qué", "La jefatura: vence antes que las demás.")
            self.press("Asignármela fuera de orden")

    def sign_in(self, name: str) -> None:
        """Choose a person of the demonstration's town at the sign-in page."""
        self.visit("/entrar")
        self.page.locator("button.app-choice", has_text=name).first.click()

    def sign_out(self) -> None:
        self.page.locator("header").get_by_role("button", name="Salir").click()

    @property
    def h1(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.address)

    @property
    def main(self) -> str:
        """What the page's own part says."""
        return self.page.locator("main").inner_text()

    def expect(self, *statuses: int) -> None:
        """Say that an answer with this status is part of the journey."""
        self._expected.update(statuses)

    def audit(self, name: str, *, but: Iterable[str] = ()) -> None:
        """axe on the page, its width at 320 pixels, and pictures where ANDECHA_SCREENSHOTS says.

        but: rules of axe that are not asked for here; the caller says why.
        """
        self.page.wait_for_load_state("load")  # a click comes back once the answer has begun
        self._picture(name)
        violations = self._axe(set(but))
        self.page.set_viewport_size(_NARROW)
        over = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        self._picture(f"{name}-320")
        self.page.set_viewport_size(WIDE)
        assert not violations, f"{self.path}:\n" + "\n".join(violations)
        assert over <= 0, f"{self.path} is {over} pixels too wide for a screen of 320"

    def finish(self) -> None:
        """Fail with everything that went wrong on the way."""
        assert not self.faults, "\n".join(self.faults)

    def _axe(self, but: set[str]) -> list[str]:
        self.page.evaluate(_axe_source())
        found: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
        )
        return [
            f"{item['id']}: {item['help']}: {node['html'][:200]}"
            for item in found["violations"]
            if item["id"] not in but
            for node in item["nodes"][:3]
        ]

    def _picture(self, name: str) -> None:
        folder = os.environ.get("ANDECHA_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            safe = re.sub(r"[^a-z0-9-]+", "-", name.lower())
            self.page.screenshot(path=Path(folder) / f"{safe}.png", full_page=True)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"{self.path}: console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a download, or a page left before its end
            self.faults.append(f"{request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.faults.append(f"{response.url}: {response.status}")
        if not response.url.startswith(
            (self.address, "data:", "blob:", "chrome-extension:", "chrome:")
        ):
            self.faults.append(f"the page asks elsewhere: {response.url}")


@cache
def _axe_source() -> str:
    return _AXE.read_text(encoding="utf-8")
