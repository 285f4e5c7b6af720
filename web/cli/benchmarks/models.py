"""The models that the benchmarks of the engine run."""

from __future__ import annotations

import itertools
from functools import cache

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'targetNamespace="https://andecha.example/bench">'
)
_TAIL = "</definitions>"
_TASK = (
    '<userTask id="{id}" name="Informar"><extensionElements><spiffworkflow:properties>'
    '<spiffworkflow:property name="official" value="=official"/>'
    "</spiffworkflow:properties></extensionElements>"
    "<incoming>{came}</incoming><outgoing>{goes}</outgoing></userTask>"
)


def _flow(identifier: str, source: str, target: str, condition: str = "") -> str:
    inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return (
        f'<sequenceFlow id="{identifier}" sourceRef="{source}" targetRef="{target}">'
        f"{inside}</sequenceFlow>"
    )


def _model(body: str, *others: str) -> bytes:
    process = f'<process id="bench" isExecutable="true">{body}</process>'
    return f"{_HEAD}{process}{''.join(others)}{_TAIL}".encode()


@cache
def one_task() -> bytes:
    """Start, a person's task, end."""
    return chain(1)


@cache
def chain(length: int) -> bytes:
    """So many people's tasks, one after the other."""
    parts = ['<startEvent id="start"><outgoing>f0</outgoing></startEvent>']
    parts += [
        _TASK.format(id=f"task{at}", came=f"f{at - 1}", goes=f"f{at}")
        for at in range(1, length + 1)
    ]
    parts.append(f'<endEvent id="end"><incoming>f{length}</incoming></endEvent>')
    names = ["start", *(f"task{at}" for at in range(1, length + 1)), "end"]
    parts += [
        _flow(f"f{at}", source, target)
        for at, (source, target) in enumerate(itertools.pairwise(names))
    ]
    return _model("".join(parts))


@cache
def looped() -> bytes:
    """A script that counts to `turns` in a loop through a gateway."""
    return _model(
        '<startEvent id="start"><outgoing>f0</outgoing></startEvent>'
        '<scriptTask id="count" scriptFormat="feel"><incoming>f0</incoming><incoming>back</incoming>'
        "<outgoing>f1</outgoing><script>{ n: n + 1 }</script></scriptTask>"
        '<exclusiveGateway id="again" default="out"><incoming>f1</incoming>'
        "<outgoing>back</outgoing><outgoing>out</outgoing></exclusiveGateway>"
        '<endEvent id="end"><incoming>out</incoming></endEvent>'
        + _flow("f0", "start", "count")
        + _flow("f1", "count", "again")
        + _flow("back", "again", "count", "n &lt; turns")
        + _flow("out", "again", "end")
    )


@cache
def called() -> bytes:
    """A process called once for each of `items`."""
    return _model(
        '<startEvent id="start"><outgoing>f0</outgoing></startEvent>'
        '<callActivity id="call" calledElement="each"><incoming>f0</incoming>'
        "<outgoing>f1</outgoing><multiInstanceLoopCharacteristics>"
        "<loopDataInputRef>items</loopDataInputRef><loopDataOutputRef>results</loopDataOutputRef>"
        '<inputDataItem id="item" name="item"/><outputDataItem id="result" name="result"/>'
        "</multiInstanceLoopCharacteristics></callActivity>"
        '<endEvent id="end"><incoming>f1</incoming></endEvent>'
        + _flow("f0", "start", "call")
        + _flow("f1", "call", "end"),
        '<process id="each" isExecutable="true">'
        '<startEvent id="each_start"><outgoing>g0</outgoing></startEvent>'
        '<scriptTask id="double" scriptFormat="feel"><incoming>g0</incoming><outgoing>g1</outgoing>'
        "<script>{ result: item * 2 }</script></scriptTask>"
        '<endEvent id="each_end"><incoming>g1</incoming></endEvent>'
        + _flow("g0", "each_start", "double")
        + _flow("g1", "double", "each_end")
        + "</process>",
    )
