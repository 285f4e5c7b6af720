"""Extensions of Camunda 8 (Zeebe) in this engine's words; each loss is told."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.findings import error, info, warning
from engine.workflow.bpmn.juel import is_expression
from engine.workflow.bpmn.names import BPMN, SPIFF, ZEEBE, id_of, kind_of, owner_of
from engine.workflow.bpmn.people_of import Said, assign
from engine.workflow.bpmn.services import call, decide, feel_or_note, lost
from engine.workflow.bpmn.spreading import put_mappings

_HARMLESS = frozenset(
    ["userTask", "versionTag", "userTaskForm", "modelerTemplate", "modelerTemplateVersion",
     "modelerTemplateIcon", "linkedResources"]
)  # fmt: skip


def translate_zeebe(draft: Draft) -> None:
    """Rewrite what Camunda 8 adds to the elements of a model."""
    for node in [item for process in draft.processes() for item in process.iter(etree.Element)]:
        if kind_of(node) and kind_of(node) != "multiInstanceLoopCharacteristics":
            _Node(draft, node).translate()
    for message in draft.root.findall(f"{BPMN}message"):
        _subscription(draft, message)
    for node in draft.root:
        if kind_of(node) in ("error", "message", "signal", "escalation"):
            _tell_the_rest(draft, node)


class _Node:
    """One element and its Zeebe extensions."""

    def __init__(self, draft: Draft, node: etree._Element) -> None:
        self._draft = draft
        self._node = node
        self._id = owner_of(node)
        place = node.find(f"{BPMN}extensionElements")
        self._extensions = {
            etree.QName(child).localname: child
            for child in (() if place is None else place)
            if isinstance(child.tag, str) and child.tag.startswith(ZEEBE)
        }

    def translate(self) -> None:
        """Rewrite the element."""
        kind = kind_of(self._node)
        if self._extensions:
            self._translate(kind)
        _tell_the_rest(self._draft, self._node)

    def _translate(self, kind: str) -> None:
        definition = self._take("taskDefinition")
        if kind == "userTask":
            self._user_task()
        elif kind == "scriptTask" and "script" in self._extensions:
            self._script()
        elif kind == "businessRuleTask" and "calledDecision" in self._extensions:
            self._decision()
        elif kind == "callActivity":
            self._call_activity()
        elif definition is not None and kind in (
            "serviceTask", "sendTask", "businessRuleTask", "scriptTask",
        ):  # fmt: skip
            self._service(definition)
        elif definition is not None:
            said = definition.get("type") or ""
            lost(self._draft, self._id, f"el trabajo «{said}» del evento", "su mensaje sí se envía")
        self._mappings()

    def _take(self, name: str) -> etree._Element | None:
        """An extension, taken out of the model."""
        found = self._extensions.pop(name, None)
        if found is not None:
            self._draft.remove(found)
        return found

    def _service(self, definition: etree._Element) -> None:
        name = (definition.get("type") or "").lstrip("=").strip().strip('"')
        inputs, outputs = self._io()
        headers = self._headers()
        result = headers.pop("resultVariable", "") or None
        if "resultExpression" in headers:
            lost(
                self._draft,
                self._id,
                f"la expresión «{headers.pop('resultExpression')}»",
                "use salidas",
            )
        known = {key for key, _ in inputs}
        parameters = [
            *inputs,
            *(
                (key, f'"{value}"')
                for key, value in headers.items()
                if key not in known and '"' not in value
            ),
        ]
        if kind_of(self._node) == "scriptTask":
            for script in self._node.findall(f"{BPMN}script"):
                self._draft.remove(script)
        call(self._draft, self._node, name, parameters, result, outputs)

    def _headers(self) -> dict[str, str]:
        headers = self._take("taskHeaders")
        return {
            str(item.get("key")): str(item.get("value") or "")
            for item in (() if headers is None else headers)
            if item.get("key")
        }

    def _io(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The mappings, taken away: inputs and outputs, names and FEEL."""
        mapping = self._take("ioMapping")
        inputs: list[tuple[str, str]] = []
        outputs: list[tuple[str, str]] = []
        for item in () if mapping is None else mapping:
            target, source = item.get("target") or "", item.get("source") or ""
            feel = feel_or_note(
                self._draft, self._id, source, f"el valor de «{target}»", value=True
            )
            if feel is None:
                continue
            if "." in target:
                lost(
                    self._draft,
                    self._id,
                    f"el dato «{target}»",
                    "dentro de otro dato no se escribe",
                )
                continue
            local = etree.QName(item).localname
            (inputs if local == "input" else outputs).append((target, feel))
        return inputs, outputs

    def _mappings(self) -> None:
        inputs, outputs = self._io()
        put_mappings(self._draft, self._node, inputs, outputs)

    def _user_task(self) -> None:
        people, when = self._take("assignmentDefinition"), self._take("taskSchedule")
        form, priority = self._take("formDefinition"), self._take("priorityDefinition")

        def said(node: etree._Element | None, *names: str) -> str:
            found = (node.get(name) for name in names) if node is not None else ()
            return next((value for value in found if value), "")

        key = said(form, "formId", "formKey", "externalReference")
        assign(
            self._draft,
            self._node,
            Said(
                assignee=said(people, "assignee"),
                users=said(people, "candidateUsers"),
                groups=said(people, "candidateGroups"),
                due=said(when, "dueDate"),
                follow_up=said(when, "followUpDate"),
                priority=said(priority, "priority"),
                form="" if key.startswith("camunda-forms:bpmn:") else key,
            ),
        )
        if key.startswith("camunda-forms:bpmn:"):
            message = f"su formulario hay que escribirlo en staff/{self._id}.json"
            self._draft.note(warning("form", self._id, message))
        headers = self._headers()
        if headers:
            message = f"las cabeceras {', '.join(headers)} no significan nada aquí"
            self._draft.note(info("property", self._id, message))

    def _script(self) -> None:
        script = self._take("script")
        if script is None:
            return
        feel = feel_or_note(self._draft, self._id, script.get("expression") or "", "el script")
        if feel is None:
            return
        for old in self._node.findall(f"{BPMN}script"):
            self._draft.remove(old)
        variable = script.get("resultVariable") or f"{self._id}_result"
        self._node.set("scriptFormat", "feel")
        written = etree.SubElement(self._node, f"{BPMN}script")
        written.text = f"{{ {variable}: {feel} }}"
        self._draft.note(info("script", self._id, f"el resultado queda en «{variable}»"))

    def _decision(self) -> None:
        called = self._take("calledDecision")
        name = "" if called is None else called.get("decisionId") or ""
        if called is None or not name or is_expression(name):
            message = f"la decisión «{name}» no puede ser un cálculo"
            self._draft.note(error("decision", self._id, message))
            return
        decide(self._draft, self._node, name, called.get("resultVariable"))

    def _call_activity(self) -> None:
        called = self._take("calledElement")
        process = "" if called is None else called.get("processId") or ""
        if is_expression(process):
            message = f"el proceso llamado «{process}» no puede ser un cálculo"
            self._draft.note(error("call", self._id, message))
        elif process:
            self._node.set("calledElement", process)
            message = "el proceso llamado ve todos los datos y los devuelve todos"
            self._draft.note(info("call", self._id, message))


def _subscription(draft: Draft, message: etree._Element) -> None:
    """The key by which a message finds its instance: one of BPMN's correlation properties."""
    said = message.find(f"{BPMN}extensionElements/{ZEEBE}subscription")
    if said is None:
        return
    identifier = id_of(message)
    draft.remove(said)
    feel = feel_or_note(draft, identifier, said.get("correlationKey") or "", "la clave del mensaje")
    if feel is None:
        return
    name = draft.fresh_id(f"{identifier}.key")
    declared = etree.Element(f"{BPMN}correlationProperty", id=name, name="correlationKey")
    retrieval = etree.SubElement(
        declared, f"{BPMN}correlationPropertyRetrievalExpression", messageRef=identifier
    )
    path = etree.SubElement(retrieval, f"{BPMN}messagePath")
    path.text = "correlationKey"
    message.addnext(declared)
    for node in [
        *(each for each in draft.nodes("messageEventDefinition") if _catches(each)),
        *draft.nodes("receiveTask"),
    ]:
        if node.get("messageRef") != identifier:
            continue
        correlation = etree.SubElement(draft.extensions(node), f"{SPIFF}processVariableCorrelation")
        etree.SubElement(correlation, f"{SPIFF}propertyId").text = name
        etree.SubElement(correlation, f"{SPIFF}expression").text = feel
    told = f"el mensaje se reconoce por su «correlationKey», que ha de ser {feel}"
    draft.note(info("correlation", identifier, told))


def _catches(definition: etree._Element) -> bool:
    event = definition.getparent()
    return event is not None and kind_of(event) in (
        "intermediateCatchEvent",
        "boundaryEvent",
    )


def _tell_the_rest(draft: Draft, node: etree._Element) -> None:
    """What was not rewritten."""
    element, harmless = owner_of(node), []
    for key in [key for key in node.attrib if str(key).startswith(ZEEBE)]:
        name = etree.QName(str(key)).localname
        if name in _HARMLESS:
            harmless.append(name)
        else:
            lost(draft, element, f"«{name}={node.attrib[key]}»")
        del node.attrib[key]
    for child in list(_left(node)):
        name = etree.QName(child).localname
        if name in _HARMLESS or name in ("properties", "taskHeaders"):
            harmless.append(name)
        elif name in ("executionListeners", "taskListeners"):
            lost(draft, element, "el trabajo que escucha a la tarea")
        else:
            lost(draft, element, f"«{name}»")
        draft.remove(child)
    if harmless:
        draft.note(info("ignored", element, f"aquí no hace falta: {', '.join(harmless)}"))


def _left(node: etree._Element) -> Iterator[etree._Element]:
    place = node.find(f"{BPMN}extensionElements")
    for child in () if place is None else place:
        if isinstance(child.tag, str) and child.tag.startswith(ZEEBE):
            yield child
