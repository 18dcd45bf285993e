"""Mail on its way in: bytes into the store, noted, read in a process of its own, made an entry. Safe to kill anywhere.

``take_in`` is the walk of one mail, for the shell and for whoever fetches; the standing job finishes what a dead
process left behind.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from flask import current_app

from app.accounts.actors import MAIL
from app.core import fault, files, log
from app.core.environment import environment
from app.core.language import speaking
from app.core.uow import again_after, is_outage, run_unit
from app.integrations.blobs import BlobMissing, Storage
from app.integrations.outcome import RetryLater
from app.jobs.standing import standing
from app.mailroom import identity, queries, wording
from app.mailroom.actions import accepting, keeping
from app.mailroom.actions.accepting import Decided, Reading
from app.mailroom.actions.keeping import Claim
from app.mailroom.mail import Part, Unreadable
from app.mailroom.outcomes import Outcome, Reason, Result, State
from app.mailroom.parsing import child
from app.mailroom.parsing.limits import MAX_MESSAGE
from app.mailroom.schemas import Arrival, source_note
from app.tickets.actions.files import StoredFile

BATCH = 200
HEAD_BYTES = 4096
PICTURE_BYTES = 12 * 1024 * 1024


class NotNow(Exception):
    """The database or the store does not answer; the mail is left where it is and can be brought again."""


@standing("mail-accept", seconds=900)
def accept_waiting() -> None:
    """Make entries of mails that are kept and undecided."""
    for raw_id in queries.waiting(BATCH):
        try:
            finish(raw_id, only_due=True)
        except NotNow as error:
            log.get(__name__).warning("mail_waits", raw_id=raw_id, error=str(error))


def take_in(raw: bytes, *, account: str, source: str) -> Outcome:
    """Keep a mail and make an entry of it, unless the account has had it before.

    Args:
        raw: the message as it came; one of more than ``MAX_MESSAGE`` bytes is not kept.
        account: where it came in.
        source: name of the file or place it was read from.

    Raises:
        NotNow: it could not be kept, or is kept and will be taken up again by itself.
    """
    if len(raw) > MAX_MESSAGE:
        return Outcome(Result.IGNORED, Reason.OVERSIZED, str(len(raw)))
    who = identity.of(raw)
    with _outages_told():
        known, repeats_id = queries.look_up(account, who)
        if known is None:
            kept = _storage().put(io.BytesIO(raw), MAX_MESSAGE)
            note = source_note(source)
            known, raw_id = _kept(Arrival(account, who, kept.sha256, kept.size, note, repeats_id))
    if known is not None:
        return _known(known, raw)
    fault.point("import.raw_committed")
    return _decide(raw_id, raw)


def _kept(arrival: Arrival) -> tuple[queries.Known | None, int]:
    """Note the mail; when somebody else was faster with the same one, theirs is found."""
    try:
        return None, run_unit(partial(keeping.keep, arrival, actor=MAIL))
    except Exception as error:
        known, _repeats = (
            queries.look_up(arrival.account, arrival.identity) if again_after(error) else (None, False)
        )
        if known is None:
            raise
        return known, known.id


def finish(raw_id: int, raw: bytes | None = None, *, only_due: bool) -> Outcome | None:
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
    return _decide(raw_id, raw)


def _known(known: queries.Known, raw: bytes) -> Outcome:
    """A mail we have had; one that a dead process left undecided is finished now."""
    outcome = finish(known.id, raw, only_due=False) if known.state is State.KEPT else None
    return outcome or run_unit(partial(keeping.outcome_of, known.id))


def _decide(raw_id: int, raw: bytes | None) -> Outcome:
    """Read the mail and make an entry of it; whatever goes wrong with it ends in quarantine."""
    try:
        with speaking(environment().default_locale):
            reading = _read(_bytes_of(raw_id) if raw is None else raw)
            fault.point("import.parsed")
            outcome = run_unit(partial(accepting.accept, raw_id, reading, actor=MAIL))
            fault.point("import.accepted")
            return outcome
    except Decided:
        return run_unit(partial(keeping.outcome_of, raw_id))
    except Unreadable as refusal:
        return _set_aside(raw_id, refusal.reason, refusal.detail)
    except BlobMissing:
        return _set_aside(raw_id, Reason.BYTES_MISSING)
    except (RetryLater, OSError) as error:
        run_unit(partial(keeping.postpone, raw_id, actor=MAIL))
        raise NotNow(str(error)) from error
    except Exception as error:
        if is_outage(error):
            raise NotNow(type(error).__name__) from error
        log.get(__name__).exception("mail_failed", raw_id=raw_id)
        return _set_aside(raw_id, Reason.FAILED, type(error).__name__)


def _read(raw: bytes) -> Reading:
    examined = wording.examine(child.parse_isolated(raw))
    stored = [_stored(part) for part in examined.parts]
    return Reading(examined, stored, scanned=current_app.extensions.get("scanner") is None)


def _stored(part: Part) -> StoredFile:
    """The bytes of a file of a mail in the store, its type told by content."""
    head = part.data[:HEAD_BYTES]
    kept = _storage().put(io.BytesIO(part.data), MAX_MESSAGE)
    shown = (
        bool(files.picture_type(head)) and kept.size <= PICTURE_BYTES and files.shows_as_picture(part.data)
    )
    name = files.display_name(part.filename)
    return StoredFile(kept.sha256, kept.size, name, files.type_of(head, name), shown, part.content_id)


def _bytes_of(raw_id: int) -> bytes:
    with _storage().open(queries.sha256_of(raw_id)) as stream:
        return stream.read()


def _set_aside(raw_id: int, reason: str, detail: str = "") -> Outcome:
    log.get(__name__).warning("mail_quarantined", raw_id=raw_id, reason=str(reason), detail=detail)
    return run_unit(partial(keeping.set_aside, raw_id, reason, detail, actor=MAIL))


@contextmanager
def _outages_told() -> Iterator[None]:
    """An outage as NotNow; anything else stays what it is: a bug."""
    try:
        yield
    except (RetryLater, OSError) as error:
        raise NotNow(str(error)) from error
    except Exception as error:
        if is_outage(error):
            raise NotNow(type(error).__name__) from error
        raise


def _storage() -> Storage:
    storage: Storage = current_app.extensions["storage"]
    return storage
