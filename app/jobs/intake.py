"""The way of a mail into the house: bytes into the store, noted, read in a process of its own, made an entry.

It may be killed anywhere: from the note on, whoever comes next finds the mail and goes on with it. Mails are taken in
some at a time, so that storing and reading the one goes on while the other is made an entry.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Self

from app.accounts.actors import MAIL
from app.core import fault, files
from app.core.environment import environment
from app.core.language import speaking
from app.core.uow import again_after, run_unit
from app.integrations.blobs import Storage
from app.jobs.outcomes import NotNow, decide, failure, failure_of, outages_told, set_aside
from app.mailroom import identity, machines, origin, own_ids, queries
from app.mailroom.actions import fetching, keeping, oversized
from app.mailroom.actions.accepting import Reading
from app.mailroom.actions.keeping import Claim
from app.mailroom.identity import Identity
from app.mailroom.mail import Mail, Part, Unreadable
from app.mailroom.origin import Origin
from app.mailroom.outcomes import Outcome, Reason, Result, State
from app.mailroom.parsing import child
from app.mailroom.parsing.limits import MAX_MESSAGE
from app.mailroom.schemas import Arrival, source_note
from app.mailroom.wording import Examined
from app.tickets.actions.files import StoredFile

READERS = 2
HEAD_BYTES = 4096
GLANCE_BYTES = 32 * 1024  # of the head of a mail that cannot be read
PICTURE_BYTES = 12 * 1024 * 1024
NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Arriving:
    """A mail at the door: the name of the file or place it was read from, and its bytes.

    Args:
        place_id: where it lies on the server it was fetched from, noted before.
    """

    source: str
    raw: bytes
    place_id: int | None = None


class Intake:
    """Takes mails in.

    Args:
        storage: where file bytes live.
        scanned: whether files of mails may be read at once (no scanner is set up).
        origin: where the mails came in.
    """

    def __init__(self, storage: Storage, *, scanned: bool, origin: Origin = NOWHERE) -> None:
        self._storage = storage
        self._scanned = scanned
        self._origin = origin
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
        cases = [_Case(mail, identity.of(mail.raw)) for mail in mails]
        failure = failure_of(partial(self._keep, [case for case in cases if not case.is_too_large]))
        if failure is not None:
            return [failure] * len(cases)
        fault.point("import.raw_committed")
        for case in cases:
            task = partial(self._read, case.mail.raw, self._origin)
            case.reading = self._readers.submit(task) if case.raw_id else None
        return [self._outcome(case) for case in cases]

    def keep_head(self, mail: Arriving, size: int, reason: Reason) -> Outcome:
        """Keep the head of a mail that is not fetched whole; it is listed, and its sender told once if it is too large.

        Args:
            mail: its head only.
            size: of the whole mail, in bytes.
            reason: why not.
        """
        case = _Case(mail, identity.of(mail.raw + str(size).encode()))
        known = queries.look_up(self._origin.account, [case.who]).get(case.who)
        if known is not None:
            run_unit(partial(fetching.kept, {mail.place_id or 0: known.id}))
            return run_unit(partial(keeping.outcome_of, known.id))
        arrival = self._stored_mail(case)
        try:
            head = child.parse_isolated(mail.raw)
        except Unreadable:
            head = Mail()
        verdict = machines.judge(head, is_own_id=own_ids.is_ours)
        return run_unit(partial(oversized.keep_head, arrival, head, verdict, size, reason, actor=MAIL))

    def finish(self, raw_id: int, raw: bytes | None = None, *, only_due: bool) -> Outcome | None:
        """Take up a kept mail again; None when there is nothing to do.

        Args:
            raw_id: the mail.
            raw: its bytes, when they are at hand.
            only_due: leave it to whoever works on it as long as they may take.

        Raises:
            NotNow: it waits for another try.
        """
        with outages_told():
            claim = run_unit(partial(keeping.claim, raw_id, actor=MAIL, only_due=only_due))
        if claim is Claim.NOTHING:
            return None
        if claim is Claim.SPENT:
            return set_aside(raw_id, Reason.GAVE_UP)
        came_by, is_forced = origin.of_mail(raw_id), queries.is_forced(raw_id)
        return decide(
            raw_id,
            lambda: self._read(self._bytes_of(raw_id) if raw is None else raw, came_by, is_forced=is_forced),
        )

    def _keep(self, cases: Sequence[_Case]) -> None:
        """Note those that are new. The same mail twice at once is new once; the other is looked up later."""
        known = queries.look_up(self._origin.account, [case.who for case in cases])
        fresh: dict[Identity, _Case] = {}
        for case in cases:
            case.known = known.get(case.who)
            if case.known is None:
                fresh.setdefault(case.who, case)
        ids = queries.repeated_ids(self._origin.account, fresh.keys())
        for who, case in fresh.items():
            case.repeats_id = who.message_id_hash in ids
            ids |= {who.message_id_hash} if who.has_message_id else set()
        arrivals = list(self._readers.map(self._stored_mail, fresh.values()))
        for case, raw_id in zip(fresh.values(), _noted(arrivals) if arrivals else (), strict=True):
            case.raw_id = raw_id

    def _stored_mail(self, case: _Case) -> Arrival:
        kept = self._storage.put(io.BytesIO(case.mail.raw), MAX_MESSAGE)
        return Arrival(
            account=self._origin.account,
            identity=case.who,
            sha256=kept.sha256,
            size=kept.size,
            source=source_note(case.mail.source),
            repeats_id=case.repeats_id,
            place_id=case.mail.place_id,
            mail_account_id=self._origin.mail_account_id,
        )

    def _outcome(self, case: _Case) -> Outcome:
        if case.is_too_large:
            return Outcome(Result.IGNORED, Reason.OVERSIZED, str(len(case.mail.raw)))
        try:
            if case.reading is not None:
                return decide(case.raw_id, case.reading.result)
            return self._outcome_of_known(case)
        except Exception as error:
            return failure(error)

    def _outcome_of_known(self, case: _Case) -> Outcome:
        """A mail we have; one that a dead process left undecided is finished now."""
        known = case.known or queries.look_up(self._origin.account, [case.who]).get(case.who)
        if known is None:
            raise NotNow("the mail was noted and is not to be found")
        outcome = None
        if case.mail.place_id is not None:
            run_unit(partial(fetching.kept, {case.mail.place_id: known.id}))
        if known.state is State.KEPT:
            outcome = self.finish(known.id, case.mail.raw, only_due=False)
        return outcome or run_unit(partial(keeping.outcome_of, known.id))

    def _read(self, raw: bytes, came_by: Origin, *, is_forced: bool = False) -> Reading:
        """Read a mail and store its files; touches no database, so that several threads may do it."""
        mail = _parsed(raw)
        with speaking(came_by.language or environment().default_locale):
            examined = Examined.of(mail)
        return Reading(
            examined=examined,
            verdict=machines.judge(mail, is_own_id=own_ids.is_ours),
            files=[self._stored(part) for part in examined.parts],
            scanned=self._scanned,
            origin=came_by,
            is_forced=is_forced,
        )

    def _stored(self, part: Part) -> StoredFile:
        """The bytes of a file in the store, its type told by content."""
        head = part.data[:HEAD_BYTES]
        kept = self._storage.put(io.BytesIO(part.data), MAX_MESSAGE)
        name = files.display_name(part.filename)
        may_show = bool(files.picture_type(head)) and kept.size <= PICTURE_BYTES
        is_picture = may_show and files.shows_as_picture(part.data)
        kind = files.type_of(head, name)
        return StoredFile(kept.sha256, kept.size, name, kind, is_picture, part.content_id)

    def _bytes_of(self, raw_id: int) -> bytes:
        with self._storage.open(queries.sha256_of(raw_id)) as stream:
            return stream.read()


@dataclass
class _Case:
    """One mail on its way through ``Intake.take_in``; ``raw_id`` is 0 unless this run noted it."""

    mail: Arriving
    who: Identity
    known: queries.Known | None = None
    repeats_id: bool = False
    raw_id: int = 0
    reading: Future[Reading] | None = None

    @property
    def is_too_large(self) -> bool:
        return len(self.mail.raw) > MAX_MESSAGE


def _parsed(raw: bytes) -> Mail:
    """The mail; a refusal takes along what can be read of its head, so that people see whose mail it was."""
    try:
        return child.parse_isolated(raw)
    except Unreadable as refusal:
        with suppress(Unreadable):
            refusal.head = child.parse_isolated(_beginning(raw))
        raise


def _beginning(raw: bytes) -> bytes:
    """The first whole lines of the head."""
    head = raw[:GLANCE_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return head[: head.rfind(b"\n") + 1] + b"\n" if len(raw) > GLANCE_BYTES else head + b"\n\n"


def _noted(arrivals: Sequence[Arrival]) -> list[int]:
    """Ids of the mails, noted together; 0 where somebody else was faster with the same one."""
    try:
        return run_unit(partial(keeping.keep, arrivals, actor=MAIL))
    except Exception as error:
        if not again_after(error):
            raise
    return [0] if len(arrivals) == 1 else [_noted([arrival])[0] for arrival in arrivals]
