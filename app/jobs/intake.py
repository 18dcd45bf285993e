"""The way of a mail into the house: bytes into the store, noted, read in a process of its own, made an entry.

It may be killed anywhere: from the note on, whoever comes next finds the mail and goes on with it. Mails are taken in
some at a time, so that storing and reading the one goes on while the other is made an entry.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self

from app.accounts.actors import MAIL
from app.core import fault, files, log
from app.core.environment import environment
from app.core.language import speaking
from app.core.uow import again_after, is_outage, run_unit
from app.integrations.blobs import BlobMissing, Storage
from app.integrations.outcome import RetryLater
from app.mailroom import identity, queries
from app.mailroom.actions import accepting, keeping
from app.mailroom.actions.accepting import Decided, Reading
from app.mailroom.actions.keeping import Claim
from app.mailroom.identity import Identity
from app.mailroom.mail import Part, Unreadable
from app.mailroom.outcomes import Outcome, Reason, Result, State
from app.mailroom.parsing import child
from app.mailroom.parsing.limits import MAX_MESSAGE
from app.mailroom.schemas import Arrival, source_note
from app.mailroom.wording import Examined
from app.tickets.actions.files import StoredFile

READERS = 2
HEAD_BYTES = 4096
PICTURE_BYTES = 12 * 1024 * 1024
NOT_NOW = Reason.NOT_NOW


class NotNow(Exception):
    """The database or the store does not answer; the mail is left where it is and can be brought again."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """A mail at the door: the name of the file or place it was read from, and its bytes."""

    source: str
    raw: bytes


class Intake:
    """Takes mails in.

    Args:
        storage: where file bytes live.
        scanned: whether files of mails may be read at once (no scanner is set up).
        account: where the mails came in.
    """

    def __init__(self, storage: Storage, *, scanned: bool, account: str = "") -> None:
        self._storage = storage
        self._scanned = scanned
        self._account = account
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="mail")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self._readers.shutdown(cancel_futures=True)

    def take_in(self, mails: Sequence[Arriving]) -> list[Outcome]:
        """Keep mails and make entries of them, in their order; what the account has had before is left alone.

        Args:
            mails: as many as may lie in memory together; one of more than ``MAX_MESSAGE`` bytes is not kept.
        """
        outcomes = {i: _oversized(mail) for i, mail in enumerate(mails) if len(mail.raw) > MAX_MESSAGE}
        # The same mail twice is looked up again when the first of them is noted.
        identities = {i: identity.of(mail.raw) for i, mail in enumerate(mails) if i not in outcomes}
        firsts = {who: i for i, who in reversed(identities.items())}
        try:
            with _outages_told():
                new, known = self._sorted({i: who for who, i in firsts.items()})
                ids = self._kept(mails, identities, new)
        except NotNow as error:
            return [outcomes.get(i) or Outcome(Result.ERROR, NOT_NOW, str(error)) for i in range(len(mails))]
        except Exception as error:
            if not again_after(error) or len(mails) == 1:
                raise
            return [outcome for mail in mails for outcome in self.take_in([mail])]
        fault.point("import.raw_committed")
        reading = {i: self._readers.submit(self._read, mails[i].raw) for i in ids}
        for i, who in identities.items():
            if i in ids:
                outcomes[i] = _told(partial(self._decide, ids[i], reading[i].result))
            else:
                outcomes[i] = _told(partial(self._again, known.get(i), who, mails[i].raw))
        return [outcomes[i] for i in range(len(mails))]

    def finish(self, raw_id: int, raw: bytes | None = None, *, only_due: bool) -> Outcome | None:
        """Take up a kept mail again; None when there is nothing to do.

        Args:
            raw: its bytes, when they are at hand.
            only_due: leave it to whoever works on it as long as they may take.

        Raises:
            NotNow: it waits for another try.
        """
        with _outages_told():
            claim = run_unit(partial(keeping.claim, raw_id, actor=MAIL, only_due=only_due))
        if claim is Claim.NOTHING:
            return None
        if claim is Claim.SPENT:
            return _set_aside(raw_id, Reason.GAVE_UP)
        return self._decide(raw_id, lambda: self._read(self._bytes_of(raw_id) if raw is None else raw))
