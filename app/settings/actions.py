"""Changing settings."""

from __future__ import annotations

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden
from app.core.language import _
from app.core.uow import current_unit
from app.events.log import action, record
from app.settings import fixed, queries
from app.settings.events import SettingsChanged
from app.settings.models import StoredSettings
from app.settings.schemas import Group


@action
def change(values: Group, *, actor: Actor, version: int | None = None) -> None:
    """Save a whole group; what the environment decides is left out, so that it comes back when that ends.

    Args:
        version: the version the form was filled in on (0 for never saved), None for any.

    Raises:
        Forbidden: not an administrator.
        Conflict: somebody saved this group meanwhile.
    """
    if not actor.can("admin.settings") and actor.is_signed_in:
        raise Forbidden(permission="admin.settings")
    row = db.session.get(StoredSettings, values.name, with_for_update=True, populate_existing=True)
    if version is not None and version != (row.version if row else 0):
        raise Conflict(
            _("Somebody saved these settings meanwhile. Please look at them again before you change them.")
        )
    before = queries.read(type(values))
    open_fields = [name for name in type(values).model_fields if name not in fixed.of(type(values))]
    fields = [name for name in open_fields if getattr(before, name) != getattr(values, name)]
    if not fields:
        return
    if row is None:
        row = StoredSettings(name=values.name, data={}, version=0, updated_at=clock.now())
        db.session.add(row)
    wanted = values.model_dump(mode="json")
    row.data = row.data | {name: wanted[name] for name in open_fields}
    row.version += 1
    row.updated_at = clock.now()
    record(SettingsChanged(group=values.name, fields=fields), actor=actor, subject=("settings", 0))
    current_unit().after_commit.append(queries.forget)
