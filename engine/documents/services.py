"""What models ask of documents: `documents/render` and `documents/seal`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from engine.clock import madrid_date
from engine.documents.codes import DocumentKind
from engine.documents.models import Visibility
from engine.documents.operations import render_document, request_seal
from engine.errors import BadInput, ConfigurationError
from engine.operation import Act
from engine.services import InstanceView, Wait, service

TEMPLATES_PART = "document_templates"


@dataclass(frozen=True)
class FoundTemplate:
    """A template of a procedure, with what its expediente lends to the page.

    context: fields besides the instance's data (`expediente`, `interesado`, `unidad`…).
    """

    source: str
    unit_name: str | None = None
    person_id: UUID | None = None
    references: tuple[tuple[str, str], ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)


class TemplateFinder(Protocol):
    """`townhall.parts["document_templates"]`: a room below finds the templates of procedures."""

    def __call__(self, session: Session, instance: InstanceView, name: str) -> FoundTemplate:
        """The template; raises ConfigurationError when the procedure has none of that name."""
        ...


@service("documents/render")
def render(
    act: Act,
    instance: InstanceView,
    *,
    template: str,
    title: str,
    kind: str,
    seal: bool = True,
    visibility: str = Visibility.PARTIES.value,
    context: Mapping[str, Any] | None = None,
) -> Wait:
    """Render a template of the procedure with the instance's data; waits for the (sealed) PDF.

    The signal's result: `document_id`, `eni_id`, `sha256`, `state`, `missing`.
    """
    finder: TemplateFinder | None = act.townhall.parts.get(TEMPLATES_PART)
    if finder is None:
        raise ConfigurationError("Ninguna sala ofrece plantillas de documentos.")
    found = finder(act.session, instance, template)
    render_document(
        act,
        template=f"{instance.definition_key}/{template}",
        source=found.source,
        context={
            **standard_context(act),
            **instance.data,
            **found.context,
            **(context or {}),
        },
        title=title,
        kind=_kind(kind),
        expediente_id=instance.expediente_id,
        person_id=found.person_id,
        unit_name=found.unit_name,
        references=found.references,
        visibility=Visibility(visibility),
        seal=seal,
        reference=instance.reference,
    )
    return Wait(instance.reference)


def standard_context(act: Act) -> dict[str, Any]:
    """What every template may name: `hoy`, `ahora` and `ayuntamiento`."""
    town = act.settings.town
    return {
        "hoy": madrid_date(act.now),
        "ahora": act.now,
        "ayuntamiento": {
            "nombre": town.name,
            "nombre_corto": town.short_name,
            "organo": town.organ_name,
            "dir3": town.dir3,
            "nif": town.nif,
            "direccion": town.postal_address,
            "telefono": town.phone,
            "correo": town.email,
            "sede": act.settings.base_url,
        },
    }


def _kind(text: str) -> DocumentKind:
    """A kind by its code (`TD01`) or by its English name (`resolution`)."""
    try:
        return DocumentKind(text) if text.startswith("TD") else DocumentKind[text.upper()]
    except (ValueError, KeyError):
        raise BadInput(f"«{text}» no es un tipo documental.") from None


@service("documents/seal")
def seal(act: Act, instance: InstanceView, *, document_id: str) -> Wait:
    """Put the organ's seal on a document; waits for it."""
    request_seal(act, document_id=UUID(document_id), reference=instance.reference)
    return Wait(instance.reference)
