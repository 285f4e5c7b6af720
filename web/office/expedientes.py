"""Expedientes: the search, and one with its tabs. Each tab is a page with its own address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from engine.deadlines.term import Term
from engine.documents.queries import signatures_of
from engine.expedientes import queries
from engine.expedientes.ex_officio.queries import openings
from engine.expedientes.lists import payment_of
from engine.expedientes.models import ExpedienteState
from engine.expedientes.queries import ExpedienteView
from engine.finance.queries import READ, invoice_of
from engine.notifications import queries as notifications
from engine.procedures.versions import titles
from engine.registry import queries as registry
from engine.workflow import queries as workflow
from engine.workflow.definitions import load_definition
from engine.workflow.diagram import draw
from engine.workflow.elements import elements_of
from engine.workflow.sheets import open_sheets
from web.access import Audience, access
from web.context import current, reading
from web.inputs import identifier
from web.office.blueprint import office
from web.office.filters import Filters
from web.paging import page_number
from web.process_words import steps_in_words
from web.rendering import page


@office.get("/expedientes")
@access(Audience.OFFICE)
def expedientes() -> Response:
    """The expedientes that the official may see, by words, state and procedure."""
    session, actor = reading(), current().actor
    filters = Filters("q", "estado", "procedimiento", "pagina")
    number = page_number(filters.text("pagina"))
    found = queries.search(
        session,
        actor,
        filters.text("q") or "",
        state=filters.one_of("estado", ExpedienteState),
        procedure=filters.text("procedimiento"),
        page=number,
    )
    names = titles(session)
    return page(
        "office/expedientes.html",
        found=found,
        filters=filters,
        names=names,
        procedures=sorted(names.items(), key=lambda item: item[1]),
        may_begin=bool(openings(session, actor)),
        first=filters.address("office.expedientes", pagina=number - 1) if number > 1 else None,
        following=filters.address("office.expedientes", pagina=number + 1)
        if number < found.pages
        else None,
    )


@dataclass(frozen=True)
class Because:
    """Why a term ends when it ends: the term in words, each day looked at, the articles."""

    term: str
    starts: Any
    days: tuple[dict[str, Any], ...]
    articles: tuple[str, ...]


def tab_page(expediente_id: UUID, template: str, tab: str, **context: Any) -> Response:
    """A tab, under the header that is always there."""
    view = context.pop("view", None) or _view(expediente_id)
    return page(
        f"office/{template}.html",
        view=view,
        row=view.row,
        because=_because(view),
        tab=tab,
        tabs=[
            (text, url_for(f"office.{endpoint}", expediente_id=expediente_id), None)
            for endpoint, text in _tabs()
        ],
        **context,
    )


def _tabs() -> tuple[tuple[str, str], ...]:
    return (
        ("expediente", gettext("Resumen")),
        ("expediente_tasks", gettext("Tareas")),
        ("expediente_terms", gettext("Plazos")),
        ("expediente_documents", gettext("Documentos")),
        ("expediente_history", gettext("Historia")),
        ("expediente_diagram", gettext("Diagrama")),
        ("expediente_messages", gettext("Comunicaciones")),
    )


def _view(expediente_id: UUID) -> ExpedienteView:
    return queries.expediente(reading(), expediente_id, current().actor)


def _because(view: ExpedienteView) -> Because | None:
    if view.due is None:
        return None
    derivation = view.due.derivation
    return Because(
        Term.parse(derivation["term"]).spanish,
        view.due.starts_at,
        tuple(derivation.get("days", ())),
        tuple(derivation.get("articles", ())),
    )


@office.get("/expedientes/<expediente_id>")
@access(Audience.OFFICE)
def expediente(expediente_id: str) -> Response:
    """What was asked, what is open now, the parties, the payment."""
    wanted = identifier(expediente_id)
    view, session, actor = _view(wanted), reading(), current().actor
    return tab_page(
        wanted,
        "expediente",
        gettext("Resumen"),
        view=view,
        open_to=workflow.open_to(session, wanted, actor),
        order=payment_of(session, wanted, view.row.person_id),
        invoice=invoice_of(session, wanted, actor) if actor.may(READ) else None,
    )


@office.get("/expedientes/<expediente_id>/tareas")
@access(Audience.OFFICE)
def expediente_tasks(expediente_id: str) -> Response:
    """Every task, done and open: who and when."""
    wanted = identifier(expediente_id)
    view, session, actor = _view(wanted), reading(), current().actor
    return tab_page(
        wanted,
        "expediente_tasks",
        gettext("Tareas"),
        view=view,
        items=tuple(reversed(workflow.items_of(session, wanted))),
        open_to=workflow.open_to(session, wanted, actor),
    )


@office.get("/expedientes/<expediente_id>/documentos")
@access(Audience.OFFICE)
def expediente_documents(expediente_id: str) -> Response:
    """The documents, with their signatures."""
    wanted = identifier(expediente_id)
    view, session = _view(wanted), reading()
    found = queries.documents(session, wanted, current().actor)
    return tab_page(
        wanted,
        "expediente_documents",
        gettext("Documentos"),
        view=view,
        documents=found,
        signatures=signatures_of(session, [item.id for item in found]),
    )


@office.get("/expedientes/<expediente_id>/historia")
@access(Audience.OFFICE)
def expediente_history(expediente_id: str) -> Response:
    """What happened, the newest first."""
    wanted = identifier(expediente_id)
    happened = queries.timeline(reading(), wanted, current().actor)
    return tab_page(
        wanted, "expediente_history", gettext("Historia"), happened=tuple(reversed(happened))
    )


@office.get("/expedientes/<expediente_id>/diagrama")
@access(Audience.OFFICE)
def expediente_diagram(expediente_id: str) -> Response:
    """The procedure drawn, with the step where it stands, and the same as a list."""
    wanted = identifier(expediente_id)
    view, session = _view(wanted), reading()
    elements = elements_of(load_definition(view.procedure.model, view.procedure.decisions))
    states = workflow.element_states(session, workflow.instance_of(session, wanted))
    return tab_page(
        wanted,
        "expediente_diagram",
        gettext("Diagrama"),
        view=view,
        # Made by our own renderer from the model, every text in it escaped by lxml.
        drawing=Markup(draw(elements, states)),  # noqa: S704
        sheets=[(sheet, Markup(sheet.svg)) for sheet in open_sheets(elements, states)],  # noqa: S704
        natural=request.args.get("tamano") == "real",
        steps=steps_in_words(elements, states),
    )


@office.get("/expedientes/<expediente_id>/comunicaciones")
@access(Audience.OFFICE)
def expediente_messages(expediente_id: str) -> Response:
    """What came and went by the registry, and the notifications with how each stands."""
    wanted = identifier(expediente_id)
    view, session = _view(wanted), reading()
    return tab_page(
        wanted,
        "expediente_messages",
        gettext("Comunicaciones"),
        view=view,
        entries=registry.of_expediente(session, wanted),
        notifications=notifications.of_expediente(session, wanted),
    )
