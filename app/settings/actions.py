"""Changing settings."""

from __future__ import annotations

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden
from app.core.uow import current_unit
from app.events.log import action, record
from app.settings import queries
from app.settings.events import SettingsChanged
from app.settings.models import StoredSettings
from app.settings.schemas import Group


@action
def change(values: Group, *, actor: Actor) -> None:
    """Save a whole group.

    Raises:
        Forbidden: not an administrator.
    """
    if not actor.can("admin.settings") and actor.is_signed_in:
        raise Forbidden(permission="admin.settings")
    before = queries.read(type(values))
    fields = [name for name in type(values).model_fields if getattr(before, name) != getattr(values, name)]
    if not fields:
        return
    row = db.session.get(StoredSettings, values.name)
    if row is None:
        row = StoredSettings(name=values.name, data={}, version=0, updated_at=clock.now())
        db.session.add(row)
    row.data = values.model_dump(mode="json")
    row.version += 1
    row.updated_at = clock.now()
    record(SettingsChanged(group=values.name, fields=fields), actor=actor, subject=("settings", 0))
    current_unit().after_commit.append(queries.forget)
