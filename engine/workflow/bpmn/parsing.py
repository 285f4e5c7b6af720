"""From a normalised model to SpiffWorkflow's specs, with the parsers and specs that are ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import task_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import full_tag
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.spiff.parser.event_parsers import (
    SpiffEndEventParser,
    SpiffIntermediateThrowEventParser,
)
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser, SpiffProcessParser
from SpiffWorkflow.spiff.parser.task_spec import ServiceTaskParser, SpiffTaskParser

from engine.decisions.model import DecisionModel
from engine.workflow import event_definitions
from engine.workflow.bpmn.compensation import (
    STEP,
    CancelEnd,
    CompensationEnd,
    CompensationStep,
    CompensationSubprocess,
    CompensationThrow,
    Recorder,
    handler_ended,
)
from engine.workflow.bpmn.deep import in_deep_stack
from engine.workflow.bpmn.findings import InvalidModel
from engine.workflow.bpmn.names import (
    BPMN,
    FLOW_NODES,
    MAX_BYTES,
    SPIFF,
    id_of,
    is_handler,
    kind_of,
)
from engine.workflow.bpmn.pools import main_process
from engine.workflow.bpmn.rules import RuleTask
from engine.workflow.bpmn.scopes import (
    COMPENSATE,
    SUBPROCESSES,
    UNDOES_SCOPE,
    compensable,
    handler_of,
    mark_scope_handlers,
)
from engine.workflow.scripting import HouseServiceTask
from signatures.safe_xml import parse_xml


def parse_model(
    xml: bytes, decisions: DecisionModel | None = None
) -> tuple[str, str, Any, Mapping[str, Any]]:
    """The key, the name, the spec and the specs of the subprocesses of a normalised model.

    Raises ValidationException as the library does, InvalidModel when no process is executable.
    """
    root = parse_xml(xml, max_bytes=MAX_BYTES)
    process = main_process(root)
    if process is None:
        raise InvalidModel("El modelo no tiene ningún proceso ejecutable.")
    key = id_of(process)
    mark_scope_handlers(root)
    for data in [*root.iter(f"{BPMN}dataObject", f"{BPMN}dataObjectReference")]:
        holder = data.getparent()
        if holder is not None:
            holder.remove(data)

    def parse() -> tuple[Any, Any]:
        parser = _Parser(decisions)
        parser.add_bpmn_xml(root, filename=f"{key}.bpmn")
        return parser.get_spec(key), parser.get_subprocess_specs(key)

    spec, subprocesses = in_deep_stack(parse)
    return key, str(process.get("name") or key), spec, subprocesses


class _Throw(SpiffIntermediateThrowEventParser):  # type: ignore[misc]
    """A throw, of compensation too."""

    def create_task(self) -> Any:
        definition = self.node.find(COMPENSATE)
        if definition is None:
            return super().create_task()
        return CompensationThrow(
            self.spec,
            self.bpmn_id,
            event_definition=NoneEventDefinition(),
            activity=definition.get("activityRef"),
            **self.bpmn_attributes,
        )


class _End(SpiffEndEventParser):  # type: ignore[misc]
    """An end, of compensation and of a transaction too."""

    def create_task(self) -> Any:
        definition = self.node.find(COMPENSATE)
        cancel = self.node.find(f"{BPMN}cancelEventDefinition")
        if definition is None and cancel is None:
            return super().create_task()
        spec_class, event, activity = CompensationEnd, NoneEventDefinition(), None
        if definition is not None:
            activity = definition.get("activityRef")
        else:
            spec_class, event = CancelEnd, self.parse_cancel_event(cancel)
        task = spec_class(
            self.spec,
            self.bpmn_id,
            event_definition=event,
            activity=activity,
            **self.bpmn_attributes,
        )
        task.connect(self.spec.end)
        return task


class _Script(SpiffTaskParser):  # type: ignore[misc]
    """A script task with its scripts before and after: the library forgets them."""

    def create_task(self) -> Any:
        extensions = self.parse_extensions()
        script = self.node.find(f"{BPMN}script")
        return self.spec_class(
            self.spec,
            self.bpmn_id,
            "" if script is None else script.text,
            prescript=extensions.get("preScript"),
            postscript=extensions.get("postScript"),
            **self.bpmn_attributes,
        )


class _Rule(SpiffTaskParser):  # type: ignore[misc]
    """A business rule task and the decision that it names."""

    @staticmethod
    def get_decision_ref(node: Any) -> str:
        """The decision, as the library asks for it before it parses anything."""
        called = node.find(f"{BPMN}extensionElements/{SPIFF}calledDecisionId")
        return "" if called is None else (called.text or "").strip()

    def create_task(self) -> Any:
        extensions = self.parse_extensions()
        return RuleTask(
            self.spec,
            self.bpmn_id,
            decision=self.get_decision_ref(self.node),
            decisions=self.process_parser.parser.decisions,
            result_variable=extensions.get("properties", {}).get("resultVariable", ""),
            prescript=extensions.get("preScript"),
            postscript=extensions.get("postScript"),
            **self.bpmn_attributes,
        )


class _Choice(task_parsers.ConditionalGatewayParser):  # type: ignore[misc]
    """A gateway whose conditions are looked at in the model's order, not from top to bottom of the drawing."""

    def get_position(self, node: Any = None) -> dict[str, float]:
        del node
        return {"x": 0.0, "y": 0.0}


class _Lists:
    """For each parser of a node: the script that makes the list of a multi-instance runs before it."""

    def _copy_task_attrs(self, original: Any, loop_characteristics: Any = None) -> None:
        super()._copy_task_attrs(original, loop_characteristics)  # type: ignore[misc]
        listed = self.node.find(f"{BPMN}extensionElements/{SPIFF}listScript")  # type: ignore[attr-defined]
        task = self.task  # type: ignore[attr-defined]
        if listed is None:
            return
        if not task.prescript:
            task.prescript = listed.text
        else:
            task.prescript = f"{{ {listed.text.strip()[1:-1]}, {task.prescript.strip()[1:-1]} }}"


class _ProcessParser(SpiffProcessParser):  # type: ignore[misc]
    """A process whose completed activities can be undone."""

    def _index_process_nodes(self) -> None:
        """The elements by id: the library takes in also what extensions and items call an id."""
        for node in self.node.iter(etree.Element):
            kind, identifier = kind_of(node), node.get("id")
            if kind in FLOW_NODES:
                self.nodes_by_id[identifier] = node
            if kind == "sequenceFlow":
                self.outgoing_sequence_flows.setdefault(node.get("sourceRef"), []).append(node)
            elif kind == "boundaryEvent":
                self.boundary_events_by_attached.setdefault(node.get("attachedToRef"), []).append(
                    node
                )

    def get_boundary_events(self, attached_to_ref: str) -> list[Any]:
        """Those that may happen: a compensation event only says who undoes the activity."""
        return [
            event
            for event in super().get_boundary_events(attached_to_ref)
            if event.find(COMPENSATE) is None
        ]

    def add_tasks(self) -> None:
        """The nodes of the process, and what undoes them."""
        super().add_tasks()
        self.spec.event_subprocess = self.node.get("triggeredByEvent") == "true"
        self.add_handlers()

    def add_handlers(self) -> None:
        """Parse what undoes the activities of this scope, and note their completions."""
        scopes = [self.node]
        if self.node.get("triggeredByEvent") == "true" or self.node.get(UNDOES_SCOPE):
            scopes.append(self.node.getparent())
        if not any(compensable(scope, self.parser) for scope in scopes) and not any(
            isinstance(each, CompensationThrow | CompensationEnd)
            for each in self.spec.task_specs.values()
        ):
            return
        CompensationStep(self.spec, STEP)
        for scope in scopes:
            for activity, handler in self._handlers(scope).items():
                handler.inputs = [self.spec.task_specs[STEP]]
                if not handler.completed_event.is_connected(handler_ended):
                    handler.completed_event.connect(handler_ended)
                if scope is self.node:
                    self._record(activity, handler)

    def _handlers(self, scope: Any) -> dict[str, Any]:
        """What undoes each activity of a scope: as a spec of this process."""
        found: dict[str, Any] = {}
        for event in scope.findall(f"{BPMN}boundaryEvent"):
            if event.find(COMPENSATE) is not None:
                handler = handler_of(event)
                if handler is not None:
                    found[str(event.get("attachedToRef"))] = self.parse_node(handler)
        for activity in scope:
            identifier = id_of(activity)
            if kind_of(activity) not in (*SUBPROCESSES, "callActivity") or identifier in found:
                continue
            if activity.get("triggeredByEvent") == "true" or is_handler(activity):
                continue
            undone_by = self._scope_handler(activity)
            if undone_by is not None:
                found[identifier] = undone_by
        return found

    def _scope_handler(self, activity: Any) -> Any:
        """What undoes a sub-process without a handler of its own; None when nothing in it can be."""
        inner = activity
        if kind_of(activity) == "callActivity":
            called = self.parser.get_process_parser(activity.get("calledElement"))
            inner = None if called is None else called.node
        if inner is None or not compensable(inner, self.parser):
            return None
        own = next((child for child in inner if child.get(UNDOES_SCOPE)), None)
        name = f"{id_of(activity)}.compensation"
        if own is not None:
            self.parser.create_parser(own, filename=self.filename, lane=self.lane)
            self.parser.process_parsers[id_of(own)].parent = self
            spec_name = id_of(own)
        else:
            spec_name = self.parser.undoing(inner, self.filename)
        handler = CompensationSubprocess(self.spec, name, subworkflow_spec=spec_name)
        handler.bpmn_id = id_of(own) if own is not None else id_of(activity)
        return handler

    def _record(self, activity: str, handler: Any) -> None:
        several = self.spec.task_specs.get(f"{activity} [child]")
        spec = several or self.spec.task_specs.get(activity)
        if spec is None:
            return
        holds = isinstance(handler, CompensationSubprocess)
        recorder = Recorder(
            activity,
            handler.name,
            holds=holds,
            needed=holds and handler.spec.endswith(".compensation"),
            instance=several is not None,
        )
        spec.completed_event.connect(recorder)


class _Parser(SpiffBpmnParser):  # type: ignore[misc]
    """SpiffWorkflow's parser, with our parsers and specs."""

    PROCESS_PARSER_CLASS = _ProcessParser
    OVERRIDE_PARSER_CLASSES: dict[str, tuple[Any, Any]] = {}

    def __init__(self, decisions: DecisionModel | None) -> None:
        super().__init__()
        self.decisions = decisions

    def create_parser(self, node: Any, filename: str | None = None, lane: Any = None) -> None:
        """A parser for each process, once: what undoes an activity may be reached from two places."""
        known = self.process_parsers.get(node.get("id"))
        if known is None or known.node is not node:
            super().create_parser(node, filename=filename, lane=lane)

    def undoing(self, inner: Any, filename: str | None) -> str:
        """The name of the process that undoes all that was completed in a sub-process."""
        name = f"{id_of(inner)}.compensation"
        if name not in self.process_parsers:
            parser = _ProcessParser(
                self, inner, self.namespaces, self.data_stores, filename=filename
            )
            self.process_parsers[name] = parser
            parser.spec = BpmnProcessSpec(name=name, description=name, filename=filename)
            throw = CompensationThrow(
                parser.spec, f"{name}.throw", event_definition=NoneEventDefinition()
            )
            parser.spec.start.connect(throw)
            throw.connect(parser.spec.end)
            parser.add_handlers()
        return name


def _house(parser: Any) -> Any:
    """A parser of nodes with what is ours in all of them."""
    return type(f"House{parser.__name__}", (_Lists, parser), {})


_OURS: dict[str, tuple[Any, Any]] = {
    **SpiffBpmnParser.PARSER_CLASSES,
    **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
    full_tag("serviceTask"): (
        ServiceTaskParser,
        HouseServiceTask,
    ),
    full_tag("scriptTask"): (
        _Script,
        SpiffBpmnParser.OVERRIDE_PARSER_CLASSES[full_tag("scriptTask")][1],
    ),
    full_tag("businessRuleTask"): (_Rule, RuleTask),
    full_tag("exclusiveGateway"): (
        _Choice,
        SpiffBpmnParser.PARSER_CLASSES[full_tag("exclusiveGateway")][1],
    ),
    full_tag("inclusiveGateway"): (
        _Choice,
        SpiffBpmnParser.PARSER_CLASSES[full_tag("inclusiveGateway")][1],
    ),
    full_tag("intermediateThrowEvent"): (
        _Throw,
        SpiffBpmnParser.OVERRIDE_PARSER_CLASSES[full_tag("intermediateThrowEvent")][1],
    ),
    full_tag("endEvent"): (_End, SpiffBpmnParser.OVERRIDE_PARSER_CLASSES[full_tag("endEvent")][1]),
}
_Parser.OVERRIDE_PARSER_CLASSES = {
    tag: (_house(parser) if issubclass(parser, TaskParser) else parser, spec)
    for tag, (parser, spec) in _OURS.items()
}
__all__ = ["ValidationException", "event_definitions", "parse_model"]
