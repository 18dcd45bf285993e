"""The sentence of a happening for the timeline, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.core.actor import Actor
from app.tickets.sheet import Sheet

if TYPE_CHECKING:
    from app.events.models import Event


def sentences(actor: Actor, seen: Sheet) -> Callable[[Event], str]:
    return lambda event: event.kind
