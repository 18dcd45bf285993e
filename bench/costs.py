"""What changes cost beneath the web: their bare SQL played again, and the check of deadlines.

The check alone, for a database in which every ticket is open: `python -m bench.costs --database URL`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import time_machine
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions.clock import check_due
from app.tickets.actions.opening import open_ticket
from app.tickets.actions.replying import add_comment
from app.tickets.models import Ticket
from app.tickets.schemas import NewComment, NewTicket
from app.tickets.words import Channel, Phase
from bench.populate import make_app

Step = tuple[str, Any, int]


def recorded(work: Callable[[], object]) -> list[Step]:
    """The statements of one unit with their values, and the id each INSERT was given."""
    steps: list[Step] = []

    def note(_connection: Any, cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        steps.append((statement, values, int(cursor.lastrowid or 0)))

    event.listen(Engine, "after_cursor_execute", note)
    try:
        run_unit(work)
    finally:
        event.remove(Engine, "after_cursor_execute", note)
    return steps


def replay(steps: list[Step]) -> float:
    """Play statements again in one transaction through the bare driver; returns milliseconds.

    Ids that the first run was given are replaced by those of this run, as far as they are large enough to be told
    from other numbers.
    """
    raw = db.engine.raw_connection()
    ids: dict[int, int] = {}
    try:
        cursor = raw.cursor()
        began = time.perf_counter()
        for statement, values, given in steps:
            cursor.execute(statement, _replaced(values, ids)) if not isinstance(values, list) else (
                cursor.executemany(statement, [_replaced(one, ids) for one in values])
            )
            if given and cursor.lastrowid:
                ids[given] = int(cursor.lastrowid)
            if cursor.description:
                cursor.fetchall()
        raw.commit()
        return (time.perf_counter() - began) * 1000
    finally:
        raw.close()


def _replaced(values: Any, ids: dict[int, int]) -> Any:
    def one(value: Any) -> Any:
        return ids.get(value, value) if isinstance(value, int) and value > 1000 else value

    if isinstance(values, dict):
        return {name: one(value) for name, value in values.items()}
    return tuple(one(value) for value in values)


def opening(actor: Actor, requester_id: int) -> Callable[[], object]:
    """A unit that opens a ticket."""
    command = NewTicket(
        title="Drucker druckt nur leere Seiten",
        description="Seit heute Morgen kommen nur leere Seiten heraus.\n\nBitte um Hilfe.",
        requester_id=requester_id,
    )
    return lambda: open_ticket(command, actor=actor, channel=Channel.AGENT)


def answering(actor: Actor) -> Callable[[], object]:
    """A unit that answers a ticket which was answered before."""
    mine = sa.select(Ticket.id).where(Ticket.phase == Phase.ACTIVE, Ticket.first_response_at.is_not(None))
    ticket_id = db.session.scalars(mine.order_by(Ticket.id.desc()).limit(1)).one()
    command = NewComment(body="Wir haben die Berechtigung **ergänzt**, bitte melden Sie sich einmal neu an.")
    return lambda: add_comment(actor, ticket_id, command)


def statements(work: Callable[[], object]) -> int:
    """How many statements a unit sends."""
    return len(recorded(work))


def checks(due: int) -> dict[str, float]:
    """Milliseconds of a check with nothing due (the middle of many), and of one with so many due."""
    check_due()
    nothing = sorted(_timed_check() for _ in range(50))
    at = db.session.scalar(
        sa.select(Ticket.check_at)
        .where(Ticket.check_at.is_not(None))
        .order_by(Ticket.check_at)
        .offset(due - 1)
        .limit(1)
    )
    if at is None:
        return {"nothing": nothing[25]}
    with time_machine.travel(at + timedelta(microseconds=1), tick=True):
        waiting = db.session.scalar(sa.select(sa.func.count()).where(Ticket.check_at <= clock.now())) or 0
        db.session.rollback()
        began = time.perf_counter()
        check_due()
        took = (time.perf_counter() - began) * 1000
    return {"nothing": nothing[25], "due": took, "tickets": float(waiting)}


def _timed_check() -> float:
    began = time.perf_counter()
    check_due()
    db.session.rollback()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.costs", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--due", type=int, default=500)
    given = parser.parse_args()
    with make_app(given.database).app_context():
        active = sa.select(sa.func.count()).where(Ticket.phase == Phase.ACTIVE)
        found = checks(given.due) | {"open": float(db.session.scalar(active) or 0)}
        print(
            "{open:,.0f} open: nothing due {nothing:.1f} ms, {tickets:,.0f} due {due:,.0f} ms".format(**found)
        )


if __name__ == "__main__":
    main()
