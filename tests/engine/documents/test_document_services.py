"""What models ask of documents: a rendered and sealed document of the procedure's own templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.documents.models import Document
from engine.documents.services import TEMPLATES_PART, FoundTemplate
from engine.errors import BadInput, ConfigurationError
from engine.ids import new_id
from engine.operation import OPERATIONS, Act, operation
from engine.services import SERVICES, InstanceView, Wait
from engine.townhall import TownHall

CASE = new_id()
INSTANCE = InstanceView(new_id(), CASE, "terrace", "render", "token-3", {"mesas": 4})


@pytest.fixture
def ask(hall: TownHall) -> Iterator[Callable[..., Any]]:
    """Call a service as the runtime does, inside an operation."""

    @operation("test.service", permission="documents.render_document")
    def call(act: Act, name: str, **parameters: Any) -> Any:
        return SERVICES[name](act, INSTANCE, **parameters)

    yield lambda name, **parameters: call(hall.system("t"), name, **parameters)
    OPERATIONS.pop("test.service")


def find(_session: Session, instance: InstanceView, name: str) -> FoundTemplate:
    assert (instance.definition_key, name) == ("terrace", "resolution")
    return FoundTemplate(
        source="<p>{{ mesas }} mesas, {{ interesado.nombre }}, {{ ayuntamiento.nombre_corto }}, "
        "{{ hoy|day }}, {{ plaza }}.</p>",
        unit_name="Urbanismo",
        references=(("Expediente", "2026/1"),),
        context={"interesado": {"nombre": "Xuan"}},
    )


def test_a_template_is_filled_with_the_instance_the_expediente_and_the_town(
    hall: TownHall, ask: Callable[..., Any]
) -> None:
    hall.parts[TEMPLATES_PART] = find
    waited = ask("documents/render", template="resolution", title="Resolución", kind="resolution")
    assert waited == Wait("token-3")
    with hall.database.reading() as session:
        document = session.scalars(select(Document)).one()
    composed = hall.storage.get(1, document.sha256).decode()
    assert "4 mesas, Xuan, Valdecandamo, 24 de noviembre de 2026" in composed
    assert document.missing == ["plaza"]
    assert (document.kind, document.template) == ("TD01", "terrace/resolution")
    assert (document.expediente_id, document.reference) == (CASE, "token-3")
    assert document.seal_requested


def test_a_wrong_kind_is_told(hall: TownHall, ask: Callable[..., Any]) -> None:
    hall.parts[TEMPLATES_PART] = find
    with pytest.raises(BadInput, match="tipo documental"):
        ask("documents/render", template="resolution", title="x", kind="novel")


def test_without_templates_the_installation_is_told_to_be_wrong(ask: Callable[..., Any]) -> None:
    with pytest.raises(ConfigurationError):
        ask("documents/render", template="resolution", title="x", kind="TD01")
