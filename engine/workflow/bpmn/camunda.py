"""Extensions of Camunda 7, Flowable and Activiti, in this engine's words; each loss is told."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.findings import error, info, warning
from engine.workflow.bpmn.juel import is_expression
from engine.workflow.bpmn.names import (
    ACTIVITI,
    BPMN,
    CAMUNDA,
    FLOWABLE,
    kind_of,
    owner_of,
)
from engine.workflow.bpmn.people_of import Said, assign
from engine.workflow.bpmn.services import call, decide, feel_or_note, lost, plain_name
from engine.workflow.bpmn.spreading import put_mappings

VENDORS = (CAMUNDA, FLOWABLE, ACTIVITI)
_HARMLESS = frozenset(
    ["asyncBefore", "asyncAfter", "async", "exclusive", "jobPriority", "historyTimeToLive",
     "versionTag", "isStartableInTasklist", "modelerTemplate", "modelerTemplateVersion",
     "modelerTemplateIcon", "diagramRelationId", "formBinding", "formRefBinding", "taskPriority",
     "formFieldValidation", "initiator", "decisionRefBinding", "calledElementBinding", "type",
     "mapDecisionResult", "triggerable", "useLocalScopeForResultVariable", "autoStoreVariables"]
)  # fmt: skip
_CODE = ("executionListener", "taskListener", "eventListener")
_OURS = frozenset(
    ["kind", "form", "role", "unit", "official", "excluded", "due", "phase", "candidates",
     "priority", "followUp"]
)  # fmt: skip


def translate_camunda(draft: Draft) -> None:
    """Rewrite what these tools add to the elements of a model."""
    for node in [item for process in draft.processes() for item in process.iter(etree.Element)]:
        if kind_of(node):
            _Node(draft, node).translate()
    for node in draft.root:
        if kind_of(node) in ("error", "message", "signal", "escalation"):
            _tell_the_rest(draft, node)


class _Node:
    """One element and what was added to it, whatever the tool calls its namespace."""

    def __init__(self, draft: Draft, node: etree._Element) -> None:
        self._draft = draft
        self._node = node
        self._id = owner_of(node)

    def translate(self) -> None:
        """Rewrite the element."""
        kind = kind_of(self._node)
        if not self._has_any():
            return
        if kind == "userTask":
            self._user_task()
        elif kind in ("serviceTask", "sendTask", "businessRuleTask"):
            self._service()
        elif kind == "scriptTask":
            self._script()
        elif kind == "callActivity":
            self._call_activity()
        elif kind == "multiInstanceLoopCharacteristics":
            return
        elif kind == "startEvent":
            self._take("formKey", "formRef")
        self._mappings()
        self._properties()
        _tell_the_rest(self._draft, self._node)

    def _has_any(self) -> bool:
        return any(str(key).startswith(VENDORS) for key in self._node.attrib) or any(
            True for _ in self._children()
        )

    def _children(self, *names: str) -> Iterator[etree._Element]:
        place = self._node.find(f"{BPMN}extensionElements")
        for child in () if place is None else list(place):
            vendor = isinstance(child.tag, str) and child.tag.startswith(VENDORS)
            if vendor and (not names or etree.QName(child).localname in names):
                yield child

    def _take(self, *names: str) -> str:
        """The first of these attributes, taken away; empty when none is there."""
        found = ""
        for name in names:
            for vendor in VENDORS:
                value = self._node.attrib.pop(f"{vendor}{name}", None)
                found = found or (value or "")
        return found.strip()

    def _user_task(self) -> None:
        said = Said(
            assignee=self._take("assignee"),
            users=self._take("candidateUsers"),
            groups=self._take("candidateGroups"),
            due=self._take("dueDate"),
            follow_up=self._take("followUpDate"),
            priority=self._take("priority"),
            form=self._take("formKey", "formRef"),
        )
        assign(self._draft, self._node, said)
        for form in self._children("formData", "formProperty"):
            fields = [form, *form.iter(f"{CAMUNDA}formField", f"{FLOWABLE}formField")]
            names = [str(field.get("id")) for field in fields if field.get("id")]
            message = (
                f"los campos {', '.join(names)} tienen que estar en el formulario "
                f"staff/{self._id}.json"
            )
            self._draft.note(warning("form", self._id, message))
            self._draft.remove(form)

    def _service(self) -> None:
        topic, bean, code, expression = (
            self._take("topic"), self._take("delegateExpression"), self._take("class"),
            self._take("expression"),
        )  # fmt: skip
        decision = self._take("decisionRef")
        result = self._take("resultVariable", "resultVariableName") or None
        kind = self._take("type")
        connector = next(self._children("connector"), None)
        if decision:
            self._decision(decision, result)
        elif kind == "dmn":
            fields = dict(self._fields())
            self._decision(fields.get("decisionTableReferenceKey", "").strip('"'), result)
        elif topic:
            self._call(topic, result)
        elif bean:
            self._call(bean.strip("${} "), result)
        elif code:
            self._call(code.rpartition(".")[2], result)
        elif connector is not None:
            self._connector(connector, result)
        elif expression:
            self._expression(expression, result)
        elif kind in ("shell", "camel", "mule"):
            message = f"la tarea ejecuta «{kind}», que es código de fuera: llame a un servicio"
            self._draft.note(error("code", self._id, message))
        elif kind and kind != "external":
            self._call(kind, result)

    def _decision(self, decision: str, result: str | None) -> None:
        if not decision or is_expression(decision):
            message = f"la decisión «{decision}» no puede ser un cálculo"
            self._draft.note(error("decision", self._id, message))
            return
        mapping = self._take("mapDecisionResult")
        decide(self._draft, self._node, decision, result)
        if mapping in ("resultList", "collectEntries") or (result and not mapping):
            message = (
                f"el resultado queda en «{result or decision}» tal como lo da la decisión, no como "
                "lista de filas"
            )
            self._draft.note(warning("decision", self._id, message))

    def _call(self, name: str, result: str | None) -> None:
        inputs, outputs = self._input_output(self._node)
        parameters = [*self._fields(), *inputs]
        call(self._draft, self._node, name, parameters, result, outputs)

    def _expression(self, text: str, result: str | None) -> None:
        """A value that is only computed becomes a script; a method of an object is a service."""
        inside = text.strip().removeprefix("#").removeprefix("$").strip("{} ")
        name, called, _ = inside.partition("(")
        if called and "(" not in name and " " not in name.strip():
            self._call(name.strip().replace(".", "/"), result)
            lost(
                self._draft, self._id, f"los argumentos de «{inside}»", "escríbalos como parámetros"
            )
            return
        feel = feel_or_note(self._draft, self._id, text, "la expresión")
        if feel is None:
            return
        self._node.tag = f"{BPMN}scriptTask"
        self._node.set("scriptFormat", "feel")
        script = etree.SubElement(self._node, f"{BPMN}script")
        script.text = f"{{ {result or plain_name(self._id + '_result')}: {feel} }}"
        message = f"calcula «{feel}» en un script"
        self._draft.note(info("service", self._id, message))

    def _connector(self, connector: etree._Element, result: str | None) -> None:
        named = next(
            (child for child in connector if etree.QName(child).localname == "connectorId"), None
        )
        name = "" if named is None else (named.text or "").strip()
        inputs, outputs = self._input_output(connector, inside=True)
        self._draft.remove(connector)
        call(self._draft, self._node, name or "connector", inputs, result, outputs)

    def _fields(self) -> list[tuple[str, str]]:
        """The fields that are injected into a class: parameters here."""
        found = []
        for field in list(self._children("field")):
            text = field.get("stringValue") or field.get("expression") or ""
            for child in field:
                text = text or (child.text or "")
            feel = feel_or_note(
                self._draft, self._id, text, f"el campo «{field.get('name')}»", value=True
            )
            if feel is not None:
                found.append((str(field.get("name")), feel))
            self._draft.remove(field)
        return found

    def _input_output(
        self, holder: etree._Element, *, inside: bool = False
    ) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The mappings of an element, taken away: inputs and outputs, names and FEEL."""
        place = holder if inside else holder.find(f"{BPMN}extensionElements")
        inputs: list[tuple[str, str]] = []
        outputs: list[tuple[str, str]] = []
        for mapping in () if place is None else place.findall(f"{CAMUNDA}inputOutput"):
            for parameter in mapping:
                local = etree.QName(parameter).localname
                feel = self._mapped(parameter)
                if feel is not None:
                    (inputs if local == "inputParameter" else outputs).append(
                        (str(parameter.get("name")), feel)
                    )
            self._draft.remove(mapping)
        return inputs, outputs

    def _mapped(self, parameter: etree._Element) -> str | None:
        what = f"el valor de «{parameter.get('name')}»"
        children = [child for child in parameter if isinstance(child.tag, str)]
        if not children:
            text = (parameter.text or "").strip()
            return feel_or_note(self._draft, self._id, text, what, value=True) if text else "null"
        kind = etree.QName(children[0]).localname
        if kind == "script":
            message = f"{what} es código en «{children[0].get('scriptFormat')}»: escríbalo en FEEL"
            self._draft.note(error("script-language", self._id, message))
            return None
        parts = [
            feel_or_note(self._draft, self._id, child.text or "", what, value=True)
            for child in children[0]
        ]
        if kind == "list":
            return "[" + ", ".join(part or "null" for part in parts) + "]"
        keys = [str(child.get("key")) for child in children[0]]
        return (
            "{"
            + ", ".join(f'"{key}": {part or "null"}' for key, part in zip(keys, parts, strict=True))
            + "}"
        )

    def _mappings(self) -> None:
        """Inputs and outputs of what is not a service: scripts before and after."""
        inputs, outputs = self._input_output(self._node)
        put_mappings(self._draft, self._node, inputs, outputs)

    def _script(self) -> None:
        result = self._take("resultVariable")
        if self._take("resource"):
            message = "el script está en otro fichero: escríbalo aquí en FEEL"
            self._draft.note(error("script-language", self._id, message))
            return
        language = (self._node.get("scriptFormat") or "").lower()
        script = self._node.find(f"{BPMN}script")
        text = "" if script is None else (script.text or "").strip()
        if script is not None and language in ("feel", "juel") and result:
            feel = feel_or_note(self._draft, self._id, text, "el script")
            if feel is not None:
                self._node.set("scriptFormat", "feel")
                script.text = f"{{ {result}: {feel} }}"
                self._draft.note(info("script", self._id, f"el resultado queda en «{result}»"))

    def _call_activity(self) -> None:
        called = self._node.get("calledElement") or ""
        if self._take("caseRef", "caseBinding"):
            self._draft.note(error("refused", self._id, "los casos CMMN no se admiten"))
        if is_expression(called):
            message = f"el proceso llamado «{called}» no puede ser un cálculo"
            self._draft.note(error("call", self._id, message))
        before: list[tuple[str, str]] = []
        after: list[tuple[str, str]] = []
        for mapping in list(self._children("in", "out")):
            entries = before if etree.QName(mapping).localname == "in" else after
            target = mapping.get("target")
            source = mapping.get("source") or mapping.get("sourceExpression")
            if target and source:
                feel = feel_or_note(self._draft, self._id, source, f"el dato «{target}»")
                if feel is not None and feel != target:
                    entries.append((target, feel))
            self._draft.remove(mapping)
        self._draft.put_script(self._node, "preScript", before)
        self._draft.put_script(self._node, "postScript", after)
        message = "el proceso llamado ve todos los datos y los devuelve todos"
        self._draft.note(info("call", self._id, message))

    def _properties(self) -> None:
        """Custom properties: those with one of our names are ours."""
        for group in list(self._children("properties")):
            unknown = []
            for item in group:
                name, value = str(item.get("name")), item.get("value") or ""
                if name in _OURS and kind_of(self._node) == "userTask":
                    self._draft.put_property(self._node, name, value)
                else:
                    unknown.append(name)
            if unknown:
                message = f"las propiedades {', '.join(unknown)} no significan nada aquí"
                self._draft.note(info("property", self._id, message))
            self._draft.remove(group)


def _tell_the_rest(draft: Draft, node: etree._Element) -> None:
    """What was not rewritten: code and other losses, and what this engine does not need."""
    element, harmless = owner_of(node), []
    for key in [key for key in node.attrib if str(key).startswith(VENDORS)]:
        name = etree.QName(str(key)).localname
        if name in _HARMLESS:
            harmless.append(name)
        else:
            lost(draft, element, f"«{name}={node.attrib[key]}»")
        del node.attrib[key]
    place = node.find(f"{BPMN}extensionElements")
    for child in () if place is None else list(place):
        if not isinstance(child.tag, str) or not child.tag.startswith(VENDORS):
            continue
        name = etree.QName(child).localname
        if name in _CODE:
            said = child.get("class") or child.get("expression") or child.get("delegateExpression")
            lost(draft, element, f"el código que escucha («{said or 'script'}»)")
        elif name in ("failedJobRetryTimeCycle", *_HARMLESS):
            harmless.append(name)
        else:
            lost(draft, element, f"«{name}»")
        draft.remove(child)
    if harmless:
        message = f"aquí no hace falta: {', '.join(harmless)}"
        draft.note(info("ignored", element, message))
