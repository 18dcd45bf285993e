"""The table of stored settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class StoredSettings(Model):
    """One row a group; ``data`` holds the values that differ from the defaults."""

    __tablename__ = "stored_settings"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    data: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]
