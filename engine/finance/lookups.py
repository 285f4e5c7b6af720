"""What the checks ask of the register: twins, copies, the town's own units."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine.finance import models
from engine.finance.invoices.model import Centre, Invoice
from engine.finance.models import InvoiceState
from engine.people.models import Unit

COPY_CLASSES = ("CO", "CR", "CC")


class RegisterLookups:
    """Answers rules 3.b, 4.c and 8 of annex II from the register and the table of units.

    own_units: DIR3 codes of the town hall itself and of its offices.
    """

    def __init__(self, session: Session, own_units: frozenset[str]) -> None:
        self._session = session
        self._own = own_units

    def live_twin(self, invoice: Invoice) -> str | None:
        """The code of a live invoice with the same issuer, country, number, series and date."""
        return self._code(invoice)

    def registered_copy(self, invoice: Invoice) -> str | None:
        """The code of the original of a copy, or of a copy of an original."""
        other = models.Invoice.invoice_class.in_(COPY_CLASSES)
        if invoice.invoice_class in COPY_CLASSES:
            other = ~other
        return self._code(invoice, other)

    def _code(self, invoice: Invoice, *conditions: ColumnElement[bool]) -> str | None:
        if invoice.issued_on is None or not invoice.number:
            return None
        row = models.Invoice
        return self._session.scalar(
            select(row.code)
            .where(
                row.issuer_country == invoice.seller.country,
                row.issuer_nif == invoice.seller.number,
                row.series == invoice.series,
                row.number == invoice.number,
                row.issued_on == invoice.issued_on,
                row.state != InvoiceState.REJECTED.value,
                *conditions,
            )
            .limit(1)
        )

    def unit_problem(self, centres: tuple[Centre, ...]) -> tuple[Centre, str] | None:
        """The first unit that is not the town's; its own table says which are."""
        codes = {centre.code for centre in centres}
        known = self._own | set(
            self._session.scalars(select(Unit.dir3).where(Unit.dir3.in_(codes)))
        )
        for centre in centres:
            if centre.code not in known:
                return centre, "no está entre las unidades del ayuntamiento"
        return None
