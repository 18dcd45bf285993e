"""Hearing from Microsoft when mail comes: subscriptions are made and renewed, and what they say is only a hint.

What is missed is found by the timetable; what is told is believed in nothing but "look".
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from flask import current_app

from app.core import clock, log
from app.core.environment import environment
from app.core.uow import run_unit
from app.integrations import graph_hints
from app.integrations.graph_desk import Desk
from app.integrations.graph_mail import open_mailbox
from app.integrations.outcome import RetryLater
from app.jobs import signing_in
from app.jobs.mail import read_mailbox
from app.jobs.standing import standing
from app.mailroom import graph_route
from app.mailroom.actions import drafting, hinting
from app.mailroom.actions.hinting import TOGETHER, Hint

PATH = "/webhooks/microsoft/mail"
LASTS = timedelta(days=3)
RENEWED_BEFORE = timedelta(days=1)
SECRET_BYTES = 32
# Who calls with so many wrong ones is not Microsoft, and asking for each of them costs.
MOST_STRANGERS = 5
REAUTHORIZE, REMOVED = "reauthorizationRequired", "subscriptionRemoved"


@dataclass(frozen=True, slots=True)
class Notice:
    """What somebody who calls says of a subscription; ``lifecycle`` is about the subscription itself."""

    remote_id: str
    secret: str = field(repr=False)
    lifecycle: str = ""


def listen(notices: Sequence[Notice]) -> None:
    """Follow what was told by those that prove to be our subscriptions; the others are passed over."""
    strangers = 0
    for one in notices:
        account_id = hinting.known(one.remote_id, one.secret)
        if account_id is None:
            strangers += 1
            if strangers >= MOST_STRANGERS:
                return
            continue
        if one.lifecycle == REAUTHORIZE:
            run_unit(partial(hinting.prolong, account_id, clock.now()))
            continue
        follow = run_unit(partial(hinting.heard, account_id))
        if one.lifecycle == REMOVED:
            run_unit(partial(hinting.forget, account_id))
        if follow:
            _read_soon(account_id)


def _read_soon(account_id: int) -> None:
    """Have a mailbox read a little later, for all hints that come until then; without a queue the timetable does."""
    try:
        read_mailbox.apply_async((account_id,), countdown=TOGETHER.total_seconds(), expires=300)
    except Exception as error:  # whatever the broker's client raises
        log.get(__name__).warning("queue_unreachable", job="mail-fetch-account", error=str(error)[:200])


@standing("mail-hints", seconds=240)
def keep_hints() -> None:
    """Make, renew and end subscriptions; one mailbox that cannot have one holds up no other."""
    run_unit(drafting.forget_old)
    for hint in hinting.hints():
        try:
            _keep(hint)
        except RetryLater as later:
            log.get(__name__).info("mail_hint_refused", account_id=hint.account_id, error=str(later)[:200])


def _keep(hint: Hint) -> None:
    wanted = hint.is_wanted and _can_be_called()
    if not wanted and not hint.remote_id:
        return
    if wanted and hint.until is not None and hint.until > clock.now() + RENEWED_BEFORE:
        return
    route = graph_route.route_of(hint.account_id)
    desk = signing_in.desk_for(route) if route is not None else None
    if not wanted or route is None or desk is None:
        _end(hint, desk)
    elif not hint.remote_id or not _renewed(hint, desk):
        _subscribe(hint.account_id, desk, route.folder)


def _can_be_called() -> bool:
    """Microsoft calls by https only; somebody who has nobody listen does not want to be called either."""
    house = environment()
    return (house.secure or house.testing) and current_app.extensions["settings"].mail_watch == "on"


def _subscribe(account_id: int, desk: Desk, folder: str) -> None:
    secret, until = secrets.token_urlsafe(SECRET_BYTES), clock.now() + LASTS
    url = environment().site_url + PATH
    made = graph_hints.subscribe(desk, open_mailbox(desk, folder).folder_id, url, secret, until)
    run_unit(partial(hinting.remember, account_id, made.remote_id, secret, made.until))


def _renewed(hint: Hint, desk: Desk) -> bool:
    """Whether it lasts longer now; False when Microsoft knows it no more."""
    longer = graph_hints.renew(desk, hint.remote_id, clock.now() + LASTS)
    if longer is not None:
        run_unit(partial(hinting.prolong, hint.account_id, longer.until))
    return longer is not None


def _end(hint: Hint, desk: Desk | None) -> None:
    run_unit(partial(hinting.forget, hint.account_id))
    if desk is not None:
        graph_hints.end(desk, hint.remote_id)
