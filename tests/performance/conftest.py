"""A house with more than twenty thousand tickets, filled once for each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.uow import loose_writes
from app.settings import queries as settings_queries
from app.sla import queries as sla_queries
from bench.populate import populate

TICKETS = 21_000


@pytest.fixture(scope="module")
def large(app: Flask) -> Iterator[Flask]:
    """The application with many tickets, a third of them open; to be read only."""
    _empty()
    populate(app, TICKETS, comments=0, open_share=0.33)
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.remove()
    _empty()


def _empty() -> None:
    with loose_writes(), db.engine.begin() as connection:
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(sa.delete(table))
    settings_queries.forget()
    sla_queries.forget()
