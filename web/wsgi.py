"""The application as a WSGI server loads it: `web.wsgi:app`."""

from __future__ import annotations

import os

from engine.assembly import assemble
from engine.logs import configure_logs
from web.app import create_app
from web.cli.townhall import settings_with_database

configure_logs()
townhall = assemble(settings_with_database(start=True))
app = create_app(townhall, trusted_proxies=int(os.environ.get("ANDECHA_TRUSTED_PROXIES", "0")))
