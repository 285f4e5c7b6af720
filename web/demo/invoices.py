"""The demonstration's invoices: right and wrong ones, each taken as far as its story tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.clock import madrid_date
from engine.contracts import queries as contracts
from engine.finance import operations, queries
from engine.finance.models import Source
from engine.keys.demo import demo_authority
from engine.settings import Town as TownSettings
from web.demo.data import read
from web.demo.facturae import Draft, Line, Party, as_bytes, facturae
from web.demo.facturae_signature import sign
from web.demo.story import Step, Town, step_at, work_on

if TYPE_CHECKING:
    from engine.contracts.queries import ContractRow
    from engine.finance.queries import InvoiceRow
    from signatures.keys import SigningKey

_REGISTRAR = "lucia.quiros"
_WHO = {
    "resolve": _REGISTRAR,
    "link": _REGISTRAR,
    "control": "marcos.rionda",
    "lift": "covadonga.fueyo",
    "recognise": "covadonga.fueyo",
    "order": "nel.arguelles",
    "pay": "benigno.sierra",
}
_USUAL = {
    "link": "linked",
    "conform": "conform",
    "control": "favourable",
    "recognise": "recognise",
    "order": "order",
    "pay": "paid",
}
_ACCOUNTING, _MANAGING = "HAC", "ALC"


class Invoices:
    """The invoices of a town; the suppliers' keys are made once for the whole load."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._keys: dict[str, SigningKey] = {}
        self._people = _by("document", read("people")["people"])
        self._contracts = _by("number", read("contracts")["contracts"])

    def steps(self) -> Iterator[Step]:
        """What happens to every invoice."""
        for item in read("invoices")["invoices"]:
            small = item.get("small", False)
            yield step_at(item["received"], partial(self._register, item), small)
            for told in item.get("steps", ()):
                step = _told(told)
                yield step_at(step["at"], partial(self._decide, item, step), small)

    def _register(self, item: Mapping[str, Any]) -> bool:
        if self._found(item) is not None:
            return False
        source = Source(item.get("source", "face"))
        town = self._town
        caller = town.official(_REGISTRAR) if source is Source.UPLOAD else town.call
        operations.register_invoice(
            caller, data=self._file(item), name=_file_name(item), source=source
        )
        return True

    def _found(self, item: Mapping[str, Any]) -> InvoiceRow | None:
        """The invoice in the register, if it is there; of two with one number, the second is another."""
        wanted = queries.InvoiceSearch(text=f"{item['series']} {item['number']}")
        with self._town.townhall.database.reading() as session:
            page = queries.invoices(
                session, self._town.call.actor, wanted, self._town.timeline.now()
            )
        same = [
            row for row in page.rows if (row.series, row.number) == (item["series"], item["number"])
        ]
        same.sort(key=lambda row: row.code)
        position = 1 if item.get("again") else 0
        return same[position] if len(same) > position else None

    def _decide(self, item: Mapping[str, Any], step: Mapping[str, Any]) -> bool:
        row = self._found(item)
        if row is None or row.expediente_id is None:
            return False
        task = step["task"]
        data = {"decision": [step.get("decision", _USUAL.get(task, ""))]}
        data |= {name: [step[name]] for name in ("reason", "code") if name in step}
        if task == "link":
            data["contract"] = [str(self._contract(item).id)]
        if task == "pay":
            data["payment_reference"] = [f"TR{row.code[4:]}".replace("-", "")]
        who = _WHO.get(task) or self._contracts[item["contract"]]["responsible"]
        return work_on(self._town, row.expediente_id, task, who, data)

    def _contract(self, item: Mapping[str, Any]) -> ContractRow:
        with self._town.townhall.database.reading() as session:
            found = contracts.contract_by_number(session, item["contract"])
        if found is None:
            raise LookupError(item["contract"])
        return found

    def _file(self, item: Mapping[str, Any]) -> bytes:
        """The file as its supplier sends it, signed unless the story says otherwise."""
        days, hour = item["received"]
        issued_on = madrid_date(self._town.timeline.moment(days + item["issued"], hour))
        root = facturae(draft_of(item, self._town.townhall.settings.town, issued_on))
        if item.get("signed", True):
            signed_at = datetime.combine(issued_on, time(11), tzinfo=UTC)
            root = sign(root, self._key(item["supplier"]), signed_at)
        return as_bytes(root)

    def _key(self, document: str) -> SigningKey:
        """The supplier's certificate, of the demonstration's authority."""
        if document not in self._keys:
            authority = demo_authority(self._town.townhall.settings, self._town.timeline.now())
            person = self._people[document]
            self._keys[document] = (
                authority.citizen(
                    given=person["name"],
                    surnames=(person["surname1"], person["surname2"]),
                    nif=document,
                )
                if "surname1" in person
                else authority.seal(organ="Facturación", entity=person["name"], nif=document)
            )
        return self._keys[document]


def draft_of(item: Mapping[str, Any], town: TownSettings, issued_on: date) -> Draft:
    """The invoice that a story tells, issued on a day."""
    flaw = item.get("flaw", "")
    return Draft(
        number=item["number"],
        series=item["series"],
        issued_on=issued_on,
        seller=_seller(item["supplier"]),
        buyer=_neighbour() if flaw == "buyer" else _buyer(town),
        units=_centres(item["contract"]),
        lines=tuple(_line(told, item["contract"]) for told in item["lines"]),
        flaw=flaw,
    )


def _seller(document: str) -> Party:
    place = read("people")
    person = _by("document", place["people"])[document]
    return Party(
        document=document,
        name=person["name"],
        surname1=person.get("surname1", ""),
        surname2=person.get("surname2", ""),
        street=person["street"],
        postcode=place["postcode"],
        town=place["town"],
        province=place["province"],
    )


def _centres(contract: str) -> Sequence[str]:
    """Accounting office, managing body and processing unit, which is the contract's."""
    unit = _by("number", read("contracts")["contracts"])[contract]["unit"] if contract else "URB"
    codes = _by("code", read("units")["units"])
    return tuple(codes[code]["dir3"] for code in (_ACCOUNTING, _MANAGING, unit))


def _by(key: str, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    """The rows of a data file by one of their keys."""
    return {row[key]: row for row in rows}


def _told(step: Sequence[Any] | Mapping[str, Any]) -> Mapping[str, Any]:
    """A step as a table, also when it is told as a list."""
    if isinstance(step, Mapping):
        return step
    return {"at": (step[0], step[1]), "task": step[2]}


def _line(told: Sequence[str], contract: str) -> Line:
    text, quantity, price, vat, *withheld = told
    return Line(
        text=text,
        quantity=Decimal(quantity),
        price=Decimal(price),
        vat=Decimal(vat),
        contract=contract,
        withheld=Decimal(withheld[0]) if withheld else Decimal(0),
    )


def _buyer(town: TownSettings) -> Party:
    return Party(town.nif, town.name, "Plaza Mayor, 1", "33999", "Valdecandamo", "Asturias")


def _neighbour() -> Party:
    """Another town hall, as fictitious as ours: the invoice that came to the wrong one."""
    return Party(
        "P3399015A", "Ayuntamiento de Peñaferrera", "Plaza del Roble, 2", "33998", "Peñaferrera",
        "Asturias",
    )  # fmt: skip


def _file_name(item: Mapping[str, Any]) -> str:
    number = f"{item['series']}-{item['number']}".strip("-").replace("/", "-")
    return f"factura-{number}.xsig" if item.get("signed", True) else f"factura-{number}.xml"
