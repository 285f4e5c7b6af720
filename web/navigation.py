"""The menus: which page each audience sees in its navigation, by the name of its endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_babel import gettext, lazy_gettext

from engine.permissions import Actor, ActorKind


@dataclass(frozen=True)
class MenuItem:
    """A page of a menu. An item whose endpoint is not there, or is not the actor's, is left out.

    section: the endpoints that begin so belong to it and light it up.
    """

    endpoint: str
    text: str
    section: str
    permission: str | None = None


@dataclass(frozen=True)
class MenuLink:
    """An item ready to show."""

    text: str
    address: str
    current: bool
    active: bool


_PUBLIC = (
    MenuItem("public.home", lazy_gettext("Inicio"), "public.home"),
    MenuItem("public.catalogue", lazy_gettext("Trámites"), "public.procedure"),
    MenuItem("citizen.folder", lazy_gettext("Mi carpeta"), "citizen."),
    MenuItem("public.check", lazy_gettext("Verificar un documento"), "public.check"),
    MenuItem("public.contracts", lazy_gettext("Contratos"), "public.contract"),
    MenuItem("observatory.home", lazy_gettext("Observatorio"), "observatory."),
)
_OFFICE = (
    MenuItem("office.inbox", lazy_gettext("Bandeja"), "office.inbox"),
    MenuItem("office.expedientes", lazy_gettext("Expedientes"), "office.expediente"),
    MenuItem("office.signatures", lazy_gettext("Portafirmas"), "office.signature"),
    MenuItem("office.registry", lazy_gettext("Registro"), "office.registry"),
    MenuItem("finance.invoices", lazy_gettext("Facturas"), "finance.", "finance.read"),
    MenuItem("contracts.home", lazy_gettext("Contratos"), "contracts.", "contracts.read"),
    MenuItem("treasury.refunds", lazy_gettext("Devoluciones"), "treasury.", "payments.read_any"),
    MenuItem("observatory.home", lazy_gettext("Observatorio"), "observatory."),
    MenuItem("admin.home", lazy_gettext("Administración"), "admin.", "admin.read"),
    MenuItem("audit.home", lazy_gettext("Auditoría"), "audit.", "audit.read"),
)

FOOTER = (
    MenuItem("public.legal_notice", lazy_gettext("Aviso legal"), "public.legal_notice"),
    MenuItem("public.accessibility", lazy_gettext("Accesibilidad"), "public.accessibility"),
    MenuItem("public.privacy", lazy_gettext("Privacidad"), "public.privacy"),
    MenuItem("public.sede", lazy_gettext("Sobre esta sede"), "public.sede"),
    MenuItem("public.check", lazy_gettext("Verificar un documento"), "public.check"),
    MenuItem("public.board", lazy_gettext("Tablón de anuncios"), "public.board"),
    MenuItem("public.complaints", lazy_gettext("Quejas y sugerencias"), "public.complaints"),
)


def menu(actor: Actor) -> tuple[MenuLink, ...]:
    """The navigation of whoever looks."""
    return _links(_OFFICE if actor.kind is ActorKind.OFFICIAL else _PUBLIC, actor)


def footer_menu(actor: Actor) -> tuple[MenuLink, ...]:
    """The links at the foot of every page."""
    return _links(FOOTER, actor)


def menu_label(actor: Actor) -> str:
    """What a screen reader calls the navigation."""
    if actor.kind is ActorKind.OFFICIAL:
        return gettext("Menú del personal")
    return gettext("Menú de la sede")


def _links(items: tuple[MenuItem, ...], actor: Actor) -> tuple[MenuLink, ...]:
    here = request.endpoint or ""
    return tuple(
        MenuLink(
            text=str(item.text),
            address=url_for(item.endpoint),
            current=here == item.endpoint,
            active=here.startswith(item.section),
        )
        for item in items
        if item.endpoint in current_app.view_functions
        and (item.permission is None or actor.may(item.permission))
    )
