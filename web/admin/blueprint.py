"""The blueprint of the administration and what all of its pages ask for."""

from __future__ import annotations

from flask import Blueprint

admin = Blueprint("admin", __name__, url_prefix="/administracion")

READ = "admin.read"
