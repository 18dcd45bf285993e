"""Trying a mailbox at Microsoft Graph, step by step; no mail is touched and none is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial

from app.integrations.graph import GraphRefused
from app.integrations.graph_desk import CHANGE, READ, SEND, Desk
from app.integrations.graph_mail import GraphMailbox, open_mailbox
from app.integrations.outcome import RetryLater
from app.integrations.steps import Step, walk
from app.jobs import signing_in
from app.mailroom import graph_route
from app.mailroom.graph_route import GraphRoute

# A token names what was granted; where an administrator granted it inside Exchange, it names nothing about mail.
MAIL = "Mail."
GRANTED_BY = {
    READ: frozenset({"Mail.Read", "Mail.ReadWrite", "Mail.Read.Shared", "Mail.ReadWrite.Shared"}),
    SEND: frozenset({"Mail.Send", "Mail.Send.Shared"}),
    CHANGE: frozenset({"Mail.ReadWrite", "Mail.ReadWrite.Shared"}),
}
Named = tuple[str, Callable[[], object]]


def way_in(account_id: int) -> list[Step]:
    """Try to read a mailbox; ends with the first step that fails."""
    return walk(_Trial(account_id).to_read())


def way_out(account_id: int) -> list[Step]:
    """Try whether a mailbox may send, as far as that can be told without sending."""
    return walk(_Trial(account_id).to_send())


class _Trial:
    """What the steps find on their way; each later one needs those before."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id

    def to_read(self) -> Iterator[Named]:
        yield from self._begin()
        yield "permission", partial(self._must_be_granted, READ)
        yield "folder", lambda: self._folder
        yield "reading", self._look
        if self._route.changes:
            yield "changing", partial(self._must_be_granted, CHANGE)

    def to_send(self) -> Iterator[Named]:
        yield from self._begin()
        yield "sending", partial(self._must_be_granted, SEND)
        if self._route.changes:
            yield "changing", partial(self._must_be_granted, CHANGE)

    def _begin(self) -> Iterator[Named]:
        yield "listed", lambda: self._route
        yield "token", lambda: self._granted

    @cached_property
    def _route(self) -> GraphRoute:
        route = graph_route.route_of(self._account_id)
        if route is None:
            raise RetryLater(None, "not_registered")
        return route

    @cached_property
    def _granted(self) -> frozenset[str]:
        return signing_in.permissions_of(self._route)

    @cached_property
    def _folder(self) -> GraphMailbox:
        return open_mailbox(self._desk, self._route.folder)

    @property
    def _desk(self) -> Desk:
        return signing_in.desk_for(self._route)

    def _must_be_granted(self, need: str) -> None:
        about_mail = {one for one in self._granted if one.startswith(MAIL)}
        if about_mail and about_mail.isdisjoint(GRANTED_BY[need]):
            raise RetryLater(None, need, ", ".join(sorted(about_mail)))

    def _look(self) -> None:
        try:
            self._folder.changes()
        except GraphRefused as refusal:
            raise RetryLater(None, "list_refused", refusal.detail) from None
