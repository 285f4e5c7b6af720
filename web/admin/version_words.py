"""The words of versions and migrations: what differs, what a migration does, what became of each case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from engine.procedures.models import VersionState
from engine.workflow.diagram import PENDING
from engine.workflow.versions import facets
from engine.workflow.versions.compare import ADDED, CHANGED, REMOVED, RENAMED, Difference
from engine.workflow.versions.migrate import DROPPED, MOVED, SAME
from engine.workflow.versions.models import Outcome, RunKind
from engine.workflow.versions.report import (
    CANCELLED,
    CREATED,
    OPENED,
    Report,
    TermLine,
    TimerLine,
    TokenLine,
    WorkLine,
)
from web.formatters import date_time as _date_time

MARKS: Mapping[str, str] = {
    ADDED: _l("Nuevo"),
    REMOVED: _l("Quitado"),
    RENAMED: _l("Renombrado"),
    CHANGED: _l("Cambiado"),
    PENDING: _l("Igual"),
}
MARK_TONES: Mapping[str, str] = {
    ADDED: "green",
    REMOVED: "red",
    RENAMED: "purple",
    CHANGED: "yellow",
}
STATES: Mapping[VersionState, str] = {
    VersionState.DRAFT: _l("Borrador"),
    VersionState.PUBLISHED: _l("Publicada"),
    VersionState.RETIRED: _l("Retirada"),
}
KINDS: Mapping[RunKind, str] = {
    RunKind.REHEARSAL: _l("Ensayo"),
    RunKind.RUN: _l("Migración"),
    RunKind.UNDOING: _l("Vuelta atrás"),
}
_FACETS: Mapping[str, str] = {
    facets.NAME: _l("el nombre"),
    facets.LANE: _l("la calle"),
    facets.KIND: _l("el tipo"),
    facets.ATTACHED: _l("el paso del que cuelga"),
    facets.INTERRUPTING: _l("si interrumpe el paso"),
    facets.TIMER: _l("el plazo"),
    facets.CONDITION: _l("la condición"),
    facets.SCRIPT: _l("el cálculo"),
    facets.SERVICE: _l("el servicio"),
    facets.RESULT: _l("el dato del resultado"),
    facets.CALLED: _l("el proceso que llama"),
    facets.EVENT: _l("el evento"),
    facets.REPEATED: _l("la repetición"),
    facets.REST: _l("otros detalles"),
    facets.SOURCE: _l("de dónde sale"),
    facets.TARGET: _l("adónde va"),
}
_PROPERTIES: Mapping[str, str] = {
    "unit": _l("la unidad"),
    "role": _l("el puesto"),
    "official": _l("la persona que lo hace"),
    "excluded": _l("quién no puede hacerlo"),
    "candidates": _l("quién puede hacerlo"),
    "form": _l("el formulario"),
    "phase": _l("la fase"),
    "kind": _l("la clase de tarea"),
    "due": _l("el plazo de la tarea"),
    "priority": _l("la prioridad"),
    "followUp": _l("cuándo se recuerda"),
}
_KIND_NAMES: Mapping[str, str] = {
    "userTask": _l("tarea"),
    "manualTask": _l("tarea manual"),
    "serviceTask": _l("servicio"),
    "scriptTask": _l("cálculo"),
    "businessRuleTask": _l("decisión"),
    "sendTask": _l("envío"),
    "receiveTask": _l("espera de un mensaje"),
    "callActivity": _l("proceso llamado"),
    "subProcess": _l("subproceso"),
    "startEvent": _l("inicio"),
    "endEvent": _l("fin"),
    "boundaryEvent": _l("evento del borde"),
    "intermediateCatchEvent": _l("espera"),
    "intermediateThrowEvent": _l("aviso"),
    "exclusiveGateway": _l("compuerta exclusiva"),
    "parallelGateway": _l("compuerta paralela"),
    "inclusiveGateway": _l("compuerta inclusiva"),
    "eventBasedGateway": _l("compuerta de eventos"),
    "sequenceFlow": _l("flujo"),
}
TEXTS: Mapping[str, str] = {
    "title": _l("el título"),
    "summary": _l("el resumen"),
    "topic": _l("el tema"),
    "channel": _l("el canal"),
    "unit": _l("la unidad"),
    "organ": _l("el órgano que resuelve"),
    "sia": _l("el código SIA"),
    "series": _l("la serie documental"),
    "who": _l("quién puede pedirlo"),
    "requirements": _l("los requisitos"),
    "steps": _l("los pasos explicados"),
    "legal_basis": _l("la base legal"),
    "term": _l("el plazo para resolver"),
    "term_rule": _l("la regla del plazo"),
    "term_length": _l("la duración del plazo"),
    "silence": _l("el efecto del silencio"),
    "silence_text": _l("la explicación del silencio"),
    "fee": _l("la tasa"),
    "phases": _l("los nombres de las fases"),
    "subject": _l("de qué trata"),
}
OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    Outcome.PENDING: (_l("Sin mirar"), "grey"),
    Outcome.READY: (_l("Puede migrar"), "green"),
    Outcome.DONE: (_l("Hecho"), "green"),
    Outcome.STAYS: (_l("Se queda en su versión"), "grey"),
    Outcome.REFUSED: (_l("No puede migrar"), "red"),
    Outcome.MOVED: (_l("Ha cambiado mientras tanto"), "orange"),
    Outcome.DIFFERS: (_l("Ya no haría lo ensayado"), "orange"),
}


def kind_name(kind: str) -> str:
    """The kind of an element."""
    return str(_KIND_NAMES.get(kind, kind))


def facet_name(facet: str) -> str:
    """What of an element changed."""
    if facet.startswith(facets.PROPERTY):
        name = facet.removeprefix(facets.PROPERTY)
        return str(_PROPERTIES.get(name, gettext("la propiedad «%(name)s»", name=name)))
    if facet.startswith(facets.PARAMETER):
        return gettext("el parámetro «%(name)s»", name=facet.removeprefix(facets.PARAMETER))
    return str(_FACETS.get(facet, facet))


def changes_in_words(item: Difference) -> Iterator[str]:
    """Each change of an element, in a sentence."""
    if item.mark == RENAMED and item.name != item.new_name:
        yield gettext("Se llama «%(name)s».", name=item.new_name or item.target)
    if item.source and item.target and item.source != item.target:
        yield gettext(
            "Su identificador pasa de %(old)s a %(new)s.", old=item.source, new=item.target
        )
    for change in item.changes:
        what = facet_name(change.facet)
        if change.facet == facets.REST:
            yield gettext("Cambian %(what)s.", what=what)
        elif not change.before:
            yield gettext("Ahora dice %(what)s: «%(after)s».", what=what, after=change.after)
        elif not change.after:
            yield gettext("Ya no dice %(what)s («%(before)s»).", what=what, before=change.before)
        else:
            yield gettext(
                "Cambia %(what)s: de «%(before)s» a «%(after)s».",
                what=what,
                before=change.before,
                after=change.after,
            )


def report_in_words(report: Report, names: Mapping[str, str]) -> Iterator[str]:
    """What a migration does to a case, a sentence for each effect; what stays as it is, is not told."""
    yield from report.problems
    if report.waiting_start:
        yield gettext("Todavía no había empezado: empieza con la versión nueva.")
    for token in report.tokens:
        yield from _token(token, names)
    for line in report.work:
        yield from _work(line, names)
    for timer in report.timers:
        yield from _timer(timer, names)
    for term in report.terms:
        yield _term(term)
    for old, new in report.keys:
        yield gettext("Los datos de «%(old)s» pasan a llamarse «%(new)s».", old=old, new=new)
    if report.going_on:
        listed = ", ".join(names.get(item, item) for item in report.going_on)
        yield gettext("Después sigue por sí mismo: %(steps)s.", steps=listed)


def _token(token: TokenLine, names: Mapping[str, str]) -> Iterator[str]:
    name = names.get(token.element, token.element)
    if token.change == SAME:
        return
    if token.change == DROPPED:
        yield gettext("Termina la rama que estaba en «%(name)s».", name=name)
    elif token.target is None:
        yield gettext("Está en «%(name)s», que el plan no lleva a ningún sitio.", name=name)
    else:
        to = names.get(token.target, token.target)
        if token.change != MOVED and to == name:
            yield gettext("«%(name)s» tiene ahora otro identificador.", name=name)
        elif token.change == MOVED:
            yield gettext("Pasa de «%(name)s» a «%(to)s».", name=name, to=to)
        else:
            yield gettext("«%(name)s» es ahora «%(to)s».", name=name, to=to)


def _work(line: WorkLine, names: Mapping[str, str]) -> Iterator[str]:
    name = line.title or names.get(line.element, line.element)
    if line.change == CANCELLED and line.claimed:
        yield gettext("Se cancela la tarea «%(name)s», que alguien tenía asignada.", name=name)
    elif line.change == CANCELLED:
        yield gettext("Se cancela la tarea «%(name)s».", name=name)
    elif line.change == CREATED:
        yield gettext("Se crea la tarea «%(name)s».", name=name)


def _timer(timer: TimerLine, names: Mapping[str, str]) -> Iterator[str]:
    name = names.get(timer.element, timer.element)
    due = _said_at(timer.due_at) if timer.due_at else ""
    if timer.change == CANCELLED:
        yield gettext("Deja de esperar el plazo «%(name)s».", name=name)
    elif timer.change == CREATED and due:
        yield gettext("Espera el plazo «%(name)s», hasta el %(due)s.", name=name, due=due)
    if timer.overdue:
        yield gettext(
            "¡Atención! El plazo «%(name)s» ya habría vencido y saltará al migrar.", name=name
        )


def _term(term: TermLine) -> str:
    values = {
        "title": term.title,
        "article": term.article,
        "start": _said_at(term.starts_at),
        "due": _said_at(term.due_at),
    }
    if term.change != OPENED:
        return gettext("Termina el plazo legal «%(title)s» (%(article)s).", **values)
    if term.from_now:
        return gettext(
            "Se abre el plazo legal «%(title)s» (%(article)s), que cuenta desde la migración.",
            **values,
        )
    return gettext(
        "Se abre el plazo legal «%(title)s» (%(article)s), que cuenta desde el acto del %(start)s "
        "y termina el %(due)s.",
        **values,
    )


def _said_at(instant: str) -> str:
    return _date_time(datetime.fromisoformat(instant))


def instances(count: int) -> str:
    """How many cases."""
    return ngettext("Un expediente", "%(num)d expedientes", count)
