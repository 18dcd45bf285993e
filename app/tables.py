"""The roll-call of all tables: every room's models and the few of the ground floor."""

from __future__ import annotations

import importlib
from pathlib import Path

import sqlalchemy as sa

from app.core.db import db

GROUND = ("app.core.heartbeat", "app.core.lease", "app.core.once")


def load() -> sa.MetaData:
    """Import every table and return what they make up."""
    house = Path(__file__).parent
    rooms = [f"app.{path.parent.name}.{path.stem}" for path in sorted(house.glob("*/*models.py"))]
    for module in (*GROUND, *rooms):
        importlib.import_module(module)
    return db.metadata
