"""Versions of procedures and migrations of their running cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from engine.errors import BadInput, NotFound
from engine.expedientes.lists import headings
from engine.procedures import operations as procedures
from engine.procedures.comparison import compare_procedures
from engine.procedures.models import VersionState
from engine.procedures.package import InvalidPackage, Procedure
from engine.procedures.queries import procedure as procedure_of
from engine.procedures.versions import VersionRow, titles, versions
from engine.workflow.definitions import load_definition
from engine.workflow.diagram import draw_marked
from engine.workflow.elements import elements_of
from engine.workflow.versions import operations, queries
from engine.workflow.versions.models import Outcome, RunKind
from engine.workflow.versions.plan import Action, holders, targets
from engine.workflow.versions.queries import PlanRow, RunRow
from web.access import Audience, access
from web.admin import version_words as words
from web.admin.blueprint import READ, admin
from web.context import call, reading
from web.inputs import identifier
from web.paging import page_number
from web.rendering import mistakes, page, typed

_PAGE = 50
_STEP = "step-"


@admin.get("/procedimientos/<key>")
@access(Audience.ADMIN, permission=READ)
def procedure(key: str) -> Response:
    """The versions of a procedure, the cases on each, and its migrations."""
    return _procedure(key)


def _procedure(
    key: str, *, status: int = 200, errors: tuple[tuple[str, str], ...] = (), about: str = ""
) -> Response:
    session = reading()
    rows = _versions(key)
    return page(
        "admin/procedure.html",
        status=status,
        errors=errors,
        values=typed(),
        about=about,
        key=key,
        rows=rows,
        published=[
            (str(row.number), gettext("Versión %(number)d", number=row.number))
            for row in rows
            if row.state is not VersionState.DRAFT
        ],
        plans=queries.plans(session, key),
        words=words,
    )


def _versions(key: str) -> tuple[VersionRow, ...]:
    """The versions of a procedure, newest first; raises NotFound."""
    rows = tuple(row for row in versions(reading()) if row.key == key)
    if not rows:
        raise NotFound
    return rows


@admin.post("/versiones/<version_id>/publicar")
@access(Audience.ADMIN, operation="procedures.publish_draft")
def publish_draft(version_id: str) -> Response:
    """Publish a draft."""
    row = _version(version_id)
    try:
        procedures.publish_draft(call(), version_id=row.id)
    except InvalidPackage as error:
        return _procedure(row.key, status=409, errors=(("", str(error)),))
    flash(gettext("La versión %(number)d está publicada.", number=row.number), "success")
    return redirect(url_for("admin.procedure", key=row.key), 303)


@admin.post("/versiones/<version_id>/descartar")
@access(Audience.ADMIN, operation="procedures.discard_draft")
def discard_draft(version_id: str) -> Response:
    """Throw a draft away."""
    row = _version(version_id)
    procedures.discard_draft(call(), version_id=row.id)
    flash(gettext("El borrador está descartado."), "success")
    return redirect(url_for("admin.procedures"), 303)


@admin.post("/versiones/<version_id>/retirar")
@access(Audience.ADMIN, operation="procedures.retire")
def retire(version_id: str) -> Response:
    """Take a version out of the catalogue."""
    row = _version(version_id)
    name = f"reason-{version_id}"
    try:
        procedures.retire(call(), version_id=row.id, reason=request.form.get(name, ""))
    except BadInput as error:
        return _procedure(
            row.key, status=422, errors=((name, mistakes(error)[0][1]),), about=version_id
        )
    flash(gettext("La versión %(number)d está retirada.", number=row.number), "success")
    return redirect(url_for("admin.procedure", key=row.key), 303)


def _version(version_id: str) -> VersionRow:
    wanted = identifier(version_id)
    found = next((row for row in versions(reading()) if row.id == wanted), None)
    if found is None:
        raise NotFound
    return found


@admin.get("/procedimientos/<key>/comparar")
@access(Audience.ADMIN, permission=READ)
def compare_versions(key: str) -> Response:
    """Two versions side by side, and in words what differs: the last two unless others are asked."""
    newest, *older = (row for row in _versions(key) if row.state != VersionState.DRAFT)
    before = older[0] if older else newest
    source = _published(key, request.args.get("de", str(before.number)))
    target = _published(key, request.args.get("a", str(newest.number)))
    found = compare_procedures(source, target)
    return page(
        "admin/comparison.html",
        key=key,
        source=source,
        target=target,
        found=found,
        drawings=(
            _drawing(source, found.model.marks(newer=False), "old"),
            _drawing(target, found.model.marks(newer=True), "new"),
        ),
        running=sum(row.running for row in _versions(key) if row.number == source.version),
        words=words,
    )


def _published(key: str, number: str) -> Procedure:
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        raise NotFound
    return procedure_of(reading(), key, int(number))


def _drawing(procedure: Procedure, marks: Mapping[str, str], name: str) -> Markup:
    """The drawing of a model with its marks; it is made by us from the model's own drawing."""
    told = {mark: str(word) for mark, word in words.MARKS.items()}
    elements = elements_of(load_definition(procedure.model, procedure.decisions))
    return Markup(draw_marked(elements, marks, told, name))  # noqa: S704 - lxml escapes its texts


@admin.post("/procedimientos/<key>/migraciones")
@access(Audience.ADMIN, operation="workflow.propose_migration")
def propose_migration(key: str) -> Response:
    """Propose a plan from the difference between two versions."""
    source, target = (_published(key, request.form.get(name, "")) for name in ("de", "a"))
    plan_id = operations.propose_migration(
        call(),
        definition_key=key,
        source_version=source.version,
        target_version=target.version,
        source=source.model,
        target=target.model,
    )
    flash(gettext("El plan está propuesto. Revise adónde va cada paso antes de ensayarlo."), "info")
    return redirect(url_for("admin.migration_plan", plan_id=plan_id), 303)


@admin.get("/migraciones/<plan_id>")
@access(Audience.ADMIN, permission=READ)
def migration_plan(plan_id: str) -> Response:
    """A plan, step by step, and its rehearsals and runs."""
    return _plan(identifier(plan_id))


def _plan(
    plan_id: UUID, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()
) -> Response:
    session = reading()
    row = queries.plan(session, plan_id)
    return page(
        "admin/migration_plan.html",
        status=status,
        title=titles(session).get(row.definition_key, row.definition_key),
        errors=errors,
        values=typed(),
        row=row,
        steps=_steps(row, queries.open_steps(session, row)),
        runs=queries.runs(session, plan_id),
        words=words,
        step=_STEP,
    )


def _steps(row: PlanRow, standing: Mapping[str, int]) -> list[dict[str, Any]]:
    """Each step that may hold a token: those that nobody decided and that hold some come first."""
    found = []
    for node in holders(row.plan.source):
        choice = row.plan.choices[node.id]
        options = [
            (f"{Action.MAP}:{item.id}", gettext("Va a «%(name)s»", name=item.name or item.id))
            for item in targets(row.plan, node.id)
        ]
        options += [
            (Action.STAY.value, gettext("Se queda en su versión")),
            (Action.DROP.value, gettext("Termina esa rama")),
        ]
        found.append(
            {
                "id": node.id,
                "name": node.name or node.id,
                "kind": words.kind_name(node.kind),
                "standing": standing.get(node.id, 0),
                "same": choice.target == node.id,
                "value": choice.text,
                "options": options,
            }
        )
    return sorted(found, key=lambda item: (item["same"], -item["standing"]))


@admin.post("/migraciones/<plan_id>")
@access(Audience.ADMIN, operation="workflow.amend_migration")
def amend_migration(plan_id: str) -> Response:
    """Change where the steps of a plan go."""
    wanted = identifier(plan_id)
    version = request.form.get("version", "")
    choices = {
        name.removeprefix(_STEP): value
        for name, value in request.form.items()
        if name.startswith(_STEP)
    }
    try:
        operations.amend_migration(
            call(),
            plan_id=wanted,
            version=int(version) if version.isascii() and version.isdigit() else 0,
            choices=choices,
        )
    except BadInput as error:
        return _plan(wanted, status=422, errors=mistakes(error))
    flash(gettext("El plan está guardado."), "success")
    return redirect(url_for("admin.migration_plan", plan_id=plan_id), 303)


@admin.post("/migraciones/<plan_id>/ensayar")
@access(Audience.ADMIN, operation="workflow.rehearse_migration")
def rehearse_migration(plan_id: str) -> Response:
    """Try a plan on every case, with nothing of it staying."""
    run_id = operations.rehearse_migration(call(), plan_id=identifier(plan_id))
    return redirect(url_for("admin.migration_run", run_id=run_id), 303)


@admin.get("/migraciones/ejecuciones/<run_id>")
@access(Audience.ADMIN, permission=READ)
def migration_run(run_id: str) -> Response:
    """How far a rehearsal, a migration or an undoing got, and what became of each case."""
    return _run(identifier(run_id))


def _run(run_id: UUID, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    session = reading()
    row = queries.run(session, run_id)
    plan = queries.plan(session, row.plan_id)
    problems = request.args.get("ver") == "problemas"
    number = page_number(request.args.get("pagina"))
    found = queries.results(
        session, run_id, only_problems=problems, limit=_PAGE + 1, offset=(number - 1) * _PAGE
    )
    names = _names(plan)
    return page(
        "admin/migration_run.html",
        status=status,
        title=titles(session).get(plan.definition_key, plan.definition_key),
        errors=errors,
        values=typed(),
        row=row,
        plan=plan,
        problems=problems,
        number=number,
        more=len(found) > _PAGE,
        results=[(item, _told(row.kind, item, names)) for item in found[:_PAGE]],
        headings=headings(session, (item.expediente_id for item in found)),
        counts=[(outcome, row.counts[outcome]) for outcome in Outcome if row.counts.get(outcome)],
        may_run=_may_run(row),
        may_undo=row.kind is RunKind.RUN and not row.running and bool(row.counts.get(Outcome.DONE)),
        words=words,
    )


def _names(plan: PlanRow) -> dict[str, str]:
    """The names of the elements of both versions."""
    return {
        node.id: node.name or node.id
        for definition in (plan.plan.target, plan.plan.source)
        for node in elements_of(definition).nodes.values()
    }


def _told(kind: RunKind, item: queries.ResultRow, names: Mapping[str, str]) -> list[str]:
    """What a run says of a case, in sentences."""
    if item.outcome in (Outcome.MOVED, Outcome.DIFFERS):
        return [gettext("Se deja como está.")]
    if kind is RunKind.UNDOING and item.outcome is Outcome.DONE:
        return [gettext("Vuelve a estar como antes de migrar.")]
    return list(words.report_in_words(item.report, names))


def _may_run(row: RunRow) -> bool:
    ready = row.counts.get(Outcome.READY)
    return row.kind is RunKind.REHEARSAL and not row.running and row.current and bool(ready)


@admin.post("/migraciones/ejecuciones/<run_id>/migrar")
@access(Audience.ADMIN, operation="workflow.migrate")
def migrate(run_id: str) -> Response:
    """Do what a rehearsal said."""
    wanted = identifier(run_id)
    try:
        begun = operations.migrate(
            call(), rehearsal_id=wanted, reason=request.form.get("reason", "")
        )
    except BadInput as error:
        return _run(wanted, status=422, errors=mistakes(error))
    return redirect(url_for("admin.migration_run", run_id=begun), 303)


@admin.get("/migraciones/ejecuciones/<run_id>/deshacer")
@access(Audience.ADMIN, permission=READ)
def undo_question(run_id: str) -> Response:
    """What undoing a migration means, before it is done."""
    return _undo(identifier(run_id))


def _undo(run_id: UUID, *, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    session = reading()
    row = queries.run(session, run_id)
    plan = queries.plan(session, row.plan_id)
    return page(
        "admin/migration_undo.html",
        status=status,
        errors=errors,
        values=typed(),
        row=row,
        plan=plan,
        count=row.counts.get(Outcome.DONE, 0),
        words=words,
    )


@admin.post("/migraciones/ejecuciones/<run_id>/deshacer")
@access(Audience.ADMIN, operation="workflow.undo_migration")
def undo_migration(run_id: str) -> Response:
    """Take back the cases of a migration that have not moved since."""
    wanted = identifier(run_id)
    try:
        begun = operations.undo_migration(
            call(), run_id=wanted, reason=request.form.get("reason", "")
        )
    except BadInput as error:
        return _undo(wanted, status=422, errors=mistakes(error))
    return redirect(url_for("admin.migration_run", run_id=begun), 303)
