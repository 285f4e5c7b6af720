"""Reading decision tables."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from engine.decisions.reading import Reading
from engine.decisions.table import Aggregation, Column, HitPolicy, Rule, Table
from engine.decisions.types import ItemType
from engine.feel.expression import Expression
from engine.feel.names import spelled
from engine.feel.types import ListType, Type

MAX_RULES = 5_000


class TableReader:
    """Reads the decision tables of one file."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def table(self, node: etree._Element, owner: str, place: str) -> Table:
        """A table; its faults name the cell."""
        reading = self._reading
        policy, aggregation = self._policy(node, place)
        inputs = tuple(self._input(item, place) for item in reading.children(node, "input"))
        listed = reading.children(node, "output")
        outputs = tuple(self._output(item, place, alone=len(listed) == 1) for item in listed)
        if not outputs:
            reading.fault("la tabla no tiene ninguna salida", place)
        rows = reading.children(node, "rule")
        if len(rows) > MAX_RULES:
            reading.fault(f"la tabla pasa de {MAX_RULES} reglas", place)
            rows = rows[:MAX_RULES]
        rules = []
        for at, item in enumerate(rows, start=1):
            rule = self._rule(item, at, place)
            if len(rule.tests) == len(inputs) and len(rule.outputs) == len(outputs):
                rules.append(rule)
            else:
                reading.fault("la regla no tiene una celda por columna", f"{place}/{rule.id}")
        table = Table(owner, place, policy, aggregation, inputs, outputs, tuple(rules))
        self._check(table)
        return table

    def _policy(self, node: etree._Element, place: str) -> tuple[HitPolicy, Aggregation | None]:
        policy, aggregation = node.get("hitPolicy", "UNIQUE"), node.get("aggregation")
        try:
            hit = HitPolicy(policy)
            joined = Aggregation(aggregation) if aggregation else None
        except ValueError:
            self._reading.fault(f"la política «{policy} {aggregation or ''}» no existe", place)
            return HitPolicy.UNIQUE, None
        return hit, joined if hit is HitPolicy.COLLECT else None

    def _check(self, table: Table) -> None:
        """What the whole of a table must be, whatever its cells say."""
        reading = self._reading
        if table.aggregation not in (None, Aggregation.COUNT) and len(table.outputs) > 1:
            reading.fault("una tabla de varias salidas no se agrega", table.place)
        if table.policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER) and not any(
            column.priorities for column in table.outputs
        ):
            message = f"la política {table.policy} necesita la lista de los valores de la salida"
            reading.fault(message, table.place)
        if not table.rules:
            reading.warn("la tabla no tiene ninguna regla", table.place, "no-rules")

    def _input(self, node: etree._Element, place: str) -> Column:
        reading = self._reading
        expression = reading.child(node, "inputExpression")
        text = reading.text(expression)
        label = str(node.get("label") or node.get("id") or text or "entrada")
        where = f"{place}/{label}"
        if expression is not None:
            reading.check_language(expression, where)
        allowed = reading.text(reading.child(node, "inputValues"))
        return Column(
            id=str(node.get("id") or label),
            label=label,
            expression=reading.expression(text, where),
            allowed=reading.tests(allowed, where) if allowed else None,
            type=reading.type_of(expression, where),
        )

    def _output(self, node: etree._Element, place: str, *, alone: bool) -> Column:
        reading = self._reading
        name = str(node.get("name") or node.get("label") or node.get("id") or "salida")
        label = spelled(name)
        where = f"{place}/{label}"
        if not node.get("name") and not alone:
            reading.fault("una tabla de varias salidas les da nombre a todas", where)
        kind = reading.type_of(node, where)
        allowed = reading.text(reading.child(node, "outputValues"))
        default = reading.text(reading.child(node, "defaultOutputEntry"))
        return Column(
            id=str(node.get("id") or label),
            label=label,
            allowed=reading.tests(allowed, where) if allowed else None,
            priorities=self._priorities(allowed or _allowed_by(kind), where),
            default=reading.expression(default, where) if default else None,
            type=kind,
        )

    def _priorities(self, allowed: str, place: str) -> tuple[Expression, ...]:
        """The allowed outputs one by one: their order is their priority."""
        return tuple(self._reading.tests(part, place) for part in separated(allowed))

    def _rule(self, node: etree._Element, number: int, place: str) -> Rule:
        reading = self._reading
        identifier = str(node.get("id") or f"regla {number}")

        def cells(
            kind: str, build: Callable[[str, str], Expression]
        ) -> tuple[tuple[str, Expression], ...]:
            found = []
            for at, item in enumerate(reading.children(node, kind), start=1):
                cell = str(item.get("id") or f"{identifier}, celda {at}")
                reading.check_language(item, f"{place}/{cell}")
                found.append((cell, build(reading.text(item), f"{place}/{cell}")))
            return tuple(found)

        return Rule(
            identifier,
            cells("inputEntry", lambda text, cell: reading.tests(text or "-", cell)),
            cells("outputEntry", lambda text, cell: reading.expression(text or "null", cell)),
        )


def _allowed_by(kind: Type | None) -> str:
    """The values that a type allows, as its file writes them."""
    if isinstance(kind, ListType):
        return _allowed_by(kind.item)
    if not isinstance(kind, ItemType):
        return ""
    return kind.allowed.source if kind.allowed is not None else _allowed_by(kind.base)


def separated(text: str) -> list[str]:
    """The parts of a list of tests, at the commas that are inside of nothing."""
    parts, depth, quoted, escaped, current = [], 0, False, False, ""
    for char in text:
        if char == '"' and not escaped:
            quoted = not quoted
        escaped = quoted and char == "\\" and not escaped
        depth += 0 if quoted else (char in "([{") - (char in ")]}")
        if char == "," and depth == 0 and not quoted:
            parts.append(current)
            current = ""
        else:
            current += char
    return [part.strip() for part in [*parts, current] if part.strip()]
