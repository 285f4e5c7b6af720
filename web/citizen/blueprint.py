"""The blueprint of the citizens; the modules beside this one add their routes to it."""

from __future__ import annotations

from flask import Blueprint

citizen = Blueprint("citizen", __name__, url_prefix="/carpeta")
