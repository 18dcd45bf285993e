"""Whether the database answers."""

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db


def database() -> bool:
    """True when the database answers and its tables are there."""
    try:
        db.session.execute(sa.text("SELECT version_num FROM alembic_version")).first()
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True
