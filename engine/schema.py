"""The schema: Alembic migrations run as the owner, and the guards around the record."""

from __future__ import annotations

from pathlib import Path

import psycopg
from sqlalchemy import Connection, create_engine, text

from engine.audit.models import APPEND_ONLY_TABLES
from engine.db import libpq_url, sqlalchemy_url
from engine.embedded import APPLICATION_ROLE
from engine.procedures.guards import GUARDS

WRITTEN_ONCE_TABLES = ("process_history", "process_payload")
"""Rows that are never changed, and that only the erasure of an old expediente takes away."""
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the schema of a database up to date, as its owner, with the application's role and the guards."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = sqlalchemy_url(owner_url)
    create_role(owner_url)
    command.upgrade(config, revision)
    engine = create_engine(sqlalchemy_url(owner_url))
    try:
        with engine.begin() as connection:
            apply_guards(connection)
    finally:
        engine.dispose()


def head_revision() -> str:
    """The newest revision, as migrations/.current-alembic-head names it."""
    return (MIGRATIONS / ".current-alembic-head").read_text(encoding="utf-8").strip()


def create_role(owner_url: str) -> None:
    """Make the application's role, if the server does not have it."""
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", (APPLICATION_ROLE,)
        ).fetchone()
        if found is None:
            connection.execute(f"CREATE ROLE {APPLICATION_ROLE} LOGIN")


def apply_guards(connection: Connection) -> None:
    """Let the application's role work on every table, and only append to the record's.

    A published version of a procedure stands: see engine/procedures/guards.py.

    The triggers stop an honest mistake; what a superuser does in spite of them is found by
    `andecha audit verify`.
    """
    role = APPLICATION_ROLE
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        """
        CREATE OR REPLACE FUNCTION andecha_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the record is append only: % on %', TG_OP, TG_TABLE_NAME;
        END $$
        """,
    ]
    for table in APPEND_ONLY_TABLES:
        statements += [
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}",
            f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
            f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION andecha_append_only()
            """,
        ]
    statements += [
        """
        CREATE OR REPLACE FUNCTION andecha_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what is over does not change: % on %', TG_OP, TG_TABLE_NAME;
        END $$
        """,
    ]
    for table in WRITTEN_ONCE_TABLES:
        statements += [
            f"REVOKE UPDATE ON {table} FROM {role}",
            f"DROP TRIGGER IF EXISTS {table}_written_once ON {table}",
            f"""
            CREATE TRIGGER {table}_written_once BEFORE UPDATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION andecha_written_once()
            """,
        ]
    for statement in (*statements, *GUARDS):
        connection.execute(text(statement))
