"""What the check of a package finds, and that the town's own packages are without fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from engine.documents.templates import compose
from engine.procedures.package import InvalidPackage, check_package, load_procedure
from engine.services import SERVICES
from tests.engine.procedures.conftest import PROCESSES, files_of

KEYS = sorted(path.parent.name for path in PROCESSES.glob("*/procedure.toml"))
SHARED = sorted(f"shared/{path.parent.name}" for path in PROCESSES.glob("shared/*/part.toml"))


def changed(name: str, old: str, new: str, key: str = "terrace-permit") -> dict[str, bytes]:
    """One of the town's packages with a mistake in a file."""
    files = files_of(key)
    text = files[name].decode()
    assert old in text, f"{name} no longer says {old}"
    return {**files, name: text.replace(old, new, 1).encode()}


def findings(files: Mapping[str, bytes], services: Any = None) -> set[tuple[str, str, str]]:
    return {(item.level, item.code, item.element) for item in check_package(files, services)}


@pytest.mark.parametrize("key", [*KEYS, *SHARED])
def test_the_towns_packages_have_nothing_to_say_about(key: str) -> None:
    assert check_package(files_of(key), SERVICES) == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "finding"),
    [
        (
            "process.bpmn",
            'name="form" value="report"/>',
            'name="form" value="report"/><spiffworkflow:property name="role" value="tecnico"/>',
            ("error", "role", "report_write"),
        ),
        (
            "process.bpmn",
            'name="form" value="report"',
            'name="form" value="reports"',
            ("error", "form", "report_write"),
        ),
        (
            "process.bpmn",
            'name="template" value="hearing"',
            'name="templates" value="hearing"',
            ("error", "parameter", "hearing"),
        ),
        (
            "process.bpmn",
            'value="resolution_granted"',
            'value="resolution_given"',
            ("error", "template", "resolution_draft"),
        ),
        (
            "procedure.toml",
            'subject = "establishment"',
            'subject = "category"',
            ("error", "subject", "subject"),
        ),
        (
            "procedure.toml",
            'subject = "establishment"',
            'subject = "measures"',
            ("error", "subject", "subject"),
        ),
        (
            "process.bpmn",
            'value="in_force"',
            'value="in_forces"',
            ("error", "phase", "advise_in_force"),
        ),
        (
            "process.bpmn",
            "deadline:terrace_renewal",
            "deadline:terrace_renovation",
            ("error", "term-rule", "in_force"),
        ),
        (
            "process.bpmn",
            'name="priority" value="20"',
            'name="due" value="reports"',
            ("error", "term-rule", "watch"),
        ),
        (
            "process.bpmn",
            'name="priority" value="20"',
            'name="excuded" value="=[admission.by]"',
            ("warning", "property", "watch"),
        ),
        (
            "process.bpmn",
            "admission.complete = true",
            "admission.completed = true",
            ("error", "field", "admitted"),
        ),
        (
            "process.bpmn",
            "[revoke.by]",
            "[revoke.author]",
            ("error", "field", "sign_revocation"),
        ),
        (
            "process.bpmn",
            """'"revocation"'""",
            """'"revocations"'""",
            ("error", "template", "draft_revocation"),
        ),
        (
            "documents/report.html",
            "{{ report_write.grounds|lines }}",
            "{{ report_write.reasons|lines }}",
            ("error", "field", "documents/report.html"),
        ),
        (
            "documents/report.html",
            "{{ report_write.grounds|lines }}",
            "{{ report_write.grounds|upper_case }}",
            ("error", "template", "documents/report.html"),
        ),
        (
            "procedure.toml",
            'decision = "fee"',
            'decision = "tax"',
            ("error", "decision", "fee.decision"),
        ),
        (
            "procedure.toml",
            'rule = "resolve"',
            'rule = "resolver"',
            ("error", "term-rule", "term.rule"),
        ),
    ],
)
def test_a_mistake_is_found_and_its_place_named(
    name: str, old: str, new: str, finding: tuple[str, str, str]
) -> None:
    assert finding in findings(changed(name, old, new))


def test_a_term_over_six_months_needs_a_law() -> None:
    """PLZ-11: six months at most to resolve and notify, unless a law or a European norm says more."""
    longer = changed("procedure.toml", 'length = "3 months"', 'length = "8 months"')
    assert ("error", "term-length", "term.length") in findings(longer)
    with_law = changed(
        "procedure.toml",
        'length = "3 months"',
        'length = "8 months"\nlaw = "Ley 1/2026, art. 2 (ficticia)"',
    )
    assert findings(with_law) == set()


def test_a_service_or_a_parameter_that_does_not_exist_is_found_when_the_services_are_known() -> (
    None
):
    wrong = changed("process.bpmn", 'id="notifications/advise"', 'id="notifications/advice"')
    assert findings(wrong) == set()
    assert ("error", "service", "advise_in_force") in findings(wrong, SERVICES)
    extra = changed("process.bpmn", 'parameter id="subject"', 'parameter id="sobject"')
    messages = [item.message for item in check_package(extra, SERVICES)]
    assert messages == [
        "«notifications/advise» no recibe el parámetro «sobject»",
        "a «notifications/advise» le falta el parámetro «subject»",
    ]


def test_a_form_and_a_template_that_nothing_uses_are_told() -> None:
    files = files_of("general-request")
    files["staff/old.json"] = files["staff/answer.json"]
    files["documents/old.html"] = b"<p>Hola</p>"
    assert findings(files) == {
        ("warning", "unused", "staff/old.json"),
        ("warning", "unused", "documents/old.html"),
    }


def test_a_package_without_its_form_lists_every_fault_at_once() -> None:
    files = files_of("terrace-permit")
    del files["staff/report.json"]
    del files["documents/hearing.html"]
    with pytest.raises(InvalidPackage) as caught:
        load_procedure(files)
    said = [item.message for item in caught.value.findings]
    assert "falta el formulario staff/report.json" in said
    assert "falta la plantilla documents/hearing.html" in said


def _official(**given: Any) -> dict[str, Any]:
    return {**given, "by": "1", "at": "2026-11-24T09:00:00+00:00"}


CONTEXT = {
    "hoy": "2026-11-24",
    "ahora": "2026-11-24T09:00:00+00:00",
    "ayuntamiento": {"nombre": "Ayuntamiento de Valdecandamo", "sede": "https://sede.example"},
    "expediente": {"numero": "2026/TER/000001", "titulo": "Autorización de terraza"},
    "interesado": {"nombre": "Xuan Suárez", "documento": "11111111H"},
    "representante": None,
    "registro": {"codigo": "2026-E-000001", "presentada": "2026-11-20T08:00:00+00:00"},
    "unidad": "Espacio Público y Comercio",
    "requirement_notice": {"at": "2026-11-24T09:00:00+00:00"},
    "procedimiento": {"organo": "Alcaldía"},
    "admission_check": _official(complete=False, missing="El plano\nEl seguro"),
    "report_write": _official(favourable=False, free_width="1.2", grounds="No cabe."),
    "technical": {
        "answers": _official(favourable=False, free_width="1.2", grounds="No cabe."),
        "by": "1",
    },
    "title": "Informe técnico",
    "basis": "La ordenanza, art. 3",
    "preceptive": False,
    "hearing": {"alleged": True, "text": "No estoy de acuerdo", "documents": []},
    "revocation_hearing": {"alleged": True, "text": "Fue un día"},
    "watch": _official(reason="breach", facts="Ocupa el paso."),
    "revoke": _official(revoke=True, grounds="Consta."),
    "outcome": "granted",
    "grounds": "Cumple.",
    "resolution_propose": _official(grant=True, grounds="Cumple.", conditions="Recoger de noche."),
    "triage": _official(
        missing="No dice qué pide", administration="Principado de Asturias", reason="Es suya."
    ),
    "answer": _official(reply="Se ha reparado.", basis="Ordenanza de alumbrado"),
}
REQUESTS = {
    "terrace-permit": {
        "establishment": "El Chigre",
        "address": "Calle Mayor, 1",
        "place": "En la acera",
        "area": "12.5",
        "tables": 4,
        "chairs": 16,
        "months": 1,
        "starts_on": "2027-03-01",
    },
    "general-request": {"subject": "Farola", "petition": "Que la reparen"},
}


@pytest.mark.parametrize("key", sorted(REQUESTS))
def test_every_template_is_filled_whole_and_says_what_the_law_asks(key: str) -> None:
    """NOT-1: what ends the procedure says which appeals there are, before whom and until when."""
    procedure = load_procedure(files_of(key))
    for name, source in procedure.templates.items():
        composed = compose(source, {**CONTEXT, "request": REQUESTS[key]})
        assert composed.missing == (), name
        if name.endswith("desisted") or name in ("resolution_granted", "resolution_denied"):
            assert "Resuelvo" in composed.html
            assert "pone fin a la vía administrativa" in composed.html
            assert "Recurso potestativo de reposición" in composed.html
            assert "plazo de un mes" in composed.html
            assert "plazo de dos meses" in composed.html
    name = next(name for name in procedure.templates if name.endswith("requirement"))
    requirement = compose(procedure.templates[name], {**CONTEXT, "request": REQUESTS[key]}).html
    assert "diez días hábiles" in requirement
    assert "se le tendrá por desistido" in requirement


def test_what_a_person_writes_is_never_markup_in_a_document() -> None:
    source = files_of("general-request")["documents/answer.html"].decode()
    request = {"subject": "<script>x</script>", "petition": "<b>a</b>"}
    html = compose(source, {**CONTEXT, "request": request}).html
    assert "<script>" not in html
    assert "&lt;b&gt;" in html


def test_the_forms_of_the_packages_ask_what_conditions_ask() -> None:
    form = json.loads(files_of("terrace-permit")["form.json"])
    plan = next(item for item in form["attachments"] if item["key"] == "plan")
    assert (plan["minimum"], plan["max_mb"]) == (1, 5)


def test_the_title_of_an_expediente_is_one_line_and_not_longer_than_it_may() -> None:
    known = load_procedure(files_of("general-request"))
    told = known.title_for({"subject": "Farola fundida\n en la calle  del Viento"})
    assert told == "Instancia general: Farola fundida en la calle del Viento"
    assert known.title_for({}) == "Instancia general"
    assert len(known.title_for({"subject": "largo " * 100})) == 240
