"""The structure of Facturae 3.2, 3.2.1 and 3.2.2: elements, order, cardinality, types, enumerations.

The data files hold what each version's specification fixes. An invoice whose structure is broken is
refused without the official schemas, which a town may install beside this for a second opinion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

DATA = Path(__file__).with_name("data")
VERSIONS = ("3.2", "3.2.1", "3.2.2")
MAX_PROBLEMS = 50
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_DOUBLE = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(frozen=True)
class Problem:
    """Something that the format does not allow: where, and a sentence in Spanish."""

    path: str
    message: str


@dataclass(frozen=True)
class Structure:
    """One version's structure: its namespace, the content of each type, the limits of each value."""

    version: str
    namespace: str
    types: Mapping[str, Sequence[Mapping[str, Any]]]
    simple: Mapping[str, Mapping[str, Any]]


@cache
def structure(version: str) -> Structure:
    """The structure of a version."""
    raw = json.loads((DATA / f"structure-{version}.json").read_text(encoding="utf-8"))
    return Structure(version, raw["namespace"], raw["types"], raw["simple"])


def version_of(root: etree._Element) -> str | None:
    """The Facturae version that the root's namespace names, or None."""
    name = etree.QName(root)
    if name.localname != "Facturae":
        return None
    return next((v for v in VERSIONS if structure(v).namespace == name.namespace), None)


def check_structure(root: etree._Element, version: str) -> tuple[Problem, ...]:
    """Every structural problem, in document order, at most fifty."""
    walker = _Walker(structure(version))
    walker.element(root, "Facturae", "/Facturae")
    return tuple(walker.problems[:MAX_PROBLEMS])


class _Walker:
    """Walks the tree beside the structure and notes what does not fit."""

    def __init__(self, rules: Structure) -> None:
        self._rules = rules
        self.problems: list[Problem] = []

    def element(self, node: etree._Element, type_name: str, path: str) -> None:
        """Check an element's content against its type."""
        if len(self.problems) >= MAX_PROBLEMS:
            return
        for attribute in node.attrib:
            if not str(attribute).startswith("{"):
                self._say(path, f"no admite el atributo «{attribute}»")
        content = self._rules.types.get(type_name)
        if content is None:
            self._value(node, type_name, path)
            return
        self._children(node, content, path)

    def _children(
        self, node: etree._Element, content: Sequence[Mapping[str, Any]], path: str
    ) -> None:
        stray = "".join([node.text or "", *[child.tail or "" for child in node]]).strip()
        if stray:
            self._say(path, "tiene texto suelto entre sus elementos")
        children = [child for child in node if isinstance(child.tag, str)]
        rest = self._sequence(children, 0, content, path)
        if rest < len(children):
            name = _shown(children[rest])
            self._say(f"{path}/{name}", "no se espera aquí: sobra o está fuera de orden")

    def _sequence(
        self,
        children: list[etree._Element],
        at: int,
        content: Sequence[Mapping[str, Any]],
        path: str,
    ) -> int:
        for particle in content:
            at = self._particle(children, at, particle, path)
        return at

    def _particle(
        self, children: list[etree._Element], at: int, particle: Mapping[str, Any], path: str
    ) -> int:
        minimum, maximum = particle.get("min", 1), particle.get("max", 1)
        count = 0
        while (maximum is None or count < maximum) and at < len(children):
            if not _begins(particle, children[at]):
                break
            at = self._once(children, at, particle, path)
            count += 1
        if count < minimum:
            self._missing(particle, path)
        return at

    def _once(
        self, children: list[etree._Element], at: int, particle: Mapping[str, Any], path: str
    ) -> int:
        if "choice" in particle:
            chosen = next(p for p in particle["choice"] if _begins(p, children[at]))
            return self._particle(children, at, chosen, path)
        if "sequence" in particle:
            return self._sequence(children, at, particle["sequence"], path)
        if "name" in particle:
            child = children[at]
            self.element(child, particle["type"], f"{path}/{_numbered(child)}")
        return at + 1

    def _missing(self, particle: Mapping[str, Any], path: str) -> None:
        names = sorted(set(_names(particle)))
        if not names:
            return
        if len(names) == 1:
            self._say(path, f"le falta el elemento obligatorio {names[0]}")
        else:
            self._say(path, "le falta uno de estos elementos: " + ", ".join(names))

    def _value(self, node: etree._Element, type_name: str, path: str) -> None:
        if any(isinstance(child.tag, str) for child in node):
            self._say(path, "tiene elementos dentro y solo admite un valor")
            return
        text = "".join([node.text or "", *[child.tail or "" for child in node]])
        reason = _unfit(text, type_name, self._rules.simple)
        if reason:
            self._say(path, f"vale «{text[:60]}», que {reason}")

    def _say(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))


def _begins(particle: Mapping[str, Any], child: etree._Element) -> bool:
    """Whether the child can be the first of this particle."""
    if "choice" in particle:
        return any(_begins(option, child) for option in particle["choice"])
    if "sequence" in particle:
        for item in particle["sequence"]:
            if _begins(item, child):
                return True
            if item.get("min", 1) > 0:
                return False
        return False
    if particle.get("any"):
        return str(child.tag).startswith("{")
    if particle.get("signature"):
        return str(child.tag) == _SIGNATURE
    return bool(str(child.tag) == particle["name"])


def _names(particle: Mapping[str, Any]) -> Iterator[str]:
    if "name" in particle:
        yield particle["name"]
    for item in (*particle.get("choice", ()), *particle.get("sequence", ())[:1]):
        yield from _names(item)


def _unfit(text: str, type_name: str, simple: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Why a text is not a value of the type, or None when it is."""
    limits = simple.get(type_name)
    base = limits["base"] if limits else type_name
    reason = _unfit_base(text.strip() if base != "xs:string" else text, base)
    if reason or limits is None:
        return reason
    return _unfit_limits(text.strip() if base != "xs:string" else text, limits)


def _unfit_base(text: str, base: str) -> str | None:
    if base == "xs:date":
        try:
            date.fromisoformat(text[:10])
        except ValueError:
            return "no es una fecha AAAA-MM-DD"
        return (
            None if re.fullmatch(r"(Z|[+-]\d\d:\d\d)?", text[10:]) else "no es una fecha AAAA-MM-DD"
        )
    if base == "xs:double" and not _DOUBLE.fullmatch(text):
        return "no es un número"
    if base == "xs:long" and not _INTEGER.fullmatch(text):
        return "no es un número entero"
    return None


def _unfit_limits(text: str, limits: Mapping[str, Any]) -> str | None:
    if "values" in limits and text not in limits["values"]:
        return "no es uno de los códigos admitidos"
    if "patterns" in limits and not any(re.fullmatch(p, text) for p in limits["patterns"]):
        return "no tiene la forma que pide el formato"
    if len(text) > limits.get("maxLength", len(text)):
        return f"pasa de {limits['maxLength']} caracteres"
    if len(text) < limits.get("minLength", 0):
        return f"no llega a {limits['minLength']} caracteres"
    if len(text) != limits.get("length", len(text)):
        return f"debe tener {limits['length']} caracteres"
    return None


def _shown(node: etree._Element) -> str:
    return etree.QName(node).localname


def _numbered(node: etree._Element) -> str:
    """The element's name, with its place among those of its name when it is not alone."""
    parent = node.getparent()
    if parent is None:
        return _shown(node)
    alike = parent.findall(str(node.tag))
    return f"{_shown(node)}[{alike.index(node) + 1}]" if len(alike) > 1 else _shown(node)
