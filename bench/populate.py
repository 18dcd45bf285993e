"""Fill a database with tickets: `python -m bench.populate --tickets 1000000 --database URL`.

The same seed gives the same data. Counters, clocks and events agree with the tickets; nothing is due at the moment
the generator ran.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from app import create_app
from app.accounts.actions import defaults as account_defaults
from app.core.db import db
from app.core.uow import loose_writes, run_unit
from app.sla.actions import defaults as sla_defaults
from app.tickets.actions import defaults as ticket_defaults
from bench.bulk import Bulk
from bench.people import make_firm
from bench.serving import SECRET
from bench.tickets import Writer

LONG_TICKETS = 20
LONG_ENTRIES = 50


def make_app(url: str, **more: Any) -> Flask:
    """The application on a database, its tables made when there are none.

    Args:
        more: settings of its own.
    """
    app = create_app(
        database_url=url,
        flask_env="development",
        secret_key=SECRET,
        rate_limits="off",
        redis_url="",
        log_level="ERROR",
        **more,
    )
    with app.app_context(), loose_writes():
        db.create_all()
    return app


def populate(
    app: Flask,
    tickets: int,
    *,
    comments: int = 3,
    open_share: float = 0.085,
    seed: int = 7,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Fill the database of an application.

    Args:
        app: the application; its tables are there.
        tickets: how many.
        comments: entries of each; the last twenty get fifty.
        open_share: which part is still being worked on (1 for all).
        seed: of all chance.
        say: hears how far it is.
    """
    began = time.monotonic()
    with app.app_context():
        run_unit(_defaults)
        rng, now = random.Random(seed), datetime.now(UTC).replace(tzinfo=None)
        bulk = Bulk(db.engine.url.render_as_string(hide_password=False))
        firm = make_firm(bulk, rng, now, tickets=tickets)
        writer = Writer(bulk, firm, rng, now, comments=comments, open_share=open_share)
        for n in range(tickets):
            writer.write(
                n / tickets, comments=LONG_ENTRIES if n >= tickets - LONG_TICKETS and comments else None
            )
            if n % 50_000 == 0:
                say(f"{n:>9,} tickets, {time.monotonic() - began:.0f} s")
        writer.finish()
        bulk.close()
        db.session.remove()
    say(f"{tickets:>9,} tickets, {time.monotonic() - began:.0f} s")


def _defaults() -> None:
    account_defaults.ensure_default_team()
    sla_defaults.ensure_default_policy()
    ticket_defaults.ensure_categories()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.populate", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--comments", type=int, default=3)
    parser.add_argument("--open-share", type=float, default=0.085)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--database", required=True)
    given = parser.parse_args()
    populate(
        make_app(given.database),
        given.tickets,
        comments=given.comments,
        open_share=given.open_share,
        seed=given.seed,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )


if __name__ == "__main__":
    main()
