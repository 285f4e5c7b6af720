"""Contracts for officials: the list with what is left of each, a new one, and one with its invoices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.clock import madrid_date
from engine.contracts import operations, queries
from engine.contracts.models import ContractState
from engine.contracts.queries import ContractSearch
from engine.errors import BadInput, RuleBroken
from engine.finance.queries import InvoiceSearch
from engine.finance.queries import invoices as invoices_of
from web.access import Audience, access
from web.context import call, current, now, reading
from web.contracts.registration import choices, contract_form, read_contract
from web.form_pages import Sent, sent, whole_form
from web.inputs import identifier
from web.office.filters import Filters
from web.paging import page_number
from web.rendering import mistakes, page

contracts = Blueprint("contracts", __name__, url_prefix="/contratos")

READ = "contracts.read"
CREATE = "contracts.create"
_SIZE = 50


@contracts.get("")
@access(Audience.FINANCE, permission=READ)
def home() -> Response:
    """The contracts by words and state, with what is left of each."""
    filters = Filters("q", "estado", "pagina")
    number = page_number(filters.text("pagina"))
    found = queries.contracts(
        reading(),
        ContractSearch(text=filters.text("q") or "", state=filters.one_of("estado", ContractState)),
        page=number,
        size=_SIZE,
    )
    return page(
        "contracts/contracts.html",
        found=found,
        filters=filters,
        states=[(state.value, state.label) for state in ContractState],
        first=filters.address("contracts.home", pagina=number - 1) if number > 1 else None,
        following=filters.address("contracts.home", pagina=number + 1)
        if number * _SIZE < found.total
        else None,
    )


@contracts.get("/registrar")
@access(Audience.FINANCE, permission=CREATE)
def new() -> Response:
    """The form of a new contract; an invoice without one leads here with its issuer filled in."""
    return _new(
        answers={
            "supplier_document": request.args.get("nif", ""),
            "supplier_name": request.args.get("nombre", ""),
        }
    )


@contracts.post("/registrar")
@access(Audience.FINANCE, operation="contracts.create_with_supplier")
def create() -> Response:
    """Record the contract, and its supplier when the town does not know it yet."""
    try:
        typed = read_contract(sent(), choices(reading(), madrid_date(now())))
        made = operations.create_with_supplier(
            call(), supplier=typed.supplier, kind=typed.kind, agreed=typed.agreed
        )
    except BadInput as error:
        return _new(status=422, errors=mistakes(error), data=sent())
    except RuleBroken as error:
        return _new(status=409, errors=(("", error.message),), data=sent())
    flash(gettext("Contrato registrado: ya se le pueden vincular facturas."), "success")
    return redirect(url_for("contracts.contract", contract_id=made.id), 303)


def _new(
    *,
    status: int = 200,
    errors: tuple[tuple[str, str], ...] = (),
    answers: Mapping[str, Any] | None = None,
    data: Sent | None = None,
) -> Response:
    parts, values = whole_form(
        contract_form(), answers or {}, data=data, choices=choices(reading(), madrid_date(now()))
    )
    return page("contracts/new.html", status=status, errors=errors, values=values, parts=parts)


@contracts.get("/<contract_id>")
@access(Audience.FINANCE, permission=READ)
def contract(contract_id: str) -> Response:
    """A contract: what was agreed, what its invoices took, which they are."""
    session, wanted = reading(), identifier(contract_id)
    row = queries.contract(session, wanted)
    number = page_number(Filters("pagina").text("pagina"))
    found = invoices_of(
        session,
        current().actor,
        InvoiceSearch(contract_id=wanted),
        now(),
        page=number,
        size=_SIZE,
    )
    filters = Filters("pagina")
    return page(
        "contracts/contract.html",
        row=row,
        found=found,
        first=filters.address("contracts.contract", contract_id=wanted, pagina=number - 1)
        if number > 1
        else None,
        following=filters.address("contracts.contract", contract_id=wanted, pagina=number + 1)
        if number * _SIZE < found.total
        else None,
    )
