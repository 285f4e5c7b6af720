"""A browser without a screen: fetches pages, checks each one, fills in and sends their forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from bs4 import BeautifulSoup, Tag
from factories.pages import check_page
from flask import Flask, Response, request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from engine.people import operations as people
from engine.people.models import Official, Person
from engine.permissions import ActorKind
from engine.townhall import TownHall
from web.context import SESSION_COOKIE, current
from web.gate import declared_access

_MOST_REDIRECTS = 6
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """An answer; what is a page has passed every check.

    path: where it was found in the end, with its query.
    """

    answer: TestResponse
    path: str
    soup: BeautifulSoup

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        """The words of the whole page, one space between them."""
        return " ".join(self.soup.get_text(" ").split())

    @property
    def main(self) -> str:
        """The words of the page's own part, without header, menu and footer."""
        found = self.soup.find("main")
        return " ".join(found.get_text(" ").split()) if found else ""

    @property
    def h1(self) -> str:
        found = self.soup.find("h1")
        return " ".join(found.get_text(" ").split()) if found else ""

    @property
    def data(self) -> bytes:
        return self.answer.get_data()

    @property
    def errors(self) -> dict[str, str]:
        """The error summary: field by field, what is wrong."""
        links = self.soup.select(".govuk-error-summary__list a")
        return {str(link["href"]).removeprefix("#"): link.get_text(strip=True) for link in links}

    def link(self, text: str) -> str:
        """The address of the link with these words; fails when there is none."""
        for link in self.soup.find_all("a"):
            if text in " ".join(link.get_text(" ").split()):
                return str(link["href"])
        raise AssertionError(f"no link says «{text}» on {self.path}: {self.main}")

    def has_link(self, text: str) -> bool:
        return any(text in " ".join(link.get_text(" ").split()) for link in self.soup.find_all("a"))

    def form(self, button: str | None = None, action: str | None = None) -> Tag:
        """The form with this button, or that goes to this address; else the page's only own one."""
        forms = list(self.soup.select("main form"))
        if action is not None:
            forms = [form for form in self.soup.find_all("form") if action in str(form["action"])]
        if button is not None:
            forms = [form for form in forms if _button(form, button) is not None]
        assert len(forms) == 1, (
            f"{len(forms)} forms «{button or action}» on {self.path}: {self.main}"
        )
        return forms[0]


class SedeClient:
    """See tests/web/conftest.py for how tests use it."""

    def __init__(self, app: Flask, townhall: TownHall) -> None:
        self.app = app
        self.townhall = townhall
        watch_operations(app)
        self.http = app.test_client()

    def get(self, path: str, *, status: int = 200) -> Page:
        """Fetch a page, following redirects; its status must be the one given."""
        return self._finish(self.http.get(path), path, status)

    def submit(
        self,
        page: Page,
        fields: Fields | None = None,
        *,
        button: str | None = None,
        action: str | None = None,
        status: int = 200,
    ) -> Page:
        """Send a form of the page with what it holds and these fields, and follow where it leads.

        A field is a text, a list of texts, or (name, bytes) for a file; None leaves it out.
        Raises AssertionError for a field that the form does not have.
        """
        form = page.form(button, action)
        values = form_values(form, button)
        files: dict[str, Any] = {}
        names = {str(tag["name"]) for tag in form.find_all(attrs={"name": True})}
        for name, value in (fields or {}).items():
            assert name in names, f"the form has no field «{name}»: {sorted(names)}"
            values.poplist(name)
            if isinstance(value, tuple):
                files[name] = FileStorage(BytesIO(value[1]), value[0])
            elif value is not None:
                values.setlist(name, [value] if isinstance(value, str) else list(value))
        target = str(form["action"])
        if form["method"] == "get":
            return self._finish(self.http.get(target, query_string=values), target, status)
        data: Any = values
        if form.get("enctype") == "multipart/form-data":
            data = MultiDict([*values.items(multi=True), *files.items()])
        else:
            assert not files, "the form does not take files"
        return self._finish(self._post(target, data, form.get("enctype")), target, status)

    def post(self, path: str, data: Fields, *, status: int = 200) -> Page:
        """Send what no page offers, as an attacker would, with a valid token."""
        token = self.get("/entrar").soup.find("input", attrs={"name": "csrf_token"})
        values = {"csrf_token": str(token["value"])} if isinstance(token, Tag) else {}
        return self._finish(self._post(path, {**values, **data}, None), path, status)

    def sign_in_citizen(self, person: Person | UUID, *, on_behalf_of: UUID | None = None) -> None:
        """Open a session as a person, by the same operation that the sign-in page calls."""
        self._sign_in(ActorKind.CITIZEN, person if isinstance(person, UUID) else person.id)
        if on_behalf_of is not None:
            page = self.get("/representacion")
            self.submit(page, {"grantor": str(on_behalf_of)}, action="/representacion")

    def sign_in_official(self, official: Official | UUID) -> None:
        """Open a session as an official."""
        self._sign_in(ActorKind.OFFICIAL, official if isinstance(official, UUID) else official.id)

    def sign_out(self) -> None:
        """Forget the session, as a browser that is closed."""
        self.http.delete_cookie(SESSION_COOKIE)

    def _sign_in(self, kind: ActorKind, actor_id: UUID) -> None:
        _, token = people.sign_in(
            self.townhall.system("test"),
            actor_kind=kind,
            actor_id=actor_id,
            method="demo",
            level="substantial",
            real_now=datetime.now(UTC),
        )
        self.http.set_cookie(SESSION_COOKIE, token)

    def _post(self, path: str, data: Any, enctype: object) -> TestResponse:
        kind = str(enctype) if enctype else None
        if kind == "multipart/form-data":
            # Encoded here, in memory: the client would leave a large body in a file that nobody closes.
            boundary, body = encode_multipart(data)
            kind, data = f"{kind}; boundary={boundary}", body
        return self.http.post(path, data=data, content_type=kind)

    def _finish(self, answer: TestResponse, path: str, status: int) -> Page:
        for _ in range(_MOST_REDIRECTS):
            if answer.status_code not in (301, 302, 303, 307, 308):
                break
            path = str(answer.headers["Location"])
            if not path.startswith("/"):
                break  # another site: its address is what a test looks at
            answer = self.http.get(path)
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303):
            soup = check_page(answer, self.townhall.settings.town.name)
        else:
            soup = BeautifulSoup("", "html5lib")
        page = Page(answer, path, soup)
        assert page.status == status, f"{path}: {page.status}, not {status}: {page.main}"
        return page


def watch_operations(app: Flask) -> None:
    """Fail when a route begins any operation but the one that it declares, or begins two."""
    if "watched" in app.extensions:
        return
    app.extensions["watched"] = True

    @app.after_request
    def look(response: Response) -> Response:
        declared = declared_access()
        allowed = [declared.operation] if declared and declared.operation else []
        begun = current().trace.operations
        assert begun in ([], allowed), f"{request.path} begins {begun}, declares {allowed}"
        return response


def form_values(form: Tag, button: str | None) -> MultiDict[str, str]:
    """What a browser would send of a form as it stands, with the pressed button."""
    values: MultiDict[str, str] = MultiDict()
    for control in form.find_all(["input", "select", "textarea"]):
        name = control.get("name")
        kind = control.get("type")
        if not name or kind in ("file", "submit", "button"):
            continue
        if control.name == "select":
            chosen = control.find("option", selected=True) or control.find("option")
            if chosen is not None:
                values.add(str(name), str(chosen.get("value", chosen.get_text(strip=True))))
        elif control.name == "textarea":
            values.add(str(name), control.get_text().removeprefix("\n"))
        elif kind not in ("radio", "checkbox") or control.has_attr("checked"):
            values.add(str(name), str(control.get("value") or ""))
    pressed = _button(form, button) if button is not None else form.find("button")
    if isinstance(pressed, Tag) and pressed.get("name"):
        values.add(str(pressed["name"]), str(pressed.get("value") or ""))
    return values


def _button(form: Tag, text: str) -> Tag | None:
    for button in form.find_all("button"):
        if text in " ".join(button.get_text(" ").split()):
            return button
    return None
