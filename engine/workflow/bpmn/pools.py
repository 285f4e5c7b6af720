"""Pools and several processes in a file: which one runs, and what is said of the others."""

from __future__ import annotations

from lxml import etree

from engine.workflow.bpmn.drawing import Draft
from engine.workflow.bpmn.findings import error, info, warning
from engine.workflow.bpmn.names import BPMN, FLOW_NODES, id_of, kind_of


def choose_process(draft: Draft) -> None:
    """Mark the process that runs as executable; name those that do not run."""
    _refuse_other_diagrams(draft)
    for process in draft.processes():
        if process.get("isExecutable") == "1":
            process.set("isExecutable", "true")
        if not process.get("id"):
            process.set("id", draft.fresh_id("process"))
    _mark_only(draft)
    _mark_called(draft)
    main = main_process(draft.root)
    if main is None:
        return
    called = _called(draft)
    for process in draft.processes():
        identifier = id_of(process)
        if process is main or identifier in called or not _has_nodes(process):
            continue
        name = process.get("name") or identifier
        message = (
            f"el proceso «{name}» está en el fichero y no se inicia: se ejecuta «{id_of(main)}»"
        )
        draft.note(warning("other-process", identifier, message))
    _message_flows(draft, main)


def main_process(root: etree._Element) -> etree._Element | None:
    """The process that an instance runs: the executable one that no other of the file calls."""
    executable = [
        process
        for process in root.findall(f"{BPMN}process")
        if process.get("isExecutable") == "true"
    ]
    called = {str(node.get("calledElement")) for node in root.iter(f"{BPMN}callActivity")}
    free = [process for process in executable if id_of(process) not in called]
    return next(iter(free or executable), None)


def _mark_only(draft: Draft) -> None:
    processes = draft.processes()
    if any(process.get("isExecutable") == "true" for process in processes):
        return
    called = _called(draft)
    unsaid = [
        process
        for process in processes
        if process.get("isExecutable") is None
        and _has_nodes(process)
        and id_of(process) not in called
    ]
    if len(unsaid) == 1:
        unsaid[0].set("isExecutable", "true")
        message = "el modelo no dice si el proceso es ejecutable: se toma como ejecutable"
        draft.note(info("executable", id_of(unsaid[0]), message))
    elif unsaid:
        names = ", ".join(id_of(process) for process in unsaid)
        message = f"hay varios procesos y ninguno dice que es ejecutable: márquelo ({names})"
        draft.note(error("not-executable", id_of(unsaid[0]), message))


def _mark_called(draft: Draft) -> None:
    """A called process has to be parsed, whatever it says of itself."""
    called = _called(draft)
    for process in draft.processes():
        if id_of(process) in called and process.get("isExecutable") != "true":
            process.set("isExecutable", "true")
            message = "otro proceso lo llama: se toma como ejecutable"
            draft.note(info("executable", id_of(process), message))


def _called(draft: Draft) -> set[str]:
    return {str(node.get("calledElement")) for node in draft.nodes("callActivity")}


def _has_nodes(process: etree._Element) -> bool:
    return any(kind_of(child) in FLOW_NODES for child in process)


def _message_flows(draft: Draft, main: etree._Element) -> None:
    """Messages between pools: nobody inside this engine is at the other end."""
    known = {id_of(node) for node in main.iter(etree.Element) if node.get("id")}
    for flow in draft.root.iter(f"{BPMN}messageFlow"):
        source, target = str(flow.get("sourceRef")), str(flow.get("targetRef"))
        if source in known and target not in known:
            message = "el mensaje sale a otra calle: alguien de fuera tiene que recibirlo"
            draft.note(info("message-flow", id_of(flow), message))
        elif target in known and source not in known:
            message = "el mensaje viene de otra calle: alguien de fuera tiene que enviarlo"
            draft.note(info("message-flow", id_of(flow), message))


def _refuse_other_diagrams(draft: Draft) -> None:
    for child in draft.root:
        kind = kind_of(child)
        if kind in ("choreography", "globalChoreographyTask"):
            draft.note(error("refused", id_of(child), "las coreografías no se admiten"))
        if kind in ("conversation", "subConversation", "callConversation"):
            draft.note(error("refused", id_of(child), "las conversaciones no se admiten"))
    for node in draft.root.iter(
        f"{BPMN}conversation", f"{BPMN}subConversation", f"{BPMN}callConversation"
    ):
        holder = node.getparent()
        if holder is not None and kind_of(holder) == "collaboration":
            draft.note(
                warning(
                    "conversation", id_of(node), "la conversación no se ejecuta: solo documenta"
                )
            )
