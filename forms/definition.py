"""The definition of a form: one JSON document, read and checked whole. docs/forms.md describes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import rfc8785

from forms.conditions import check_condition

MAX_BYTES = 500_000
MAX_TEXT = 10_000


class FormDefinitionError(ValueError):
    """A definition with faults; `faults` lists every one, in Spanish, with its place."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Kind(StrEnum):
    """What a field holds. The kind decides its control, its reading and its check."""

    TEXT = "text"
    TEXTAREA = "textarea"
    RADIOS = "radios"
    CHECKBOXES = "checkboxes"
    SELECT = "select"
    DATE = "date"
    MONEY = "money"
    NUMBER = "number"
    INTEGER = "integer"
    YES_NO = "yes-no"
    EMAIL = "email"
    PHONE = "phone"
    NIF = "nif"
    IBAN = "iban"
    POSTAL_CODE = "postal-code"


CHOICES = (Kind.RADIOS, Kind.CHECKBOXES, Kind.SELECT)


@dataclass(frozen=True)
class Option:
    """A choice: the value that is stored and the words that are read."""

    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """A field. `maximum` and `minimum` bound numbers and dates (as text); lengths are in characters."""

    name: str
    kind: Kind
    label: str
    hint: str = ""
    required: bool = True
    when: Mapping[str, Any] | None = None
    options: tuple[Option, ...] = ()
    source: str = ""
    max_length: int = 0
    minimum: str = ""
    maximum: str = ""
    autocomplete: str = ""
    prefill: str = ""
    locked: bool = False
    missing: str = ""

    @property
    def limit(self) -> int:
        """The longest text that the field takes."""
        return self.max_length or (MAX_TEXT if self.kind is Kind.TEXTAREA else 300)


@dataclass(frozen=True)
class Page:
    """A page: one topic. A repeating page asks its fields once for each item of the list `repeat`."""

    id: str
    title: str
    intro: str = ""
    fields: tuple[Field, ...] = ()
    when: Mapping[str, Any] | None = None
    repeat: str = ""
    item_label: str = ""
    min_items: int = 0
    max_items: int = 0


@dataclass(frozen=True)
class Attachment:
    """A document that the person attaches: how many, of which types, how large."""

    key: str
    title: str
    hint: str = ""
    minimum: int = 0
    maximum: int = 1
    media_types: tuple[str, ...] = ("application/pdf",)
    max_mb: int = 10
    when: Mapping[str, Any] | None = None
    held_by_administration: bool = False


@dataclass(frozen=True)
class Declaration:
    """A statement that the person makes, with the version of its words."""

    id: str
    version: int
    text: str
    required: bool = True


@dataclass(frozen=True)
class FormDefinition:
    """A form of one version of a procedure; immutable once published."""

    key: str
    version: int
    title: str
    pages: tuple[Page, ...]
    attachments: tuple[Attachment, ...]
    declarations: tuple[Declaration, ...]
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    source: bytes = b""

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the canonical definition, in hexadecimal: it goes into the receipt."""
        return hashlib.sha256(rfc8785.dumps(json.loads(self.source))).hexdigest()

    def page(self, identifier: str) -> Page | None:
        """The page with this id."""
        return next((page for page in self.pages if page.id == identifier), None)

    def fields(self) -> Iterator[Field]:
        """The fields outside repeating pages."""
        for page in self.pages:
            if not page.repeat:
                yield from page.fields

    @cached_property
    def field_names(self) -> frozenset[str]:
        return frozenset(item.name for item in self.fields())

    def text(self, message: str, language: str) -> str:
        """A text of the form in a language, Spanish where it has no translation."""
        return self.texts.get(language, {}).get(message, message)


def load_form(source: bytes | Path) -> FormDefinition:
    """Read and check a definition; raises FormDefinitionError with every fault."""
    data = source.read_bytes() if isinstance(source, Path) else source
    if len(data) > MAX_BYTES:
        raise FormDefinitionError(("el formulario pasa de 500 kB",))
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormDefinitionError((f"el formulario no es JSON: {error}",)) from None
    if not isinstance(raw, dict):
        raise FormDefinitionError(("el formulario es un objeto JSON",))
    reader = _Reader()
    form = reader.form(raw, data)
    faults = (*reader.faults, *(_check(form) if not reader.faults else ()))
    if faults:
        raise FormDefinitionError(tuple(faults))
    return form


class _Reader:
    """Builds the definition and collects what is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def form(self, raw: Mapping[str, Any], data: bytes) -> FormDefinition:
        """The whole form."""
        self._known(
            raw,
            {"key", "version", "title", "pages", "attachments", "declarations", "texts"},
            "form",
        )
        return FormDefinition(
            key=self._text(raw, "key", "form"),
            version=self._whole(raw, "version", "form", 1),
            title=self._text(raw, "title", "form"),
            pages=tuple(self._page(item) for item in self._list(raw, "pages", "form")),
            attachments=tuple(
                self._attachment(item) for item in self._list(raw, "attachments", "form")
            ),
            declarations=tuple(
                self._declaration(item) for item in self._list(raw, "declarations", "form")
            ),
            texts=raw.get("texts", {}),
            source=data,
        )

    def _page(self, raw: Mapping[str, Any]) -> Page:
        where = f"página «{raw.get('id', '?')}»"
        self._known(
            raw,
            {
                "id",
                "title",
                "intro",
                "fields",
                "when",
                "repeat",
                "item_label",
                "min_items",
                "max_items",
            },
            where,
        )
        return Page(
            id=self._text(raw, "id", where),
            title=self._text(raw, "title", where),
            intro=raw.get("intro", ""),
            fields=tuple(self._field(item) for item in self._list(raw, "fields", where)),
            when=raw.get("when"),
            repeat=raw.get("repeat", ""),
            item_label=raw.get("item_label", ""),
            min_items=self._whole(raw, "min_items", where, 0),
            max_items=self._whole(raw, "max_items", where, 0),
        )

    def _field(self, raw: Mapping[str, Any]) -> Field:
        where = f"campo «{raw.get('name', '?')}»"
        known = set(Field.__dataclass_fields__)
        self._known(raw, known, where)
        kind = raw.get("kind")
        if kind not in set(Kind):
            self.faults.append(f"{where}: el tipo «{kind}» no existe")
            kind = Kind.TEXT
        options = tuple(
            Option(str(item.get("value", "")), str(item.get("label", "")))
            for item in raw.get("options", ())
        )
        plain = {key: raw[key] for key in known & raw.keys() if key not in ("kind", "options")}
        plain.setdefault("name", self._text(raw, "name", where))
        plain.setdefault("label", self._text(raw, "label", where))
        return Field(**{**plain, "kind": Kind(kind), "options": options})

    def _attachment(self, raw: Mapping[str, Any]) -> Attachment:
        where = f"documento «{raw.get('key', '?')}»"
        known = set(Attachment.__dataclass_fields__)
        self._known(raw, known, where)
        plain = {key: raw[key] for key in known & raw.keys()}
        plain["media_types"] = tuple(raw.get("media_types", ("application/pdf",)))
        plain.setdefault("key", self._text(raw, "key", where))
        plain.setdefault("title", self._text(raw, "title", where))
        return Attachment(**plain)

    def _declaration(self, raw: Mapping[str, Any]) -> Declaration:
        where = f"declaración «{raw.get('id', '?')}»"
        self._known(raw, set(Declaration.__dataclass_fields__), where)
        return Declaration(
            self._text(raw, "id", where),
            self._whole(raw, "version", where, 1),
            self._text(raw, "text", where),
            bool(raw.get("required", True)),
        )

    def _known(self, raw: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in sorted(raw.keys() - known):
            self.faults.append(f"{where}: la clave «{key}» no existe")

    def _text(self, raw: Mapping[str, Any], key: str, where: str) -> str:
        value = raw.get(key)
        if not isinstance(value, str) or not value.strip():
            self.faults.append(f"{where}: falta «{key}»")
            return ""
        return value

    def _whole(self, raw: Mapping[str, Any], key: str, where: str, default: int) -> int:
        value = raw.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.faults.append(f"{where}: «{key}» es un número entero")
            return default
        return value

    def _list(self, raw: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
        value = raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.faults.append(f"{where}: «{key}» es una lista de objetos")
            return []
        return value


def _check(form: FormDefinition) -> Iterator[str]:
    """What each part needs of the others."""
    yield from _repeated([page.id for page in form.pages], "página")
    yield from _repeated([item.name for item in form.fields()], "campo")
    yield from _repeated([item.key for item in form.attachments], "documento")
    yield from _repeated([item.id for item in form.declarations], "declaración")
    for page in form.pages:
        yield from _conditions(f"página «{page.id}»", page.when, form.field_names)
        if page.repeat in form.field_names:
            yield f"página «{page.id}»: «{page.repeat}» es ya el nombre de un campo"
        names = frozenset(item.name for item in page.fields)
        known = form.field_names | names if page.repeat else form.field_names
        for item in page.fields:
            where = f"campo «{item.name}»"
            yield from _conditions(where, item.when, known)
            if item.kind in CHOICES and not item.options and not item.source:
                yield f"{where}: faltan las opciones"
    for attachment in form.attachments:
        where = f"documento «{attachment.key}»"
        yield from _conditions(where, attachment.when, form.field_names)
        if not 0 <= attachment.minimum <= attachment.maximum:
            yield f"{where}: el mínimo pasa del máximo"


def _conditions(where: str, condition: Any, known: frozenset[str]) -> Iterator[str]:
    if condition is not None:
        for fault in check_condition(condition, known):
            yield f"{where}: {fault}"


def _repeated(names: list[str], what: str) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"hay más de un {what} que se llama «{name}»"
