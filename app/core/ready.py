"""Whether what we lean on answers: the database with its tables, Redis."""

from __future__ import annotations

import redis
import sqlalchemy as sa
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db
from app.core.heartbeat import Heartbeat

REDIS_SECONDS = 0.5


def database() -> str:
    """Ask the database for one of its tables; returns what is wrong, empty when all is well."""
    try:
        db.session.execute(sa.select(Heartbeat.name).limit(1)).first()
    except SQLAlchemyError as error:
        db.session.rollback()
        return " ".join(str(getattr(error, "orig", error)).split())[:300]
    return ""


def revision() -> str:
    """The revision of the tables as the migrations left it; empty when they were not made by migrations."""
    if not sa.inspect(db.session.connection()).has_table("alembic_version"):
        return ""
    return str(db.session.scalar(sa.text("SELECT version_num FROM alembic_version")) or "")


def database_version() -> str:
    """Name and version of the database, such as ``mariadb 10.11.6``."""
    dialect = db.session.connection().dialect
    maker = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
    return f"{maker} {'.'.join(str(part) for part in dialect.server_version_info or ())}"


def redis_trouble(url: str) -> str:
    """Ask Redis whether it is there, half a second at most; returns what is wrong, empty when all is well."""
    client = redis.Redis.from_url(
        url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return " ".join(str(error).split())[:300] or type(error).__name__
    finally:
        client.close()
    return ""
