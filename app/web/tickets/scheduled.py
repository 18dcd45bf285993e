"""Replies that wait for their time: send them now, or cancel them and go on writing."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.core.actor import Actor
from app.tickets.actions import scheduling
from app.web.tickets import conflicts
from app.web.tickets.door import ID, door


@door.deed(f"/<number>/scheduled/<{ID}:scheduled_id>/send", allow="tickets.work")
def send_scheduled(actor: Actor, number: str, scheduled_id: int) -> Any:
    """Send one's own reply before its time."""
    work = partial(scheduling.send_now, actor, scheduled_id=scheduled_id)
    return conflicts.guarded(actor, number, work)


@door.deed(f"/<number>/scheduled/<{ID}:scheduled_id>/cancel", allow="tickets.work")
def cancel_scheduled(actor: Actor, number: str, scheduled_id: int) -> Any:
    """Let a reply not go out; its text is a draft again."""
    work = partial(scheduling.cancel, actor, scheduled_id=scheduled_id)
    return conflicts.guarded(actor, number, work)
