"""How taking in a mail ends: an entry, set aside, or left for another try when the house itself is in trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from app.accounts.actors import MAIL
from app.core import fault, log
from app.core.uow import is_outage, run_unit
from app.integrations.blobs import BlobMissing
from app.integrations.outcome import RetryLater
from app.mailroom.actions import accepting, keeping
from app.mailroom.actions.accepting import Decided, Reading
from app.mailroom.mail import Mail, Unreadable
from app.mailroom.outcomes import Outcome, Reason, Result


class NotNow(Exception):
    """The database or the store does not answer; the mail is left where it is and can be brought again."""


def decide(raw_id: int, read: Callable[[], Reading]) -> Outcome:
    """Make an entry of a noted mail; whatever is wrong with it ends in quarantine.

    Raises:
        NotNow: it waits for another try.
    """
    try:
        reading = read()
        fault.point("import.parsed")
        outcome = run_unit(partial(accepting.accept, raw_id, reading, actor=MAIL))
        fault.point("import.accepted")
        return outcome
    except Decided:
        return run_unit(partial(keeping.outcome_of, raw_id))
    except Unreadable as refusal:
        return set_aside(raw_id, refusal.reason, refusal.detail, refusal.head)
    except BlobMissing:
        return set_aside(raw_id, Reason.BYTES_MISSING)
    except (RetryLater, OSError) as error:
        run_unit(partial(keeping.postpone, raw_id, actor=MAIL))
        raise NotNow(str(error)) from error
    except Exception as error:
        if is_outage(error):
            raise NotNow(type(error).__name__) from error
        log.get(__name__).exception("mail_failed", raw_id=raw_id)
        return set_aside(raw_id, Reason.FAILED, type(error).__name__)


def set_aside(raw_id: int, reason: str, detail: str = "", head: Mail | None = None) -> Outcome:
    """Put a mail into quarantine, whatever is known of it."""
    log.get(__name__).warning("mail_quarantined", raw_id=raw_id, reason=str(reason), detail=detail)
    return run_unit(partial(keeping.set_aside, raw_id, reason, detail, head, actor=MAIL))


@contextmanager
def outages_told() -> Iterator[None]:
    """An outage as NotNow; anything else stays what it is: a bug."""
    try:
        yield
    except (RetryLater, OSError) as error:
        raise NotNow(str(error)) from error
    except Exception as error:
        if is_outage(error):
            raise NotNow(type(error).__name__) from error
        raise


def failure_of(work: Callable[[], None]) -> Outcome | None:
    try:
        with outages_told():
            work()
    except Exception as error:
        return failure(error)
    return None


def failure(error: Exception) -> Outcome:
    """What a run says of a mail it could not deal with; the bytes are where they came from, or kept."""
    if isinstance(error, NotNow):
        return Outcome(Result.ERROR, Reason.NOT_NOW, str(error))
    log.get(__name__).error("mail_intake_failed", exc_info=error)
    return Outcome(Result.ERROR, Reason.FAILED, type(error).__name__)
