"""The ways out of mail accounts: by SMTP, or by Microsoft Graph so that a crash can be told from a sent mail (F06)."""

from __future__ import annotations

import time
from datetime import timedelta
from email.message import EmailMessage
from functools import partial

from app.accounts.actors import MAIL
from app.core import clock, fault
from app.core.uow import run_unit
from app.integrations.graph_desk import READ
from app.integrations.graph_post import GraphPost, Trace, Whereabouts
from app.integrations.outcome import RetryLater
from app.integrations.way import Slip, SmtpWay, Way
from app.jobs import signing_in
from app.mailroom import connections, graph_route, outgoing
from app.mailroom.access import account_for
from app.mailroom.actions import drafting
from app.mailroom.graph_route import GraphRoute

# What was sent is not at once among the sent mails.
SETTLES_IN = timedelta(seconds=60)
# The deed itself may take a minute, and has to be done before the lease on the delivery ends.
LATEST_START = 20.0
SENT_ITEMS = "sentitems"
ACCEPTED, FOUND = "202 accepted", "found among the sent mails"
UNKNOWN = "outcome_unknown"


def way_of(account_id: int) -> Way | None:
    """The way out of an account as it is set up now; None when it has none.

    Raises:
        RetryLater: no access token is to be had; see ``signing_in``.
    """
    return way_to_try(account_id) if outgoing.may_send(account_id) else None


def way_to_try(account_id: int) -> Way | None:
    """The way out of an account, whether it is in use or not; see ``way_of``."""
    graph = graph_route.route_of(account_id)
    if graph is not None:
        return GraphWay(graph)
    token = signing_in.token_for(account_id)
    route = connections.way_out(account_for(MAIL, account_id), token)
    return SmtpWay(route) if route is not None else None


class GraphWay:
    """Out of a mailbox at Microsoft Graph, which keeps what it sent."""

    def __init__(self, route: GraphRoute) -> None:
        self._route = route
        self._post = GraphPost(signing_in.desk_for(route))
        self._began = time.monotonic()

    def send(self, mail: EmailMessage, slip: Slip) -> str:
        try:
            return self._by_draft(mail, slip) if self._route.changes else self._at_once(mail, slip)
        except RetryLater as later:
            if later.reason != UNKNOWN:
                raise
            raise RetryLater(clock.now() + SETTLES_IN, UNKNOWN, later.detail) from None

    def _at_once(self, mail: EmailMessage, slip: Slip) -> str:
        """Without drafts, a repeat is preceded by a look at what was sent."""
        if slip.may_be_repeat and self._is_sent(mail):
            return FOUND
        self._must_be_early()
        self._post.send(mail)
        fault.point("graph.sent")
        return ACCEPTED

    def _is_sent(self, mail: EmailMessage) -> bool:
        """Whether it has left already; where nobody may look, a repeat is better than a loss."""
        try:
            found = self._post.search(str(mail["Message-ID"]), SENT_ITEMS)
        except RetryLater as later:
            if later.reason != READ:
                raise
            return False
        return found.where is Whereabouts.SENT

    def _by_draft(self, mail: EmailMessage, slip: Slip) -> str:
        trace = self._trace(mail, slip)
        if trace.where is Whereabouts.SENT:
            return FOUND
        remote_id = trace.remote_id
        if trace.where is Whereabouts.NOWHERE:
            remote_id = self._post.draft(mail)
            fault.point("graph.drafted")
        if slip.delivery_id:
            kept = partial(drafting.remember, slip.delivery_id, self._route.account_id, remote_id)
            run_unit(kept)
        fault.point("graph.noted")
        self._must_be_early()
        self._post.send_draft(remote_id)
        fault.point("graph.sent")
        return ACCEPTED

    def _must_be_early(self) -> None:
        """Who begins too late is overtaken by somebody who thinks they are dead."""
        if time.monotonic() - self._began > LATEST_START:
            raise RetryLater(None, "timeout", self._route.address)

    def _trace(self, mail: EmailMessage, slip: Slip) -> Trace:
        """What an earlier attempt left: by its draft, or by its Message-ID when nobody noted that."""
        known = drafting.draft_of(slip.delivery_id, self._route.account_id) if slip.delivery_id else ""
        trace = self._post.trace(known) if known else Trace(Whereabouts.NOWHERE)
        if trace.where is Whereabouts.NOWHERE and slip.is_retry:
            return self._post.search(str(mail["Message-ID"]))
        return trace
