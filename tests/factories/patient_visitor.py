"""A person at the sede's pages without a screen, who tries again when the sede is away."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar

from bs4 import BeautifulSoup, Tag
from factories.running_town import wait_for


class Page:
    """A page as it came: its address, its forms, its text."""

    def __init__(self, address: str, html: bytes) -> None:
        self.address = address
        self._soup = BeautifulSoup(html, "html5lib")

    @property
    def text(self) -> str:
        return " ".join(self._soup.get_text(" ").split())

    def form(self, ending: str) -> tuple[str, dict[str, str]]:
        """The address and the hidden fields of the form that is sent to an address with this ending."""
        for form in self._soup.find_all(
            "form", method=lambda value: (value or "").lower() == "post"
        ):
            action = str(form.get("action") or urllib.parse.urlsplit(self.address).path)
            if urllib.parse.urlsplit(action).path.endswith(ending):
                return action, {
                    str(field["name"]): str(field.get("value", ""))
                    for field in form.find_all("input", type="hidden")
                    if field.get("name")
                }
        raise AssertionError(f"{self.address} has no form to {ending}: {self.text[:400]}")

    def choice(self, words: str) -> str:
        """The value of the option or button whose words these are."""
        for item in self._soup.find_all(["button", "label"]):
            if words not in item.get_text():
                continue
            if item.get("value"):
                return str(item["value"])
            field = self._soup.find(id=str(item.get("for")))
            if isinstance(field, Tag):
                return str(field["value"])
        raise AssertionError(f"{self.address} offers nobody called {words}")


class PatientVisitor:
    """A person with a browser that keeps cookies and, when the sede is away, tries again."""

    def __init__(self, address: str) -> None:
        self._base = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def once(self, address: str, fields: Mapping[str, str] | None = None) -> Page | None:
        """Ask once; None when the sede is away or says that it cannot now."""
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            urllib.parse.urljoin(self._base, address), data
        )
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Page(answer.url, answer.read())
        except urllib.error.HTTPError as error:
            if error.code < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                raise AssertionError(f"{address}: {error.code} {error.read()[:2000]!r}") from error
            return None
        except (OSError, http.client.HTTPException):
            return None

    def go(self, address: str) -> Page:
        """Look at a page, however long it takes."""
        found: list[Page] = []

        def looked() -> bool:
            page = self.once(address)
            if page is not None:
                found.append(page)
            return bool(found)

        wait_for(looked, address)
        return found[0]

    def send(self, page: Page, ending: str, fields: Mapping[str, str] | None = None) -> Page:
        """Send a form of a page; the sede is expected to be there."""
        action, hidden = page.form(ending)
        answer = self.once(action, {**hidden, **(fields or {})})
        assert answer is not None, f"{action} did not answer"
        return answer
