"""Remembering drafts of ours at Microsoft Graph, so that whoever comes after a crash knows what became of a mail."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.events.log import action
from app.mailroom.models import GraphDraft

# Longer than a mail is tried for.
KEPT = timedelta(days=7)


@action(silent="a draft is a step on the way out, the delivery tells how it ends")
def remember(delivery_id: int, account_id: int, remote_id: str) -> None:
    """A draft was made; committed before it is sent."""
    forget(delivery_id)
    made = GraphDraft(
        delivery_id=delivery_id, account_id=account_id, remote_id=remote_id, made_at=clock.now()
    )
    db.session.add(made)


@action(silent="a draft is a step on the way out, the delivery tells how it ends")
def forget(delivery_id: int) -> None:
    """The draft is there no more."""
    gone = sa.delete(GraphDraft).where(GraphDraft.delivery_id == delivery_id)
    db.session.execute(gone.execution_options(synchronize_session=False))


@action(silent="clears away what nobody will ask for")
def forget_old() -> None:
    """Mails that are no longer tried have no use for their drafts."""
    old = sa.delete(GraphDraft).where(GraphDraft.made_at < clock.now() - KEPT)
    db.session.execute(old.execution_options(synchronize_session=False))


def draft_of(delivery_id: int, account_id: int) -> str:
    """The draft that an earlier attempt made in the mailbox of an account; "" for none."""
    query = sa.select(GraphDraft.remote_id)
    query = query.where(GraphDraft.delivery_id == delivery_id, GraphDraft.account_id == account_id)
    return db.session.scalar(query) or ""
