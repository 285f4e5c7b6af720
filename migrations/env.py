"""Alembic's environment: the metadata of every room, one lock_timeout, our naming convention."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text

from engine.assembly import import_rooms
from engine.db import Base

import_rooms()


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The queue's own tables are not compared: its library describes them."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def run() -> None:
    """Run the migrations on the URL that engine/schema.py hands over, or on the -x url=… option."""
    url = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True)["url"]
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context.configure(
                connection=connection, target_metadata=Base.metadata, include_name=_is_ours
            )
            with context.begin_transaction():
                connection.execute(text("SET LOCAL lock_timeout = '2s'"))
                context.run_migrations()
    finally:
        engine.dispose()


run()
