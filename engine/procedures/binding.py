"""One model of a package and the shared parts that it calls: what is parsed, run, drawn and compared.

The author's files stay as they are. Each part is one more process of the model, with its own diagram; each
call says what the part's part.toml leaves to its defaults, and keeps the part's results under its own id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from lxml import etree

from engine.procedures.parts import PART, SHARED, InvalidPart, Part, gather, keys_of, read_part
from engine.workflow.bpmn.names import BPMN, MAX_BYTES, SPIFF
from engine.workflow.calling import OWN, RESULT, RESULTS, parameters
from engine.workflow.definitions import Finding
from signatures.safe_xml import UnsafeXml, parse_xml

_MODEL = "process.bpmn"
_DIAGRAM = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"


def bound_model(files: Mapping[str, bytes]) -> bytes:
    """The model of a package with the parts that it calls inside; the same bytes when it calls none.

    Raises KeyError for a package without a model. What does not fit is told by `check_binding`.
    """
    keys = keys_of(files)
    model = files[_MODEL]
    return _bound(model, tuple((key, *_files(files, key)) for key in keys)) if keys else model


def with_parts(model: bytes, folder: Path) -> bytes:
    """The model of a file in a folder with the shared parts that it calls inside."""
    return bound_model({_MODEL: model, **gather(model, folder)})


def parts_of(files: Mapping[str, bytes]) -> dict[str, Part]:
    """The parts of a package by their keys, and the one that it is; what cannot be read is left out."""
    found = {}
    for name in (PART, *(f"{SHARED}/{key}/{PART}" for key in keys_of(files))):
        part = _described(files.get(name, b""))
        if part is not None:
            found[part.key] = part
    return found


def _files(files: Mapping[str, bytes], key: str) -> tuple[bytes, bytes]:
    return files.get(f"{SHARED}/{key}/{_MODEL}", b""), files.get(f"{SHARED}/{key}/{PART}", b"")


@lru_cache(maxsize=100)
def _bound(model: bytes, shared: tuple[tuple[str, bytes, bytes], ...]) -> bytes:
    try:
        root = parse_xml(model, max_bytes=MAX_BYTES)
        roots = {key: parse_xml(data, max_bytes=MAX_BYTES) for key, data, _ in shared}
    except UnsafeXml:
        return model
    for key, added in roots.items():
        _take_in(root, added, key)
    described = {key: _described(data) for key, _, data in shared}
    for call in root.iter(f"{BPMN}callActivity"):
        part = described.get(str(call.get("calledElement")))
        if part is not None:
            _complete(call, part)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _described(data: bytes) -> Part | None:
    try:
        return read_part(data)
    except InvalidPart:
        return None


def _take_in(root: etree._Element, added: etree._Element, key: str) -> None:
    """Put the processes, messages and errors of a part before the first diagram, and its own after."""
    place = next((index for index, child in enumerate(root) if child.tag == _DIAGRAM), len(root))
    for child in list(added):
        if child.tag == f"{BPMN}collaboration":
            continue
        if child.tag == _DIAGRAM:
            child.attrib.pop("id", None)
            for plane in child:
                plane.set("bpmnElement", key)
            for node in child.iter(etree.Element):
                node.attrib.pop("id", None)
            root.append(child)
        else:
            root.insert(place, child)
            place += 1


def _complete(call: etree._Element, part: Part) -> None:
    """Write in a call what it leaves unsaid: the defaults, and what it keeps of the part."""
    said = _said(call)
    unsaid = {
        name: said.get(item.default, f"={item.default}")
        for name, item in part.parameters.items()
        if name not in said and item.default is not None
    }
    unsaid |= {RESULTS: f"={part.kept}"}
    unsaid |= {} if said.get(RESULT) else {RESULT: str(call.get("id"))}
    extensions = call.find(f"{BPMN}extensionElements")
    if extensions is None:
        extensions = etree.Element(f"{BPMN}extensionElements")
        call.insert(0, extensions)
    holder = extensions.find(f"{SPIFF}properties")
    if holder is None:
        holder = etree.SubElement(extensions, f"{SPIFF}properties")
    for name, value in unsaid.items():
        etree.SubElement(holder, f"{SPIFF}property", name=name, value=value)


def _said(call: etree._Element) -> dict[str, str]:
    return {
        str(item.get("name")): str(item.get("value") or "")
        for item in call.findall(f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property")
    }


def check_binding(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """What keeps the parts from being called as the package calls them."""
    known: dict[str, Part] = {}
    for key in keys_of(files):
        where = f"{SHARED}/{key}/{PART}"
        try:
            known[key] = read_part(files.get(where, b""))
        except InvalidPart as error:
            yield _error("part", where, str(error))
            continue
        if known[key].key != key:
            yield _error("part", where, f"su clave es «{known[key].key}» y la carpeta, «{key}»")
    models = [_MODEL, *(f"{SHARED}/{key}/{_MODEL}" for key in keys_of(files))]
    for name in models:
        try:
            root = parse_xml(files.get(name, b""), max_bytes=MAX_BYTES)
        except UnsafeXml:
            if name != _MODEL:
                yield _error("part", name, "la parte no tiene un modelo que se pueda leer")
            continue
        for call in root.iter(f"{BPMN}callActivity"):
            part = known.get(str(call.get("calledElement")))
            if part is not None:
                yield from _call(call, part)


def _call(call: etree._Element, part: Part) -> Iterator[Finding]:
    element, said = str(call.get("id")), _said(call)
    for name in sorted(parameters(said).keys() - part.parameters.keys()):
        yield _error("parameter", element, f"«{part.key}» no recibe el parámetro «{name}»")
    for name, item in part.parameters.items():
        if item.default is None and name not in said:
            message = f"a «{part.key}» le falta el parámetro «{name}»: {item.text}"
            yield _error("parameter", element, message)
    if RESULTS in said:
        yield _error("parameter", element, f"lo que deja «{part.key}» lo dice su {PART}")


def check_names(part: Part, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """That the ids and files of a part, and the names that it leaves, are its own.

    files: of the part's folder.
    """
    for name in files:
        folder, _, stem = name.partition("/")
        if folder in ("staff", "documents") and not stem.startswith(part.prefix):
            yield _error("part", name, f"los ficheros de «{part.key}» empiezan por «{part.prefix}»")
    for name in sorted(part.parameters.keys() & OWN):
        yield _error("part", PART, f"un parámetro no se llama «{name}»")
    try:
        root = parse_xml(files.get(_MODEL, b""), max_bytes=MAX_BYTES)
    except UnsafeXml:
        return
    process = root.find(f"{BPMN}process")
    if process is None or process.get("id") != part.key:
        yield _error("part", _MODEL, f"el proceso de la parte se llama «{part.key}»")
        return
    for node in process.iter(etree.Element):
        identifier = str(node.get("id") or "")
        named = node is not process and str(node.tag).startswith(BPMN) and identifier
        if named and not identifier.startswith(part.prefix):
            message = f"los nombres de «{part.key}» empiezan por «{part.prefix}»"
            yield _error("part", identifier, message)


def _error(code: str, element: str, message: str) -> Finding:
    return Finding("error", code, element, message)
