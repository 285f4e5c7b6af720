"""Every route asked by somebody: its addresses with real ids, what is sent, how it is answered."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import quote

from bs4 import Tag
from factories.one_of_each import OneOfEach
from factories.sede import SedeClient
from flask import Flask
from sqlalchemy import text

from engine.db import Base
from engine.townhall import TownHall
from web.access import Access, access_of

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
# Every request writes in the record, and signing in opens a session.
_OF_ITS_OWN = {"audit_event", "web_session"}


class Route(NamedTuple):
    """A method of an address."""

    method: str
    rule: str
    endpoint: str
    declared: Access

    @property
    def names(self) -> list[str]:
        return _ARGUMENT.findall(self.rule)

    def address(self, values: Mapping[str, Any]) -> str:
        return _ARGUMENT.sub(lambda found: quote(str(values[found[1]]), safe=""), self.rule)


class Visitor:
    """Somebody at a browser, who sends whatever they like with the token of their own session."""

    def __init__(self, each: OneOfEach, sede: SedeClient) -> None:
        self._each = each
        self._sede = sede
        field = sede.get("/entrar").soup.find("input", attrs={"name": "csrf_token"})
        assert isinstance(field, Tag)
        self._token = str(field["value"])
        self._asked = 0
        self.where = ""

    def ask(self, route: Route, values: Mapping[str, Any]) -> int | str:
        """The status of the answer, or what went wrong without one."""
        self._asked += 1
        self.where = ""
        # Another address each time: the limit of wrong tries by address is not what is tested here.
        base = {"REMOTE_ADDR": f"10.0.{self._asked // 250}.{self._asked % 250}"}
        address = route.address(values)
        try:
            if route.method == "GET":
                answer = self._sede.http.get(address, environ_overrides=base)
            else:
                answer = self._sede.http.post(
                    address,
                    data=self._form(values),
                    content_type="multipart/form-data",
                    environ_overrides=base,
                )
        except Exception as error:  # noqa: BLE001 - an unforeseen failure is what is looked for
            return f"{type(error).__name__}: {error}"[:200]
        self.where = answer.headers.get("Location", "")
        return answer.status_code

    def _form(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What any form asks for; some name their fields by the thing that they are about."""
        reasons = {f"reason-{value}": "Ya está mejorado." for value in values.values()}
        names = ("file", "files", *(f"file-{value}" for value in values.values()))
        files = {name: (BytesIO(PDF), "plano.pdf") for name in names}
        return {**self._each.body, **reasons, **files, "csrf_token": self._token}


def routes_of(site: Flask) -> list[Route]:
    """Every route of the site, method by method."""
    found = []
    for rule in site.url_map.iter_rules():
        declared = access_of(site.view_functions[rule.endpoint])
        assert declared is not None
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [Route(method, rule.rule, rule.endpoint, declared) for method in methods]
    return found


def combinations(each: OneOfEach, route: Route) -> Iterator[dict[str, Any]]:
    """The real values of a route's arguments, every one with every other."""
    known = {name: each.argument(route.endpoint, name) for name in route.names}
    values = [item.values for item in known.values() if item is not None]
    for found in itertools.product(*values):
        yield dict(zip(known, found, strict=True))


def owned(each: OneOfEach, route: Route) -> list[str]:
    """The arguments that name somebody's thing."""
    found = {name: each.argument(route.endpoint, name) for name in route.names}
    return [name for name, item in found.items() if item is not None and item.owned]


def expect(
    who: Visitor, asked: Iterable[tuple[Route, Mapping[str, Any]]], expected: set[int]
) -> None:
    """Every answer is as expected."""
    none(wrong(who, asked, expected))


def none(faults: list[str]) -> None:
    """There are no faults; all of them are told."""
    assert not faults, "\n".join(faults)


def wrong(
    who: Visitor,
    asked: Iterable[tuple[Route, Mapping[str, Any]]],
    expected: set[int],
) -> list[str]:
    """The answers that are not as expected; that something was asked is made sure of."""
    answers = [(route, values, who.ask(route, values)) for route, values in asked]
    assert answers
    return [
        f"{route.method} {route.address(values)} ({route.endpoint}): {status}"
        for route, values, status in answers
        if status not in expected
    ]


def contents(hall: TownHall) -> dict[str, str]:
    """A digest of every row of every table, the queue of jobs with them."""
    names = [name for name in Base.metadata.tables if name not in _OF_ITS_OWN]
    with hall.database.reading() as session:
        return {
            name: session.scalar(
                text(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) "
                    f'FROM "{name}" t'
                )
            )
            or ""
            for name in (*names, "procrastinate_jobs")
        }
