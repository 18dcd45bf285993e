"""The database session, the base of all tables and the column types they share."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# Byte-wise comparison on MySQL as on the other two: a case-folding collation would call ß and s the same.
MYSQL_TABLE = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "sqlite_autoincrement": True,
}


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC datetimes with microseconds, kept without zone on all three engines."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(sa.DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: use app.core.clock.now()")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


E = TypeVar("E", bound=enum.Enum)


class Word(sa.types.TypeDecorator[Any]):
    """An enum stored by value in a short text column."""

    impl = sa.String
    cache_ok = True

    def __init__(self, words: type[E], length: int = 24) -> None:
        super().__init__(length)
        self.words = words

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(self.words(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self.words(value)


BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
LongText = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UTCDateTime, dict[str, Any]: sa.JSON, list[Any]: sa.JSON}


# Nothing is loaded again after a commit: each request and task has a session of its own.
# The tables are our own Base's, so that types are known to mypy; Flask-SQLAlchemy brings engine and session.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


class Model(Base):
    """What every table is."""

    __abstract__ = True
    __table_args__: Any = MYSQL_TABLE


def rows_changed(
    statement: sa.Update | sa.Delete | sa.Insert, values: Mapping[str, Any] | None = None
) -> int:
    """Run a change in the open unit; returns how many rows it met.

    Args:
        values: of the names the statement leaves open.
    """
    result = db.session.execute(statement, values)
    return cast("sa.CursorResult[Any]", result).rowcount


def table_args(*things: Any) -> tuple[Any, ...]:
    """Indexes and constraints of a table together with the options all tables share."""
    return (*things, MYSQL_TABLE)


def engine_options(url: str, *, pool: int) -> dict[str, Any]:
    """Engine options for a database address.

    Args:
        url: a SQLAlchemy address.
        pool: how many threads of this process may speak to the database at once.
    """
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 10, "check_same_thread": False}}
    options: dict[str, Any] = {
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "pool_size": pool,
        "max_overflow": 10,
    }
    if url.startswith("mysql"):
        options["isolation_level"] = "READ COMMITTED"
        options["connect_args"] = {"charset": "utf8mb4", "connect_timeout": 5}
    else:
        options["connect_args"] = {"connect_timeout": 5}
    return options


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not type(connection).__module__.startswith("sqlite3"):
        return
    connection.isolation_level = None  # transactions are begun by _begin_sqlite below
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def init_db(app: Flask) -> None:
    """Bind the session to an application."""
    db.init_app(app)
    app.teardown_appcontext(_end_reading)


def _end_reading(_error: BaseException | None) -> None:
    """End the session's transaction; one whose connection was lost has nothing to end, and the answer stands."""
    if not db.session.registry.has():
        return
    try:
        db.session().close()  # a rollback would mark each row that was read
    except SQLAlchemyError:
        db.session().invalidate()
