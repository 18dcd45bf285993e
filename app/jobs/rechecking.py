"""Asking Microsoft whether people who are signed in may still be (abuse case A48)."""

from __future__ import annotations

from functools import partial

from app.accounts import identities
from app.accounts.actions import rechecking
from app.accounts.identities import Due
from app.core import log
from app.core.uow import is_outage, run_unit
from app.integrations.entra import Entra
from app.integrations.entra_claims import SignInRefused
from app.integrations.outcome import RetryLater
from app.jobs import microsoft
from app.jobs.standing import standing

BATCH = 500


@standing("microsoft-recheck", seconds=280)
def recheck_sign_ins() -> None:
    """Ask about those whose hour is half over."""
    ask_about_all()


def ask_about_all() -> None:
    """What Microsoft cannot say now is asked again in some minutes, and ends by itself with its hour."""
    entra = microsoft.entra()
    if entra is None:
        return
    for one in identities.due(BATCH):
        try:
            recheck(entra, one)
        except RetryLater as later:
            log.get(__name__).warning("recheck_later", reason=later.reason)
            return
        except Exception as error:
            if is_outage(error):
                raise
            log.get(__name__).exception("recheck_failed", person_id=one.person_id)


def recheck(entra: Entra, one: Due) -> None:
    """Ask about one.

    Raises:
        RetryLater: Microsoft cannot be asked just now.
    """
    try:
        granted, claims = entra.refresh(one.refresh_token, microsoft.scopes())
    except SignInRefused as refused:
        log.get(__name__).info("recheck_refused", person_id=one.person_id, reason=refused.reason)
        if refused.reason == "ended":
            run_unit(partial(rechecking.no_longer_there, one.sign_in_id))
        return
    arrival = microsoft.arrival_of(claims, token=granted.text) if claims is not None else None
    run_unit(partial(rechecking.still_there, one.sign_in_id, granted.refresh_token, arrival))
