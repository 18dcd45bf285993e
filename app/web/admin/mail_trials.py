"""Trying a mail account from its page: each step on the way in and out, a mail to somebody, reading it now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.accounts.addresses import Address
from app.core.actor import Actor
from app.core.language import _
from app.core.schema import Command
from app.integrations.outcome import RetryLater, Undeliverable
from app.jobs import checking, fetching
from app.jobs.checking import Report
from app.mailroom.access import account_for
from app.mailroom.outcomes import Result
from app.mailroom.troubles import TROUBLES, Trouble, trouble
from app.notifications.reasons import reason
from app.web.admin.door import door
from app.web.admin.mail_accounts import Trial, account_page
from app.web.kit.forms import Form

# Somebody waits for the answer; what is not through by then is left for the next run.
WAITING_SECONDS = 20


class TrialMail(Command):
    """Where the test mail goes."""

    address: Address


def _told(word: str) -> Trouble:
    """Why it did not go; the words of the way out are those of deliveries."""
    return trouble(word) if word in TROUBLES else Trouble(reason(word)[0], "")


@door.deed("/admin/mail/<int:account_id>/check-in", allow="admin.mail", own_unit=True)
def check_way_in(actor: Actor, account_id: int) -> str:
    """Try to read the mailbox, step by step."""
    return _checked(actor, account_id, _("Receiving"), checking.way_in)


@door.deed("/admin/mail/<int:account_id>/check-out", allow="admin.mail", own_unit=True)
def check_way_out(actor: Actor, account_id: int) -> str:
    """Try the way out, step by step; no mail is sent."""
    return _checked(actor, account_id, _("Sending"), checking.way_out)


def _checked(actor: Actor, account_id: int, title: str, check: Callable[[int], Report | None]) -> str:
    account_for(actor, account_id)
    report = check(account_id)
    if report is None:
        return account_page(actor, account_id, trial=Trial(title, False, _("No server is set up for this.")))
    if report.is_fine:
        return account_page(
            actor, account_id, trial=Trial(title, True, _("Everything works."), steps=report.steps)
        )
    last = report.steps[-1]
    why = _told(last.word)
    trial = Trial(title, False, why.wrong, why.mend, last.detail, report.steps)
    return account_page(actor, account_id, trial=trial)


def _again(actor: Actor, form: Form[Any], account_id: int) -> str:
    return account_page(actor, account_id, form)


@door.deed(
    "/admin/mail/<int:account_id>/test", allow="admin.mail", takes=TrialMail, again=_again, own_unit=True
)
def send_test_mail(actor: Actor, command: TrialMail, account_id: int) -> str:
    """Send a short mail to somebody."""
    account_for(actor, account_id)
    title = _("Test mail to %(address)s", address=command.address)
    try:
        answer = checking.send_test(account_id, command.address)
    except (RetryLater, Undeliverable) as refused:
        why = _told(refused.reason)
        trial = Trial(title, False, why.wrong, why.mend, refused.detail)
    else:
        trial = Trial(title, True, _("The mail server has taken the mail over."), raw=answer)
    return account_page(actor, account_id, Form({"address": command.address}), trial)


@door.deed("/admin/mail/<int:account_id>/fetch", allow="admin.mail", own_unit=True)
def fetch_mail_now(actor: Actor, account_id: int) -> str:
    """Read the mailbox now."""
    account_for(actor, account_id)
    run = fetching.fetch(account_id, seconds=WAITING_SECONDS)
    return account_page(actor, account_id, trial=_of_run(run))


def _of_run(run: fetching.Run) -> Trial:
    title = _("Fetching mail")
    if run.trouble == fetching.BUSY and not run.detail:
        return Trial(title, True, _("This mailbox is being read already."))
    if run.trouble:
        why = _told(run.trouble)
        return Trial(title, False, why.wrong, why.mend, run.detail)
    said = _(
        "New tickets: %(created)s, new entries: %(updated)s, ignored: %(ignored)s, "
        "quarantined: %(quarantined)s, errors: %(errors)s.",
        created=run.counts[Result.CREATED],
        updated=run.counts[Result.UPDATED],
        ignored=run.counts[Result.IGNORED],
        quarantined=run.counts[Result.QUARANTINED],
        errors=run.counts[Result.ERROR],
    )
    more = _("There is more; it follows with the next run.") if run.more else ""
    return Trial(title, not run.counts[Result.ERROR], said, more)
