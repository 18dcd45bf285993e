"""Writing the log: record() and the @action mark of every verb in a room."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.bus import ring_after_commit
from app.core.db import db
from app.core.environment import environment
from app.core.uow import UnitError, current_unit, gather
from app.events.kinds import Fact
from app.events.models import Backlog, Event

F = TypeVar("F", bound=Callable[..., Any])
MAX_CHAIN = 5
_INSERT = sa.insert(Event)
_actions: dict[str, str] = {}


class ChainTooLong(RuntimeError):
    """An event caused by an event caused by … five times: a loop is stopped here."""


def record(
    fact: Fact,
    *,
    actor: Actor,
    subject: tuple[str, int],
    ticket: int | None = None,
    cause: Event | None = None,
) -> Event:
    """Write one event and its backlog row in the open unit.

    Args:
        fact: what happened.
        actor: who did it.
        subject: kind and id of the thing it happened to.
        ticket: the ticket on whose timeline it stands.
        cause: the event that led to this one.

    Raises:
        ChainTooLong: the chain of causes is longer than five.
        UnitError: no unit is open.
    """
    unit = current_unit()
    depth = 0 if cause is None else cause.depth + 1
    if depth > MAX_CHAIN:
        raise ChainTooLong(f"{fact.kind} after {cause.kind if cause else ''}")
    values: dict[str, Any] = {
        "kind": fact.kind,
        "version": fact.version,
        "visibility": fact.visibility,
        "at": clock.now(),
        "actor_kind": str(actor.kind),
        "actor_id": actor.person_id,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "ticket_id": ticket,
        "cause_id": cause.id if cause else None,
        "depth": depth,
        "payload": fact.model_dump(mode="json"),
    }
    # Past the session: what changed so far goes out when somebody needs it, not once for each event.
    written = db.session.connection().execute(_INSERT, values)
    event = Event(id=cast("sa.Row[tuple[int]]", written.inserted_primary_key)[0], **values)
    gather(to_backlog, event.id)
    unit.facts += 1
    ring_after_commit()
    return event


def to_backlog(event_ids: list[int]) -> None:
    """Put events where those wait that nobody was told of yet."""
    db.session.connection().execute(sa.insert(Backlog), [{"event_id": event_id} for event_id in event_ids])


@overload
def action(verb: F, /) -> F: ...
@overload
def action(*, silent: str) -> Callable[[F], F]: ...
def action(verb: Any = None, /, *, silent: str = "") -> Any:
    """Mark a verb of a room: it changes something and records a fact, or says aloud why it stays silent.

    Args:
        silent: why no fact is recorded (drafts, presence, read marks).

    Raises:
        UnitError: in tests, when the verb wrote and recorded nothing.
    """
    if verb is None:
        return functools.partial(_mark, silent=silent)
    return _mark(verb, silent="")


def _mark(verb: Callable[..., Any], *, silent: str) -> Callable[..., Any]:
    _actions[f"{verb.__module__}.{verb.__qualname__}"] = silent

    @functools.wraps(verb)
    def acting(*args: Any, **kwargs: Any) -> Any:
        unit = current_unit()
        writes, facts = unit.writes, unit.facts
        result = verb(*args, **kwargs)
        if not silent and environment().testing:
            db.session.flush()
            if unit.writes > writes and unit.facts == facts:
                raise UnitError(f"{verb.__qualname__} changed something and recorded nothing")
        return result

    acting.is_action = True  # type: ignore[attr-defined]
    return acting


def known_actions() -> dict[str, str]:
    """Every marked verb with its reason for silence, for the architecture tests."""
    return dict(_actions)
