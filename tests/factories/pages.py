"""What every page must be, whichever test fetches it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import html5lib
from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

_CONTROLS = ("input", "select", "textarea")
_UNLABELLED = {"hidden", "submit", "button", "image"}
_REFERRING = ("for", "aria-describedby", "aria-labelledby", "aria-controls")
_HEADINGS = re.compile(r"^h[1-6]$")


def check_page(answer: TestResponse, town: str) -> BeautifulSoup:
    """Parse an answer that is a page; fails with every fault that it has."""
    text = answer.get_data(as_text=True)
    try:
        html5lib.HTMLParser(strict=True).parse(text)
    except html5lib.html5parser.ParseError as error:
        raise AssertionError(f"{answer.request.path}: the HTML does not parse: {error}") from error
    soup = BeautifulSoup(text, "html5lib")
    faults = [
        *_frame(soup, town),
        *_identifiers(soup),
        *_controls(soup),
        *_forms(soup),
        *_content(soup),
        *_policy(soup, answer),
    ]
    assert not faults, f"{answer.request.path}:\n" + "\n".join(faults)
    return soup


def _frame(soup: BeautifulSoup, town: str) -> Iterator[str]:
    if not (soup.html and soup.html.get("lang")):
        yield "the page does not say its language"
    headings = soup.find_all("h1")
    if len(headings) != 1:
        yield f"the page has {len(headings)} h1"
    title = soup.title.get_text(strip=True) if soup.title else ""
    if not title.endswith(f" – {town}") or title.startswith("–"):
        yield f"the title «{title}» does not end in the town's name"
    if title.startswith("Error:") != (soup.find(class_="govuk-error-summary") is not None):
        yield f"the title «{title}» and the error summary do not agree"
    previous = 1
    for heading in soup.find_all(_HEADINGS):
        level = int(heading.name[1])
        if level > previous + 1:
            yield f"a heading of level {level} comes after one of level {previous}: {heading}"
        previous = level


def _identifiers(soup: BeautifulSoup) -> Iterator[str]:
    counted = Counter(str(tag["id"]) for tag in soup.find_all(id=True))
    yield from (
        f"the id «{name}» is on {count} elements" for name, count in counted.items() if count > 1
    )
    yield from (f"an id is not a name: «{name}»" for name in counted if not name or " " in name)
    for attribute in _REFERRING:
        for tag in soup.find_all(attrs={attribute: True}):
            for name in str(tag[attribute]).split():
                if name not in counted:
                    yield f"{attribute} names «{name}», which is not on the page"
    for link in soup.find_all("a", href=re.compile(r"^#.")):
        if str(link["href"])[1:] not in counted:
            yield f"the link {link['href']} leads nowhere"


def _controls(soup: BeautifulSoup) -> Iterator[str]:
    labels = {str(label["for"]) for label in soup.find_all("label", attrs={"for": True})}
    for control in soup.find_all(_CONTROLS):
        if control.name == "input" and control.get("type") in _UNLABELLED:
            continue
        named = control.get("id") in labels or control.find_parent("label") is not None
        if not (named or control.get("aria-label") or control.get("aria-labelledby")):
            yield f"a control has no label: {control}"
        if control.get("type") in ("radio", "checkbox") and control.get("id") not in labels:
            yield f"an option has no label of its own: {control}"


def _forms(soup: BeautifulSoup) -> Iterator[str]:
    for form in soup.find_all("form"):
        method = str(form.get("method") or "")
        if method not in ("get", "post"):
            yield f"a form does not say its method: {form.get('action')}"
        if not form.get("action"):
            yield "a form does not say its action"
        local = str(form.get("action") or "").startswith("/")
        if method == "post" and local and form.find("input", attrs={"name": "csrf_token"}) is None:
            yield f"a form without token: {form.get('action')}"
        if method == "get" and form.find("input", attrs={"name": "csrf_token"}) is not None:
            yield f"a form puts its token in the address: {form.get('action')}"


def _content(soup: BeautifulSoup) -> Iterator[str]:
    for image in soup.find_all("img"):
        if image.get("alt") is None:
            yield f"an image has no alternative text: {image}"
    for tag in soup.find_all(["a", "button"]):
        if not (_name_of(tag) or tag.get("aria-label")):
            yield f"a link or button says nothing: {tag}"
    for link in soup.find_all("a"):
        if not link.get("href"):
            yield f"a link goes nowhere: {link}"
    for table in soup.find_all("table"):
        if table.find("caption") is None or table.find("th") is None:
            yield f"a table without caption or headers: {str(table)[:80]}"


def _name_of(tag: Tag) -> str:
    images = " ".join(str(image.get("alt") or "") for image in tag.find_all("img"))
    return f"{tag.get_text(strip=True)}{images}".strip()


def _policy(soup: BeautifulSoup, answer: TestResponse) -> Iterator[str]:
    policy = answer.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy:
        yield "the page has no content security policy"
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        yield "the page lets its type be guessed"
    for script in soup.find_all("script"):
        if not script.get("src") and f"'nonce-{script.get('nonce')}'" not in policy:
            yield "an inline script has no nonce"
    for tag in soup.find_all(True):
        inline = [name for name in tag.attrs if name == "style" or name.startswith("on")]
        if inline or tag.name == "style":
            yield f"inline style or handler: {str(tag)[:100]}"
    for tag in soup.find_all(["script", "img", "link", "iframe", "object"]):
        source = str(tag.get("src") or tag.get("href") or tag.get("data") or "/")
        if not source.startswith(("/", "data:image/")) or source.startswith("//"):
            yield f"the page loads something from elsewhere: {source}"
