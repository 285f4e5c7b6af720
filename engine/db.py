"""The database: declarative base, sessions bound to one entity, and the only place that commits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Engine,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Numeric,
    Text,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    sessionmaker,
    with_loader_criteria,
)

from engine.ids import new_id

MONEY = Numeric(18, 2)
UNIT_PRICE = Numeric(18, 8)
QUANTITY = Numeric(18, 6)
_LAST_USED = "andecha_last_used"
_REST_SECONDS = 1.0


class Base(DeclarativeBase):
    """Root of every table; constraints have predictable names."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_1_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        str: Text,
        datetime: DateTime(timezone=True),
        Decimal: MONEY,
        UUID: PG_UUID(as_uuid=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
    }


class EntityOwned:
    """Every row belongs to one town hall: the first column of every key."""

    entity_id: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=-100)


class EntityRow(EntityOwned):
    """A row with the usual key (entity_id, id), the id made in Python."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-99)


def refers(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """A foreign key that carries the entity: (entity_id, column) → table(entity_id, id)."""
    return ForeignKeyConstraint(
        ["entity_id", column], [f"{table}.entity_id", f"{table}.id"], **options
    )


def one_of(column: str, values: type[Any], name: str) -> CheckConstraint:
    """A check that a text column holds one of an enumeration's values."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class Database:
    """One engine and the sessions of one entity.

    `transaction()` is called by engine/operation.py, the job runner, the sequencer and the attempts of
    timers alone; `reading()` gives a session that can never commit.
    """

    def __init__(self, url: str, entity_id: int, *, pool_size: int = 10) -> None:
        self.url = sqlalchemy_url(url)
        self.entity_id = entity_id
        self.engine: Engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=10,
            pool_use_lifo=True,
            connect_args={"options": "-c timezone=UTC -c lock_timeout=10000"},
        )
        event.listen(self.engine, "checkin", _note_use)
        event.listen(self.engine, "checkout", _look_after_rest)
        self._sessions = sessionmaker(
            self.engine, expire_on_commit=False, info={"entity_id": entity_id}
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block, or rolls all of it back."""
        with self._sessions() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only session: the server itself refuses to write in it."""
        with self._sessions() as session:
            session.connection(execution_options={"postgresql_readonly": True})
            yield session

    def dispose(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def _note_use(_connection: Any, record: Any) -> None:
    """A connection comes back to the pool."""
    record.info[_LAST_USED] = time.monotonic()


def _look_after_rest(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that has rested whether it still lives: the server may have been restarted.

    A new one, or one that was used a moment ago, is not asked: it would cost each transaction a question.
    """
    used = record.info.get(_LAST_USED)
    if used is None or time.monotonic() - used < _REST_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def flush_pending(session: Session) -> None:
    """Write what a session has gathered, if it has anything: to ask costs less than an empty flush."""
    if session.new or session.dirty or session.deleted:
        session.flush()


STATEMENT_WATCHERS: list[Callable[[str], None]] = []
"""Who counts the statements that do not go through SQLAlchemy."""


def driver_rows(session: Session, sql: str, values: Mapping[str, Any]) -> list[Any]:
    """The rows, as named tuples, of a statement written by hand, without SQLAlchemy's share of the cost.

    For the few statements of every step; what the session has not written yet is not seen by it.
    Raises SQLAlchemy's errors.
    """
    connection = session.connection()
    try:
        driver = connection.connection.driver_connection
        cursor = driver.cursor(row_factory=namedtuple_row)  # type: ignore[union-attr]
        cursor.execute(sql, values)
        # Its description would be built column by column only to be asked whether it is there.
        answers = cursor.pgresult is not None and cursor.pgresult.nfields > 0
        rows: list[Any] = cursor.fetchall() if answers else []
    except psycopg.Error as error:
        raise DBAPIError.instance(
            sql, None, error, psycopg.Error, dialect=connection.dialect
        ) from error
    for watch in STATEMENT_WATCHERS:
        watch(sql)
    return rows


def sqlalchemy_url(url: str) -> str:
    """A libpq URL with the driver that we use named in it."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def libpq_url(url: str) -> str:
    """A URL as psycopg itself reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


@event.listens_for(Session, "do_orm_execute")
def _only_this_entity(state: ORMExecuteState) -> None:
    """Every ORM statement reads and changes the rows of the session's entity only."""
    entity_id = state.session.info.get("entity_id")
    if entity_id is None or state.is_column_load or state.is_relationship_load:
        return
    state.statement = state.statement.options(
        with_loader_criteria(
            EntityOwned,
            lambda cls: cls.entity_id == entity_id,
            include_aliases=True,
        )
    )


@event.listens_for(Session, "before_flush")
def _owned_by_this_entity(session: Session, _context: Any, _instances: Any) -> None:
    """New rows belong to the session's entity; a row of another one is a defect."""
    entity_id = session.info.get("entity_id")
    for row in session.new:
        if isinstance(row, EntityOwned):
            if row.entity_id is None:
                row.entity_id = entity_id
            elif row.entity_id != entity_id:
                raise ValueError("a row of another entity in this session")
