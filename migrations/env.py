"""Alembic's entrance: runs numbered steps against the application's database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from app import tables
from app.core.db import LongText, UTCDateTime, Word, db
from app.core.uow import loose_writes

metadata = tables.load()


def render_item(kind: str, thing: Any, autogen: Any) -> str | bool:
    """Steps are written with plain types, so that old ones run whatever becomes of our own."""
    if kind != "type":
        return False
    if isinstance(thing, UTCDateTime):
        autogen.imports.add("from sqlalchemy.dialects import mysql")
        return "sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')"
    if isinstance(thing, Word):
        return f"sa.String({thing.impl.length})"
    if thing is LongText:
        autogen.imports.add("from sqlalchemy.dialects import mysql")
        return "sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')"
    if isinstance(thing, sa.BigInteger) and "sqlite" in thing._variant_mapping:
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
    return False


def run() -> None:
    """Run the steps on one connection; each step is its own transaction, so a killed one can be repeated."""
    engine = db.engines[None]
    with engine.connect() as connection, loose_writes():
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=render_item,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
