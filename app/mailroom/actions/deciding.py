"""Settling a kept mail: what was read of it, and the one change that only one process can make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import sqlalchemy as sa

from app.core import clock
from app.core.db import rows_changed
from app.mailroom.actions.keeping import DETAIL_LENGTH
from app.mailroom.heading import address_of, subject_of
from app.mailroom.machines import Verdict
from app.mailroom.mail import Mail
from app.mailroom.models import RawMail
from app.mailroom.origin import Origin
from app.mailroom.outcomes import State
from app.mailroom.wording import Examined
from app.mailroom.words import Match
from app.tickets.actions.files import StoredFile

ID_LENGTH = 500
NO_LINKS: Mapping[str, int | str | None] = MappingProxyType({})


class Decided(Exception):
    """Somebody else made an entry of the mail first: what this unit did must be undone."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail that was read, with its files in the store.

    Args:
        examined: its words.
        verdict: who wrote it.
        files: in the order of ``examined.parts``.
        scanned: whether the files may be read at once (no scanner is set up).
        origin: the account it came by.
        is_forced: somebody asked for a ticket although it looks like none.
    """

    examined: Examined
    verdict: Verdict
    files: Sequence[StoredFile]
    scanned: bool
    origin: Origin = field(default_factory=Origin)
    is_forced: bool = False

    @property
    def mail(self) -> Mail:
        return self.examined.mail


def decide(
    raw_id: int,
    state: State,
    reading: Reading,
    *,
    reason: str = "",
    detail: str = "",
    matched_by: Match | None = None,
    links: Mapping[str, int | str | None] = NO_LINKS,
) -> None:
    """Settle the mail, if it is still undecided: the row lock of this change lets only one come through.

    Args:
        links: what of other tables it leads to, by column.

    Raises:
        Decided: it was settled by somebody else.
    """
    told = {
        "reason": reason,
        "detail": detail[:DETAIL_LENGTH],
        "matched_by": matched_by,
        "message_id": reading.mail.message_id if len(reading.mail.message_id) <= ID_LENGTH else "",
        "sender": address_of(reading.mail),
        "subject": subject_of(reading.mail),
    }
    settled = sa.update(RawMail).where(RawMail.id == raw_id, RawMail.state == State.KEPT)
    settled = settled.values(state=state, due_at=None, decided_at=clock.now(), **told, **links)
    if not rows_changed(settled.execution_options(synchronize_session=False)):
        raise Decided
