"""Invoices in words: how their terms stand, what to do about a finding, what each step came to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from flask import Blueprint
from flask_babel import gettext, lazy_gettext, ngettext

from engine.finance.models import InvoiceState
from engine.finance.queries import FindingRow, StepRow, Term
from engine.finance.trail import PAYMENT
from web.context import now
from web.formatters import short_date

_URGENT_DAYS, _SOON_DAYS = 5, 10
TONES: Mapping[InvoiceState, str] = {
    InvoiceState.PENDING: "yellow",
    InvoiceState.OBJECTED: "orange",
    InvoiceState.PAID: "green",
    InvoiceState.REJECTED: "red",
}
_OUTCOMES = {
    ("register", "accepted"): lazy_gettext("Registrada sin errores"),
    ("register", "warnings"): lazy_gettext("Registrada con avisos"),
    ("register", "rejected"): lazy_gettext("Rechazada por la comprobación"),
    ("resolve_warnings", "accept"): lazy_gettext("Avisos admitidos"),
    ("resolve_warnings", "reject"): lazy_gettext("Rechazada por sus avisos"),
    ("link_contract", "linked"): lazy_gettext("Vinculada"),
    ("conform", "conform"): lazy_gettext("Conforme"),
    ("control", "favourable"): lazy_gettext("Informe favorable"),
    ("control", "observations"): lazy_gettext("Favorable con observaciones"),
    ("control", "objection"): lazy_gettext("Reparo"),
    ("lift_objection", "lift"): lazy_gettext("Reparo levantado"),
    ("recognise", "recognise"): lazy_gettext("Obligación reconocida"),
    ("order_payment", "order"): lazy_gettext("Pago ordenado"),
    ("pay", "paid"): lazy_gettext("Pagada"),
    ("reject", "reject"): lazy_gettext("Rechazada"),
}


def add_words(blueprint: Blueprint) -> None:
    """Give them to the templates as filters."""
    for function in (
        term_level,
        term_words,
        state_tone,
        finding_advice,
        step_outcome,
        plain_number,
    ):
        blueprint.app_template_filter()(function)


def term_level(term: Term) -> str:
    """How pressing a term is, as the macro `due` names it; natural days, as art. 198 counts them."""
    days = term.days_left(now())
    if days < 0:
        return "overdue"
    if days <= _URGENT_DAYS:
        return "urgent"
    return "soon" if days <= _SOON_DAYS else "on_time"


def term_words(term: Term) -> str:
    """`Quedan 12 días para pagarla (hasta el 24/12/2026)`."""
    days, day = term.days_left(now()), short_date(term.due_at)
    what = gettext("pagarla") if term.rule == PAYMENT else gettext("dar la conformidad")
    if days < 0:
        return ngettext(
            "El plazo para %(what)s terminó ayer (%(day)s)",
            "El plazo para %(what)s terminó hace %(num)d días (%(day)s)",
            -days,
            what=what,
            day=day,
        )
    if days == 0:
        return gettext("Hoy es el último día para %(what)s", what=what)
    return ngettext(
        "Queda 1 día para %(what)s (hasta el %(day)s)",
        "Quedan %(num)d días para %(what)s (hasta el %(day)s)",
        days,
        what=what,
        day=day,
    )


def state_tone(state: InvoiceState) -> str:
    """The colour that repeats what a state's words say."""
    return TONES.get(state, "blue")


def finding_advice(found: FindingRow) -> str:
    """What to do about a finding."""
    if found.severity == "error":
        return gettext("El proveedor tiene que corregirlo y presentar la factura de nuevo.")
    return gettext("Contabilidad decide si se admite así o se rechaza.")


def step_outcome(step: StepRow) -> str:
    """What a step came to."""
    return str(_OUTCOMES.get((step.key, step.outcome), step.state_label))


def plain_number(value: Decimal | None, decimals: int = 0) -> str:
    """A quantity, a price or a rate with the decimals that it has, and at least these: `1.234,50`."""
    if value is None:
        return "—"
    exact = value.normalize()
    if -int(exact.as_tuple().exponent) < decimals:
        exact = value.quantize(Decimal(1).scaleb(-decimals))
    digits = f"{exact:,f}"
    return digits.replace(",", "_").replace(".", ",").replace("_", ".")
