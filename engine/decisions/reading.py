"""What reading a DMN file needs everywhere: its elements, its names, its types and its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.decisions.errors import DecisionError
from engine.decisions.findings import Finding
from engine.decisions.types import ItemType, item_type
from engine.feel import nodes
from engine.feel.errors import FeelError
from engine.feel.expression import Expression, compile_expression, compile_type, compile_unary_tests
from engine.feel.names import Names, spelled
from engine.feel.types import SIMPLE_TYPES, Type, list_type, simple_type

MODEL_NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
_NAMED = (
    "variable",
    "formalParameter",
    "parameter",
    "itemComponent",
    "column",
    "output",
    "inputData",
    "decision",
    "businessKnowledgeModel",
    "decisionService",
)
_LOCAL = ("formalParameter", "parameter", "itemComponent", "column")


@dataclass
class Reading:
    """One reading of a file.

    findings: where faults are gathered, or None when the first one raises DecisionError.
    used: the names that the expressions of the element being read take from its surroundings.
    """

    root: etree._Element
    findings: list[Finding] | None = None
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._ns = f"{{{etree.QName(self.root).namespace}}}"
        self._types: dict[str, Type] = {}
        self._being_read: list[str] = []
        self.names = Names(frozenset(self._all_names()), self._types)
        for node in self.children(self.root, "itemDefinition"):
            self._define(node)
        # What the definitions of types used is of no decision.
        self.used.clear()

    # ---- elements

    def local(self, node: etree._Element) -> str:
        """The name of an element of DMN; empty for what is not one."""
        if not isinstance(node.tag, str) or not node.tag.startswith(self._ns):
            return ""
        return node.tag[len(self._ns) :]

    def child(self, node: etree._Element, name: str) -> etree._Element | None:
        """The first child of a name."""
        return node.find(f"{self._ns}{name}")

    def children(self, node: etree._Element, name: str) -> list[etree._Element]:
        """The children of a name."""
        return node.findall(f"{self._ns}{name}")

    def text(self, node: etree._Element | None) -> str:
        """The `text` inside of an element, without space around."""
        found = None if node is None else self.child(node, "text")
        return "" if found is None else "".join(str(part) for part in found.itertext()).strip()

    def name(self, node: etree._Element) -> str:
        """The name that an element has in expressions."""
        variable = self.child(node, "variable")
        name = variable.get("name") if variable is not None else None
        return spelled(str(name or node.get("name") or node.get("id") or ""))

    def place(self, node: etree._Element) -> str:
        """The id of an element, or its name."""
        return str(node.get("id") or node.get("name") or self.local(node))

    # ---- faults

    def fault(self, message: str, place: str, code: str = "dmn") -> None:
        """A fault of the file: kept, or raised as DecisionError."""
        if self.findings is None:
            raise DecisionError(message, place)
        self.findings.append(Finding("error", code, place, message))

    def warn(self, message: str, place: str, code: str) -> None:
        """Something that is no fault and is worth saying when the file is checked."""
        if self.findings is not None:
            self.findings.append(Finding("warning", code, place, message))

    # ---- expressions

    def expression(self, text: str, place: str) -> Expression:
        """A FEEL expression; what is none is a fault."""
        return self._compiled(compile_expression, text, place, "no es FEEL")

    def tests(self, text: str, place: str) -> Expression:
        """The tests of a cell; what are none are a fault."""
        return self._compiled(compile_unary_tests, text, place, "no es una prueba FEEL")

    def _compiled(
        self, compiler: Callable[[str, Names], Expression], text: str, place: str, wrong: str
    ) -> Expression:
        try:
            found = compiler(text, self.names)
        except FeelError as error:
            shown = text if len(text) <= 80 else f"{text[:77]}…"
            self.fault(f"«{shown}» {wrong}: {error}", place, "feel")
            return Expression(text, nodes.constant(None))
        self.used |= found.names
        return found

    def check_language(self, node: etree._Element, place: str) -> None:
        """Only FEEL is read."""
        language = node.get("expressionLanguage")
        if language and "feel" not in language.lower():
            self.fault(
                f"la expresión está en «{language}» y solo se admite FEEL", place, "language"
            )

    # ---- types

    def type_of(self, node: etree._Element | None, place: str) -> Type | None:
        """The type that an element says to have; one that nobody defines is worth a warning."""
        reference = None if node is None else node.get("typeRef")
        if reference is None and node is not None:
            inner = self.child(node, "typeRef")
            reference = inner.text if inner is not None else None
        return None if not reference else self._referred(reference.strip(), place)

    def variable_type(self, node: etree._Element, place: str) -> Type | None:
        """The type that the variable of an element says to have."""
        return self.type_of(self.child(node, "variable"), place)

    def result_type(self, node: etree._Element, place: str) -> Type | None:
        """The type of what a function gives: its variable has it, or a type of functions that has it."""
        variable = self.child(node, "variable")
        reference = None if variable is None else variable.get("typeRef")
        if reference is None:
            return None
        for item in self.children(self.root, "itemDefinition"):
            function = self.child(item, "functionItem")
            if function is not None and item.get("name") == reference:
                output = function.get("outputTypeRef")
                return None if output is None else self._referred(output, place)
        return self._referred(reference, place)

    def _referred(self, reference: str, place: str) -> Type | None:
        name = spelled(reference)
        for candidate in (name, name.rpartition(":")[2]):
            found = self._types.get(candidate) or self._late(candidate) or simple_type(candidate)
            if found is not None:
                return None if found is SIMPLE_TYPES["Any"] else found
        try:
            return compile_type(name, self.names)
        except FeelError:
            self.warn(f"el tipo «{reference}» no está definido", place, "unknown-type")
            return None

    def _late(self, name: str) -> Type | None:
        """A type that is defined further down."""
        for node in self.children(self.root, "itemDefinition"):
            if spelled(str(node.get("name"))) == name:
                return self._define(node)
        return None

    def _define(self, node: etree._Element) -> Type | None:
        name = spelled(str(node.get("name") or ""))
        if name in self._types:
            return self._types[name]
        if name in self._being_read:
            self.fault(f"el tipo «{name}» se contiene a sí mismo", self.place(node), "type-cycle")
            return None
        self._being_read.append(name)
        try:
            self._types[name] = self._item(node, name)
        finally:
            self._being_read.pop()
        return self._types[name]

    def _item(self, node: etree._Element, name: str) -> Type:
        place = self.place(node)
        fields = {
            spelled(str(part.get("name"))): self._item(part, f"{name}.{part.get('name')}")
            for part in self.children(node, "itemComponent")
        }
        base = self.type_of(node, place)
        if self.child(node, "functionItem") is not None:
            base = SIMPLE_TYPES["function"]
        allowed = self.text(self.child(node, "allowedValues"))
        constraint = self.text(self.child(node, "typeConstraint"))
        many = node.get("isCollection") == "true"
        item: Type = self._narrowed(name, base, fields, allowed, place)
        if not many:
            return self._narrowed(name, item, {}, constraint, place) if constraint else item
        listed = list_type(item)
        return self._narrowed(name, listed, {}, constraint, place) if constraint else listed

    def _narrowed(
        self, name: str, base: Type | None, fields: dict[str, Type], allowed: str, place: str
    ) -> ItemType:
        tests = self.tests(allowed, place) if allowed else None
        return item_type(name, base, fields, tests)

    # ---- names

    def _all_names(self) -> Iterator[str]:
        for node in self.root.iter():
            if self.local(node) in _NAMED:
                yield spelled(str(node.get("name") or ""))
            iterator = node.get("iteratorVariable") if isinstance(node.tag, str) else None
            if iterator:
                yield spelled(str(iterator))

    def local_names(self) -> set[str]:
        """The names that are in sight only inside of something: parameters, parts, entries."""
        found = {"item", "partial", "?"}
        for node in self.root.iter():
            kind = self.local(node)
            if kind in _LOCAL:
                found.add(spelled(str(node.get("name") or "")))
            if kind == "contextEntry":
                found.add(self.name(node))
            iterator = node.get("iteratorVariable") if isinstance(node.tag, str) else None
            if iterator:
                found.add(spelled(str(iterator)))
        return found
