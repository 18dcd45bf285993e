"""Which webhooks hear of which event: of public facts, never of confidential teams, never of a reply taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.accounts.models import Team
from app.core.db import db
from app.events.models import Event
from app.events.words import Visibility
from app.tickets.models import Comment, Ticket
from app.webhooks.models import Webhook

REPLY = "ticket.reply_added"


class Sight:
    """What has to be known of some events, looked up for all of them at once."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._teams = _teams_of({event.ticket_id for event in events if event.ticket_id is not None})
        self._replies = _replies({event.payload["comment_id"] for event in events if event.kind == REPLY})

    def tells(self, webhook: Webhook, event: Event) -> bool:
        """Whether a webhook is told of an event."""
        team_id = self._teams.get(event.ticket_id or 0)
        if team_id is None or event.visibility is not Visibility.PUBLIC or event.kind not in webhook.kinds:
            return False
        if event.kind == REPLY and self._key(event) not in self._replies:
            return False
        return not webhook.team_ids or team_id in webhook.team_ids

    def not_before(self, event: Event) -> datetime | None:
        """Until when a reply can be taken back."""
        return self._replies.get(self._key(event)) if event.kind == REPLY else None

    @staticmethod
    def _key(event: Event) -> tuple[int, int]:
        return event.payload["comment_id"], event.ticket_id or 0


def _teams_of(ticket_ids: set[int]) -> dict[int, int]:
    """Ticket → team, of tickets that are there and of no confidential team."""
    if not ticket_ids:
        return {}
    rows = db.session.execute(
        sa.select(Ticket.id, Ticket.team_id)
        .join(Team, Team.id == Ticket.team_id)
        .where(Ticket.id.in_(ticket_ids), Ticket.deleted_at.is_(None), Team.is_confidential.is_(False))
    )
    return {ticket_id: team_id for ticket_id, team_id in rows}


def _replies(comment_ids: set[int]) -> dict[tuple[int, int], datetime | None]:
    """Entry and ticket → from when it is public, of entries that were not taken back."""
    if not comment_ids:
        return {}
    rows = db.session.execute(
        sa.select(Comment.id, Comment.ticket_id, Comment.public_from).where(
            Comment.id.in_(comment_ids), Comment.is_internal.is_(False), Comment.taken_back_at.is_(None)
        )
    )
    return {(comment_id, ticket_id): at for comment_id, ticket_id, at in rows}
