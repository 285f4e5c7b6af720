"""Boxed expressions (DMN 1.5, 10.2): each becomes a closure over the scope, as FEEL's own do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from engine.decisions.errors import DecisionError
from engine.decisions.reading import Reading
from engine.decisions.run import typed
from engine.decisions.tables import TableReader
from engine.feel import loops, nodes
from engine.feel.errors import FeelError
from engine.feel.loops import Over
from engine.feel.names import spelled
from engine.feel.scope import Code, Function, Scope
from engine.feel.types import Type

BOXED = frozenset(
    (
        "literalExpression", "decisionTable", "context", "list", "relation", "invocation",
        "functionDefinition", "conditional", "filter", "for", "some", "every",
    )
)  # fmt: skip
_NOTHING: Code = nodes.constant(None)


class BoxedReader:
    """Reads the boxed expressions of one file."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._tables = TableReader(reading)

    def inside(self, node: etree._Element | None, owner: str, place: str) -> Code:
        """The expression inside of an element; a fault when there is none."""
        found = self.element(node)
        if found is None:
            self._reading.fault("falta la expresión", place)
            return _NOTHING
        return self.expression(found, owner, place)

    def element(self, node: etree._Element | None) -> etree._Element | None:
        """The boxed expression among the children of an element."""
        if node is None:
            return None
        return next((child for child in node if self._reading.local(child) in BOXED), None)

    def expression(self, node: etree._Element, owner: str, place: str) -> Code:
        """A boxed expression, with the type that it says to have."""
        readers: dict[str, Callable[[etree._Element, str, str], Code]] = {
            "literalExpression": self._literal,
            "decisionTable": self._table,
            "context": self._context,
            "list": self._list,
            "relation": self._relation,
            "invocation": self._invocation,
            "functionDefinition": self._function_definition,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._for,
            "some": self._quantified,
            "every": self._quantified,
        }
        code = readers[self._reading.local(node)](node, owner, place)
        return typed(code, self._reading.type_of(node, place), place)

    def function(
        self, node: etree._Element, owner: str, place: str, kind: Type | None = None
    ) -> Callable[[Scope], Function]:
        """What makes a function of its parameters and its body, in a scope. kind: of its result."""
        reading = self._reading
        language = node.get("kind", "FEEL")
        if language not in ("FEEL", "F", "feel:FEEL"):
            reading.fault(
                f"las funciones externas ({language}) no se admiten: tiene que ser FEEL", place
            )
        convert: dict[str, Callable[[Any], Any]] = {}
        names: list[str] = []
        for item in reading.children(node, "formalParameter"):
            name = spelled(str(item.get("name") or ""))
            names.append(name)
            declared = reading.type_of(item, f"{place}/{name}")
            if declared is not None:
                convert[name] = declared.convert
        body, parameters = typed(self.inside(node, owner, place), kind, place), tuple(names)
        return lambda scope: Function(parameters, body, scope, convert)

    def _literal(self, node: etree._Element, owner: str, place: str) -> Code:
        self._reading.check_language(node, place)
        text = self._reading.text(node)
        if not text:
            return _NOTHING
        code = self._reading.expression(text, place).code

        def placed(scope: Scope) -> Any:
            try:
                return code(scope)
            except FeelError as error:
                raise DecisionError(str(error), place) from error

        return placed

    def _table(self, node: etree._Element, owner: str, place: str) -> Code:
        return self._tables.table(node, owner, place).evaluate

    def _context(self, node: etree._Element, owner: str, place: str) -> Code:
        """Entries in order, each seeing those before it; one without name is the result."""
        reading = self._reading
        entries: list[tuple[str, Code]] = []
        for entry in reading.children(node, "contextEntry"):
            variable = reading.child(entry, "variable")
            name = "" if variable is None else spelled(str(variable.get("name") or ""))
            inner = f"{place}/{name or 'resultado'}"
            if name and name in (known for known, _ in entries):
                reading.fault(f"la entrada «{name}» está dos veces", place)
            body = self.inside(entry, owner, inner)
            entries.append((name, typed(body, reading.type_of(variable, inner), inner)))

        def code(scope: Scope) -> Any:
            values: dict[str, Any] = {}
            inner = scope.inner(values)
            for name, body in entries:
                value = body(inner)
                if not name:
                    return value
                values[name] = value
            return values

        return code

    def _list(self, node: etree._Element, owner: str, place: str) -> Code:
        items = [child for child in node if self._reading.local(child) in BOXED]
        return nodes.listing(
            [
                self.expression(item, owner, f"{place}/{at}")
                for at, item in enumerate(items, start=1)
            ]
        )

    def _relation(self, node: etree._Element, owner: str, place: str) -> Code:
        """A list of contexts: a row for each, its entries named by the columns."""
        reading = self._reading
        columns = [
            (spelled(str(column.get("name") or "")), reading.type_of(column, place))
            for column in reading.children(node, "column")
        ]
        rows: list[Code] = []
        for at, row in enumerate(reading.children(node, "row"), start=1):
            where = f"{place}/{row.get('id') or f'fila {at}'}"
            cells = [child for child in row if reading.local(child) in BOXED]
            if len(cells) != len(columns):
                reading.fault("la fila no tiene una celda por columna", where)
                continue
            rows.append(
                _row(
                    [
                        (name, typed(self.expression(cell, owner, f"{where}/{name}"), kind, where))
                        for (name, kind), cell in zip(columns, cells, strict=True)
                    ]
                )
            )
        return nodes.listing(rows)

    def _invocation(self, node: etree._Element, owner: str, place: str) -> Code:
        reading = self._reading
        called = self.element(node)
        if called is None or reading.local(called) != "literalExpression":
            return self.inside(node, owner, place)
        name = spelled(reading.text(called))
        reading.used.add(name)
        named: dict[str, Code] = {}
        for binding in reading.children(node, "binding"):
            parameter = reading.child(binding, "parameter")
            key = "" if parameter is None else spelled(str(parameter.get("name") or ""))
            kind = reading.type_of(parameter, f"{place}/{key}")
            inner = self.element(binding)
            body = _NOTHING if inner is None else self.expression(inner, owner, f"{place}/{key}")
            named[key] = typed(body, kind, f"{place}/{key}")
        return nodes.calling(nodes.called_name(name), [], named)

    def _function_definition(self, node: etree._Element, owner: str, place: str) -> Code:
        return self.function(node, owner, place)

    def _conditional(self, node: etree._Element, owner: str, place: str) -> Code:
        parts = [
            self.inside(self._reading.child(node, part), owner, f"{place}/{part}")
            for part in ("if", "then", "else")
        ]
        return nodes.conditional(*parts)

    def _filter(self, node: etree._Element, owner: str, place: str) -> Code:
        parts = [
            self.inside(self._reading.child(node, part), owner, f"{place}/{part}")
            for part in ("in", "match")
        ]
        return loops.filtering(*parts)

    def _over(self, node: etree._Element, owner: str, place: str) -> Over:
        name = spelled(str(node.get("iteratorVariable") or ""))
        if not name:
            self._reading.fault("falta el nombre de lo que se recorre", place)
        listed = self._reading.child(node, "in")
        code = self.inside(listed, owner, f"{place}/in")
        return Over(name, typed(code, self._reading.type_of(listed, place), place))

    def _for(self, node: etree._Element, owner: str, place: str) -> Code:
        over = self._over(node, owner, place)
        body = self.inside(self._reading.child(node, "return"), owner, f"{place}/return")
        return loops.iteration([over], body, partial=True)

    def _quantified(self, node: etree._Element, owner: str, place: str) -> Code:
        some = self._reading.local(node) == "some"
        over = self._over(node, owner, place)
        body = self.inside(self._reading.child(node, "satisfies"), owner, f"{place}/satisfies")
        return loops.quantified([over], body, some=some)


def _row(cells: list[tuple[str, Code]]) -> Code:
    return lambda scope: {name: code(scope) for name, code in cells}
