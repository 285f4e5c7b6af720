"""Names that expressions use and no step gives: worth a look, since they are null until somebody does."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml import etree

from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression
from engine.workflow.bpmn.expressions import keys_of, names_in
from engine.workflow.bpmn.findings import Finding, warning
from engine.workflow.bpmn.names import BPMN, SPIFF, holder_of, id_of, kind_of
from engine.workflow.bpmn.terms import legal_term

_NAME = re.compile(r"^[^\W\d]\w*$")
_OPEN = frozenset(["serviceTask", "userTask", "businessRuleTask"])
_SCRIPTS = (f"{SPIFF}preScript", f"{SPIFF}postScript", f"{SPIFF}listScript", f"{BPMN}script")
_ITEMS = (
    *(f"{BPMN}{kind}" for kind in ("inputDataItem", "outputDataItem", "loopDataOutputRef")),
    *(f"{SPIFF}{kind}" for kind in ("messageVariable", "variableName", "calledDecisionId")),
)


def check_names(root: etree._Element, given: Collection[str]) -> Iterator[Finding]:
    """Each name once, at the first element that uses it.

    given: the names that the data has from the start. Where a step spreads what it got over the data,
    its names are not known and nothing is said.
    """
    if not given or _spreads(root):
        return
    known, told = {*given, *_provided(root)}, set()
    for element, text in _texts(root):
        try:
            compile_expression(text)
        except FeelError:
            continue
        for name in names_in(text):
            if name not in known and name not in told:
                told.add(name)
                message = f"ningún paso da «{name}»: si no viene de fuera, es nulo"
                yield warning("name", element, message)


def _spreads(root: etree._Element) -> bool:
    """Whether some script puts into the data whatever a context holds."""
    return any(
        not (script.text or "").strip().startswith("{")
        for kind in _SCRIPTS
        for script in root.iter(kind)
    )


def _provided(root: etree._Element) -> set[str]:
    """The names that the steps of the model give."""
    found = {id_of(node) for kind in _OPEN for node in root.iter(f"{BPMN}{kind}")}
    for script in root.iter(*_SCRIPTS):
        found |= keys_of((script.text or "").strip())
    for operator in root.iter(f"{SPIFF}serviceTaskOperator"):
        found.add(operator.get("resultVariable") or "")
    for item in root.iter(f"{SPIFF}property"):
        if item.get("name") == "resultVariable":
            found.add(item.get("value") or "")
    for node in root.iter(*_ITEMS):
        found.add(id_of(node) or (node.text or "").strip())
    return found


def _texts(root: etree._Element) -> Iterator[tuple[str, str]]:
    """The FEEL texts of a model, each with the element that it belongs to."""
    for node in root.iter(etree.Element):
        tag, text = str(node.tag), (node.text or "").strip()
        kind = kind_of(node)
        if tag in _SCRIPTS or kind in ("conditionExpression", "condition", "loopCardinality"):
            yield holder_of(node), text
        elif kind in ("timeDate", "timeDuration", "timeCycle"):
            term = legal_term(text)
            yield holder_of(node), text if term is None else term.start
            if term is not None and term.rule.startswith("="):
                yield holder_of(node), term.rule[1:].strip()
        elif tag == f"{SPIFF}parameter":
            yield holder_of(node), str(node.get("value") or "").strip()
        elif tag == f"{SPIFF}property" and str(node.get("value")).startswith("="):
            yield holder_of(node), str(node.get("value"))[1:].strip()
        elif kind == "loopDataInputRef" and _NAME.match(text):
            yield holder_of(node), text
