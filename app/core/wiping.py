"""Starting over: every row of every table goes (demonstrations only)."""

import sqlalchemy as sa

from app.core.db import Base, db
from app.core.uow import loose_writes


def empty_all_tables() -> None:
    """Remove everything in one transaction."""
    db.session.rollback()
    with loose_writes(), db.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(sa.delete(table))
