"""The blueprint of the public pages; the modules beside this one add their routes to it."""

from __future__ import annotations

from flask import Blueprint

public = Blueprint("public", __name__)
