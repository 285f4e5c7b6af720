"""The mail of a demonstration: what would have been sent, and stayed in this computer."""

from __future__ import annotations

from werkzeug.wrappers import Response

from engine.errors import NotFound
from engine.notifications.mail import kept_messages
from web.access import Audience, access
from web.admin.blueprint import READ, admin
from web.context import current
from web.rendering import page


@admin.get("/correo")
@access(Audience.ADMIN, permission=READ)
def sent_mail() -> Response:
    """The messages, newest first; in production there is no such page."""
    settings = current().townhall.settings
    if not settings.demo:
        raise NotFound
    leaves = bool(settings.smtp_url)
    rows = () if leaves else kept_messages(settings.mail_dir)
    return page("admin/mail.html", rows=rows, leaves=leaves)
