"""Reading one mailbox: what lies there is noted, fetched, taken in, and only then dealt with on the server.

It may be killed anywhere (faults F01 to F03): a mail that was not noted is found again by its UID, one that was noted
is fetched by the next run, one that is safe with us is only flagged or moved.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from flask import current_app

from app.core import fault, log
from app.core.lease import lease
from app.core.uow import again_after, is_outage, run_unit
from app.integrations.outcome import RetryLater, Undeliverable
from app.jobs.boxes import FETCH_REFUSED, LISTED, PUT_OFF, Box, News, StaleList, open_box
from app.jobs.intake import Arriving, Intake
from app.mailroom import errands, origin
from app.mailroom.actions import fetching
from app.mailroom.errands import Errand, Place
from app.mailroom.outcomes import Outcome, Reason, Result
from app.mailroom.parsing.limits import MAX_HEADER_BLOCK
from app.mailroom.words import Afterwards, PlaceState

# One run works so long; then others have their turn, and the lease outlives the longest command.
WORKING_SECONDS = 240
LEASE_SECONDS = 600
BATCH = 16
BATCH_BYTES = 16 * 1024 * 1024
# The size a server names is not always the size it sends (line ends, marks of its own).
SLACK = 64 * 1024
HEAD_ATTEMPTS = 3
BUSY = "busy"
FAILED = "failed"  # our own mistake
NOT_READY = "house_not_ready"
FAILING = "failing"


@dataclass(slots=True)
class Run:
    """What one run over one mailbox did.

    Args:
        trouble: a word of the client when it ended early, ``busy`` when somebody else is at it, "" otherwise.
        detail: what the server said.
        more: it ended because its time was over.
    """

    counts: Counter[Result] = field(default_factory=Counter)
    trouble: str = ""
    detail: str = ""
    more: bool = False

    def line(self) -> str:
        """The numbers of the run, as each run ends with them."""
        shown = (Result.CREATED, Result.UPDATED, Result.IGNORED, Result.QUARANTINED)
        return (
            ", ".join(f"{one} {self.counts[one]}" for one in shown) + f", errors {self.counts[Result.ERROR]}"
        )


def fetch(account_id: int, *, seconds: float = WORKING_SECONDS) -> Run:
    """Take in what is new in the mailbox of an account.

    Args:
        seconds: about how long this run may work; what is left is there for the next one.
    """
    run = Run()
    with lease(f"mail.fetch.{account_id}", LEASE_SECONDS) as mine:
        if not mine:
            run.trouble = BUSY
            return run
        errand = errands.errand_for(account_id)
        if errand is None:
            return run
        try:
            _read(errand, run, time.monotonic() + seconds)
        except RetryLater as later:
            _note_trouble(run, account_id, later.reason, later.detail, later.at)
        except Exception as error:
            if is_outage(error):
                raise
            log.get(__name__).exception("mail_fetch_failed", account_id=account_id)
            _note_trouble(run, account_id, FAILED, type(error).__name__)
        else:
            brought = any(run.counts[one] for one in (Result.CREATED, Result.UPDATED))
            run_unit(partial(fetching.succeeded, account_id, brought_mail=brought))
    numbers = {str(result): run.counts[result] for result in Result}
    log.get(__name__).info("mail_run", account=errand.account, trouble=run.trouble, **numbers)
    return run


def _note_trouble(run: Run, account_id: int, word: str, detail: str, at: datetime | None = None) -> None:
    run.trouble, run.detail = word, detail
    run.counts[Result.ERROR] += 1
    run_unit(partial(fetching.failed, account_id, word, detail, at))


def _read(errand: Errand, run: Run, until: float) -> None:
    extensions = current_app.extensions
    intake = Intake(
        extensions["storage"],
        scanned=extensions.get("scanner") is None,
        origin=origin.of_account(errand.account_id),
    )
    with open_box(errand) as box, intake:
        if box is not None:
            Reader(errand, box, intake, run).read(until)


class Reader:
    """One conversation with one mailbox."""

    def __init__(self, errand: Errand, box: Box, intake: Intake, run: Run) -> None:
        self._errand = errand
        self._box = box
        self._intake = intake
        self._run = run
        self._anew = False
        self._put_off: dict[int, RetryLater] = {}

    def read(self, until: float) -> None:
        """Finish what an earlier run left, then take in what is new until the time is over.

        Args:
            until: on the clock of ``time.monotonic``.
        """
        account_id, uidvalidity = self._errand.account_id, self._box.uidvalidity
        if uidvalidity != self._errand.uidvalidity:
            run_unit(partial(fetching.folder_is_new, account_id, uidvalidity))
            self._box.begin_anew()
        self._clear_up()
        while self._work() or self._list():
            if time.monotonic() > until:
                self._run.more = True
                return
        if self._put_off and not self._run.counts:
            first = next(iter(self._put_off.values()))
            raise RetryLater(first.at, FAILING, first.detail)

    def _work(self) -> bool:
        """Deal with some mails that were noted; False when there are none."""
        return self._some(PlaceState.TOO_LARGE, self._tell_sizes) or self._some(
            PlaceState.LISTED, self._take_in
        )

    def _list(self) -> bool:
        """Note the next mails on the server; False when there are none."""
        try:
            news = self._box.look(self._errand.start_on)
        except StaleList:
            return self._list_anew()
        if not (news.seen or news.link):
            return False
        try:
            found = run_unit(partial(self._note, news))
        except Exception as error:
            if is_outage(error) or not again_after(error):
                raise
            # Our lease ran out, and whoever has it now was faster: theirs to go on with.
            self._run.trouble = BUSY
            return False
        fault.point("fetch.noted")
        self._box.looked(news)
        return news.more or bool(found)

    def _note(self, news: News) -> int:
        return fetching.note(self._errand, self._box.uidvalidity, news.seen, link=news.link)

    def _list_anew(self) -> bool:
        """Begin the list once more; what was known of it stays known, so that nothing comes in twice."""
        if self._anew:
            raise RetryLater(None, "list_refused")
        self._anew = True
        run_unit(partial(fetching.list_anew, self._errand.account_id))
        self._box.begin_anew()
        return True

    def _some(self, state: PlaceState, work: Callable[[Sequence[Place]], None]) -> bool:
        """Work on the next mails in this state; False when there are none."""
        found = errands.places(self._errand.account_id, state, BATCH, without=list(self._put_off))
        if found:
            work(found)
        return bool(found)

    def _take_in(self, found: Sequence[Place]) -> None:
        batch = list(_within(found, BATCH_BYTES))
        spent = set(run_unit(partial(fetching.tried, [place.id for place in batch])))
        fetched, lost = self._fetched_of([place for place in batch if place.id not in spent])
        fault.point("fetch.fetched")
        outcomes = self._intake.take_in(fetched) if fetched else []
        for outcome in outcomes:
            self._run.counts[outcome.result] += 1
        self._stop_if_not_ready(batch, outcomes)
        if lost is not None:
            raise lost
        for place in batch:
            if place.id in spent:
                self._keep_head(place, Reason.UNFETCHABLE)
        self._clear_up()

    def _fetched_of(self, asked: Sequence[Place]) -> tuple[list[Arriving], RetryLater | None]:
        """The mails, and how the line was lost if it was: only the one it was lost over has had its attempt."""
        fetched: list[Arriving] = []
        for number, place in enumerate(asked):
            try:
                mail = self._fetched(place)
            except RetryLater as lost:
                run_unit(partial(fetching.not_tried, [one.id for one in asked[number + 1 :]]))
                return fetched, lost
            fetched += [mail] if mail is not None else []
        return fetched, None

    def _stop_if_not_ready(self, batch: Sequence[Place], outcomes: Sequence[Outcome]) -> None:
        """Our own database or store is away: no mail is to blame, and none of them is tried again just now."""
        away = [one for one in outcomes if one.result is Result.ERROR and one.reason == Reason.NOT_NOW]
        if away:
            run_unit(partial(fetching.not_tried, [place.id for place in batch]))
            raise RetryLater(None, NOT_READY, away[0].detail)

    def _fetched(self, place: Place) -> Arriving | None:
        """The mail itself; None when it has gone meanwhile, or is not handed out this time."""
        try:
            raw = self._box.fetch(place, self._errand.max_bytes + SLACK)
        except Undeliverable:
            # Larger than the server had said; where the line is given up, the next run keeps its head.
            size = max(place.size, self._errand.max_bytes)
            run_unit(partial(fetching.is_too_large, place.id, size))
            if self._box.alive:
                return None
            raise RetryLater(None, "connection_lost", f"UID {place.uid}") from None
        except RetryLater as refused:
            if refused.reason == PUT_OFF:
                self._put_off[place.id] = refused
            elif refused.reason != FETCH_REFUSED:
                raise
            return None
        if raw is None:
            run_unit(partial(fetching.forget, [place.id]))
            return None
        return Arriving(self._name_of(place), raw, place.id)

    def _tell_sizes(self, found: Sequence[Place]) -> None:
        for place in found:
            run_unit(partial(fetching.tried, [place.id]))
            self._keep_head(place, Reason.OVERSIZED)
        self._clear_up()

    def _keep_head(self, place: Place, reason: Reason) -> None:
        """Of what is not fetched whole the head is kept, so that people see who wrote what."""
        head = self._head_of(place)
        if head is None:
            run_unit(partial(fetching.forget, [place.id]))
            return
        outcome = self._intake.keep_head(Arriving(self._name_of(place), head, place.id), place.size, reason)
        self._run.counts[outcome.result] += 1
        if reason is Reason.UNFETCHABLE:
            # Its words are on the server only: it stays there as it is.
            run_unit(partial(fetching.finished, self._errand, [place.id]))

    def _head_of(self, place: Place) -> bytes | None:
        """The head of a mail; nothing of one that ends the line over its head as well, None when it has gone."""
        if place.attempts > fetching.PLACE_ATTEMPTS + HEAD_ATTEMPTS:
            return b""
        try:
            return self._box.fetch_head(place, MAX_HEADER_BLOCK)
        except RetryLater as refused:
            if refused.reason != FETCH_REFUSED:
                raise
            return b""

    def _name_of(self, place: Place) -> str:
        return f"{self._errand.account} {place.uid}"

    def _clear_up(self) -> None:
        """Do on the server what is to be done with mail that is safe with us."""
        while done := errands.places(self._errand.account_id, PlaceState.KEPT, LISTED):
            fault.point("fetch.clearing")
            if self._errand.afterwards is Afterwards.MOVE:
                self._box.move(done, self._errand.done_folder)
            elif self._errand.afterwards is Afterwards.SEEN:
                self._box.mark_seen(done)
            fault.point("fetch.cleared")
            run_unit(partial(fetching.finished, self._errand, [place.id for place in done]))


def _within(found: Sequence[Place], most: int) -> Iterator[Place]:
    """The first of these mails that may lie in memory together; one at least."""
    size = 0
    for number, place in enumerate(found):
        size += place.size
        if number and size > most:
            return
        yield place
