"""Work that changes hands: a head shares it out, an official is away, and another acts in their place."""

from __future__ import annotations

from factories.running_town import RunningTown
from factories.visitor import Visitor

from engine.clock import madrid_date

HEAD, PROCESSOR, SUBSTITUTE = "Pelayo Corral", "Inés Vallina Suero", "Xandru Llaneza"


def test_a_head_shares_work_out_and_a_substitute_does_it(
    visitor: Visitor, town: RunningTown
) -> None:
    with town.opened() as hall:
        today = madrid_date(hall.clock.now())
    visitor.sign_in(HEAD)
    visitor.visit("/oficina/?lista=equipo")
    visitor.audit("inbox-team")
    visitor.follow("Comprobar la solicitud")
    visitor.audit("task-of-the-team")
    visitor.follow("Delegar, reasignar")
    visitor.audit("task-assignment")
    visitor.expect(422)
    visitor.press("Reasignar")
    assert "Hay datos que revisar" in visitor.main
    visitor.audit("task-assignment-wrong")
    visitor.page.get_by_label("Alta").check()
    visitor.fill("Motivo del cambio de orden", "Empieza la temporada.")
    visitor.press("Cambiar la prioridad")
    assert "Prioridad: Alta" in visitor.main.replace("\n", " ")
    visitor.visit("/oficina/?lista=equipo")
    urgent = visitor.page.locator("tr", has_text="Comprobar la solicitud").filter(has_text="Alta")
    urgent.locator('input[name="item"]').first.check()
    visitor.page.get_by_label("A quién se le dan").select_option(label=PROCESSOR)
    visitor.fill("Motivo de la reasignación", "Reparto de la semana.")
    visitor.press("Reasignar las marcadas")
    assert "Hecho: una tarea." in visitor.page.locator("body").inner_text()
    visitor.visit("/oficina/ausencias")
    visitor.audit("absences-empty")
    visitor.page.get_by_label("Quién estará ausente").select_option(label=PROCESSOR)
    visitor.fill("Primer día", f"{today:%d/%m/%Y}")
    visitor.fill("Último día", f"{today:%d/%m/%Y}")
    visitor.page.get_by_label("Vacaciones").check()
    chosen = visitor.page.locator("#substitute_id option", has_text=SUBSTITUTE).first
    visitor.page.locator("#substitute_id").select_option(chosen.get_attribute("value"))
    visitor.press("Anotar la ausencia")
    assert "La ausencia queda anotada" in visitor.page.locator("body").inner_text()
    visitor.audit("absences")
    visitor.sign_out()
    visitor.sign_in(SUBSTITUTE)
    visitor.visit("/oficina/?lista=todas")
    assert f"{PROCESSOR} está ausente hasta" in visitor.main
    visitor.audit("inbox-of-a-substitute")
    visitor.take(visitor.page.get_by_role("button", name="Asignármela").first)
    assert "Actúa por sustitución de" in visitor.main
    visitor.audit("task-by-substitution")
    visitor.press("Devolver a la bandeja")
    assert "La tarea vuelve a la bandeja" in visitor.page.locator("body").inner_text()
    visitor.sign_out()
    visitor.sign_in(PROCESSOR)
    visitor.visit("/oficina/ausencias")
    visitor.press("Terminar")
    assert "La ausencia queda terminada" in visitor.page.locator("body").inner_text()
