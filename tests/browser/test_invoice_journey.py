"""An invoice from its upload to its payment, step by step, each by who must; and the wrong ones.

The demonstration's officials, each at a browser of their own, on an installation at work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from factories.running_town import RunningTown, wait_for
from factories.visitor import Visitor

from engine.clock import madrid_date
from web.demo.facturae import as_bytes, facturae
from web.demo.invoices import draft_of

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "facturae" / "samples"
OFFICIAL_SAMPLE = "Facturae-3.2.2-valid.xml"
ACCOUNTANT, CONTROLLER, MAYOR = (
    "Lucía Quirós Bango",
    "Marcos Rionda Villa",
    "Covadonga Fueyo Llaneza",
)
COUNCILLOR, TREASURER = "Nel Argüelles Cueto", "Benigno Sierra Coto"
PARKS, PURCHASES = "Pelayo Corral Huerta", "Graciela Toral Miyares"

Make = Callable[..., Visitor]


@dataclass
class Desks:
    """A browser for each official, opened when they first sit down."""

    make: Make
    seated: dict[str, Visitor] = field(default_factory=dict)

    def of(self, name: str) -> Visitor:
        if name not in self.seated:
            self.seated[name] = self.make()
            self.seated[name].sign_in(name)
        return self.seated[name]

    def upload(self, data: bytes, name: str, *, status: int = 303) -> Visitor:
        """The accountant registers a file from the list of invoices."""
        visitor = self.of(ACCOUNTANT)
        visitor.visit("/facturas")
        visitor.follow("Registrar una factura")
        visitor.expect(status)
        visitor.page.get_by_label("Fichero de la factura").set_input_files(
            {"name": name, "mimeType": "application/xml", "buffer": data}
        )
        visitor.press("Registrar")
        return visitor


@pytest.fixture
def desks(new_visitor: Make) -> Desks:
    return Desks(new_visitor)


@dataclass(frozen=True)
class Step:
    """What an official does with the task: what they choose, type and pick; what the step is called."""

    official: str
    choice: str
    done: str
    typed: Mapping[str, str] = field(default_factory=dict)
    contract: str = ""


def steps_from_warnings(contract: str, responsible: str) -> tuple[Step, ...]:
    """From an upload with warnings to the payment."""
    why = {"Motivo": "La trae el proveedor en mano y se ha comprobado."}
    reference = {"Referencia de la transferencia": "TR-2026-0099"}
    return (
        Step(ACCOUNTANT, "La admito con sus avisos", "Resolución de avisos: Avisos admitidos", why),
        Step(
            ACCOUNTANT,
            "Corresponde a un contrato",
            "Vinculación al contrato: Vinculada",
            contract=contract,
        ),
        Step(
            responsible,
            "Doy mi conformidad: se ha recibido lo que se factura",
            "Conformidad: Conforme",
        ),
        Step(CONTROLLER, "Informe favorable", "Fiscalización: Informe favorable"),
        Step(
            MAYOR,
            "Reconozco la obligación",
            "Reconocimiento de la obligación: Obligación reconocida",
        ),
        Step(COUNCILLOR, "Ordeno el pago", "Orden de pago: Pago ordenado"),
        Step(TREASURER, "Está pagada", "Pago: Pagada", reference),
    )


def take_to_payment(desks: Desks, address: str, steps: tuple[Step, ...], picture: str) -> None:
    """Do every step at its official's desk; whoever did an earlier, incompatible one is offered none."""
    earlier: list[str] = [ACCOUNTANT]
    for position, step in enumerate(steps):
        visitor = desks.of(step.official)
        visitor.visit(address)
        offered = visitor.page.get_by_role("button", name="Asignarme la tarea")
        if offered.count():
            visitor.audit(f"{picture}-{position}-offered")
            visitor.take(offered)
        visitor.page.get_by_label(step.choice, exact=True).check()
        for label, text in step.typed.items():
            visitor.fill(label, text)
        if step.contract:
            options = visitor.page.get_by_label("Contrato", exact=True)
            label = options.locator("option", has_text=step.contract).inner_text()
            options.select_option(label=label)
        visitor.audit(f"{picture}-{position}-task")
        visitor.press("Confirmar")
        assert "Hecho: la factura sigue su trámite." in visitor.main
        assert step.done in visitor.main
        earlier.append(step.official)
        for name in dict.fromkeys(earlier):
            if position + 1 < len(steps) and name != steps[position + 1].official:
                other = desks.of(name)
                other.visit(address)
                assert other.page.locator("main form").count() == 0, f"{name} after «{step.done}»"


def read_the_trail(desks: Desks, address: str, steps: tuple[Step, ...], picture: str) -> None:
    """The eight acts, each with its person; the invoice paid and its expediente closed."""
    visitor = desks.of(ACCOUNTANT)
    visitor.visit(address)
    assert "Pagada" in visitor.page.locator("main .govuk-tag").first.inner_text()
    assert visitor.page.locator("main form").count() == 0
    told = visitor.page.locator(".app-timeline > *").all_inner_texts()
    expected = [("Registro: Registrada con avisos", ACCOUNTANT)]
    expected += [(step.done, step.official) for step in steps]
    assert len(told) == len(expected) == 8
    for (act, person), text in zip(reversed(expected), told, strict=True):
        assert act in text
        assert person in text
    visitor.audit(f"{picture}-paid")
    visitor.follow("Ver el expediente")
    expediente = visitor.path

    def closed() -> bool:
        visitor.visit(expediente)
        return "Terminado el" in visitor.main

    wait_for(closed, "the expediente closed")
    assert "Pagad" in visitor.main
    visitor.audit(f"{picture}-closed")


def story(**changes: object) -> dict[str, object]:
    """An invoice of the gardens' supplier for its contract."""
    return {
        "supplier": "B33996604",
        "series": "J",
        "number": "2026/300",
        "contract": "CON/2026/007",
        "lines": [["Poda de setos", "3", "28.50", "21"]],
        **changes,
    }


def built(town: RunningTown, **changes: object) -> bytes:
    """The file of that invoice, issued today and not signed."""
    with town.opened() as townhall:
        today: date = madrid_date(townhall.clock.now())
        return as_bytes(facturae(draft_of(story(**changes), townhall.settings.town, today)))


def test_an_invoice_is_uploaded_resolved_linked_conformed_controlled_recognised_ordered_and_paid(
    desks: Desks, town: RunningTown
) -> None:
    """L25 9 and LCSP 198.4: every step by who must do it; nobody is offered two that clash."""
    visitor = desks.upload(built(town), "factura-J-300.xml")
    assert visitor.h1.endswith("Factura J-2026/300 de Jardinería Fayeo, S. L.")
    assert "Pendiente de resolver avisos" in visitor.main
    address = visitor.path
    steps = steps_from_warnings("CON/2026/007", PARKS)
    take_to_payment(desks, address, steps, "invoice")
    read_the_trail(desks, address, steps, "invoice")


def test_an_official_sample_of_an_unknown_supplier_is_taken_to_its_payment(desks: Desks) -> None:
    """Its supplier has no contract: the accountant registers both, and the invoice goes on."""
    data = sample(OFFICIAL_SAMPLE)
    visitor = desks.upload(data, OFFICIAL_SAMPLE)
    assert visitor.h1.endswith("Factura A-1 de Empresa de Pruebas y Ejemplos, S.L.")
    address = visitor.path
    visitor.audit("sample-uploaded")
    visitor.follow("Registrar un contrato con este emisor")
    visitor.audit("contract-new")
    visitor.expect(422)
    visitor.press("Registrar el contrato")
    assert "Hay datos que revisar" in visitor.main
    visitor.audit("contract-new-wrong")
    for label, text in {
        "Número del contrato": "MEN/2026/041",
        "Objeto": "Flores y plantas para los actos de primavera",
        "Importe sin IVA": "500",
        "Tipo de IVA, en porcentaje": "16",
        "Comienzo": "1/1/2013",
        "Fin": "31/12/2013",
    }.items():
        visitor.fill(label, text)
    visitor.page.get_by_label("Tipo", exact=True).select_option("minor_supplies")
    visitor.page.get_by_label("Responsable del contrato").select_option(
        label=f"{PURCHASES}, Jefa de servicio de Contratación"
    )
    visitor.page.get_by_label("Unidad").select_option(label="Contratación")
    visitor.press("Registrar el contrato")
    assert "Contrato registrado" in visitor.main
    visitor.audit("contract-made")
    steps = steps_from_warnings("MEN/2026/041", PURCHASES)
    take_to_payment(desks, address, steps, "sample")
    read_the_trail(desks, address, steps, "sample")


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("Facturae-3.2.2-nif-invalido.xml", ("5b",)),
        ("Facturae-3.2.2-totales-incorrectos.xml", ("6f",)),
        ("Facturae-3.2.2-esquema-invalido.xml", ("1", "3a")),
    ],
)
def test_a_wrong_sample_is_rejected_with_its_rules_on_screen(
    desks: Desks, name: str, rules: tuple[str, ...]
) -> None:
    """HAP/1650/2015 annex II: each fault with the rule that it breaks."""
    visitor = desks.upload(sample(name), name)
    rejected(visitor, rules)
    visitor.audit(f"rejected-{name.removesuffix('.xml')}")


@pytest.mark.parametrize(
    ("flaw", "rules"),
    [("total", ("6f",)), ("withholding", ("6f",)), ("future", ("7a",)), ("identity", ("5b",))],
)
def test_a_wrong_invoice_of_a_known_supplier_is_rejected_with_its_rules_on_screen(
    desks: Desks, town: RunningTown, flaw: str, rules: tuple[str, ...]
) -> None:
    """HAP/1650/2015 annex II."""
    lines = [["Bancos de castaño", "2", "310.00", "21", "15"]]
    data = built(
        town,
        supplier="98831899W",
        contract="MEN/2026/036",
        number=f"X-{flaw}",
        flaw=flaw,
        lines=lines,
    )
    rejected(desks.upload(data, f"factura-{flaw}.xml"), rules)


def rejected(visitor: Visitor, rules: tuple[str, ...]) -> None:
    assert "Rechazada" in visitor.page.locator("main .govuk-tag").first.inner_text()
    assert visitor.page.locator("main form").count() == 0
    table = visitor.page.locator("table", has_text="Lo que encontró la comprobación")
    told = " ".join(table.locator("tbody tr", has_text="Error").all_inner_texts())
    for rule in rules:
        assert f"Error {rule}" in " ".join(told.split())


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"the official sample is not at hand: {path}")
    return path.read_bytes()
