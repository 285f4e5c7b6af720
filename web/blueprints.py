"""The blueprints, one per audience."""

from __future__ import annotations

from flask import Flask


def register_blueprints(app: Flask) -> None:
    """Mount every face."""
    from web.auth.views import blueprint as auth
    from web.public.views import blueprint as public

    for blueprint in (public, auth):
        app.register_blueprint(blueprint)
