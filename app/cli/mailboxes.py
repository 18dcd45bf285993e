"""`flask mail fetch`, `flask mail check`, `flask mail watch`: the accounts, by hand."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from types import FrameType

import click
from flask import current_app

from app.accounts.addresses import key
from app.core.environment import environment
from app.core.language import _, set_language
from app.core.uow import run_unit
from app.integrations.outcome import RetryLater, Undeliverable
from app.jobs import checking, fetching
from app.jobs.checking import Report
from app.jobs.watching import Listener
from app.mailroom import accounts as reads
from app.mailroom.accounts import Standing
from app.mailroom.actions import accounts
from app.mailroom.outcomes import Result
from app.mailroom.troubles import step_name, trouble


def _chosen(address: str | None) -> list[Standing]:
    """The accounts that are meant; ends the command when there are none."""
    set_language(environment().default_locale)
    run_unit(accounts.ensure_environment)
    found = [one for one in reads.standings() if one.account.is_active]
    if address is not None:
        found = [one for one in found if one.account.address_key == key(address)]
    if not found:
        click.echo(_("Error: there is no mail account. Set one up at /admin/mail."), err=True)
        sys.exit(2)
    return found


@click.command("fetch")
@click.option("--account", metavar="ADDRESS", help="Only this account.")
def fetch_mail(account: str | None) -> None:
    """Read every mailbox now, to its end; prints a line for each and the numbers of all."""
    total: Counter[Result] = Counter()
    for one in _chosen(account):
        if not one.receives:
            continue
        run = fetching.fetch(one.account.id)
        while run.more:
            total.update(run.counts)
            run = fetching.fetch(one.account.id)
        total.update(run.counts)
        click.echo(f"{one.account.address}: {_told(run)}")
    line = fetching.Run(total).line()
    click.echo(line)
    sys.exit(1 if total[Result.ERROR] else 0)


def _told(run: fetching.Run) -> str:
    if run.trouble == fetching.BUSY and not run.detail:
        return _("somebody is reading this mailbox just now")
    return trouble(run.trouble).wrong if run.trouble else run.line()


@click.command("check")
@click.option("--account", metavar="ADDRESS", help="Only this account.")
@click.option("--send-to", metavar="ADDRESS", help="Send a short mail there from each account.")
def check_mail(account: str | None, send_to: str | None) -> None:
    """Try every step on the way to the mail servers and say what is wrong."""
    fine = True
    for one in _chosen(account):
        click.echo(one.account.address)
        for report in (checking.way_in(one.account.id), checking.way_out(one.account.id)):
            if report is not None:
                _print(report)
                fine = fine and report.is_fine
        if send_to and one.sends:
            fine = _sent(one.account.id, send_to) and fine
    sys.exit(0 if fine else 1)


def _print(report: Report) -> None:
    for step in report.steps:
        if step.ok:
            click.echo(f"  {step_name(step.name)}: ok")
            continue
        told = trouble(step.word)
        click.echo(f"  {step_name(step.name)}: {told.wrong} {told.mend}".rstrip())
        if step.detail:
            click.echo(f"    {step.detail}")


def _sent(account_id: int, to: str) -> bool:
    try:
        click.echo(
            "  " + _("Mail to %(address)s: %(answer)s", address=to, answer=checking.send_test(account_id, to))
        )
    except (RetryLater, Undeliverable) as refused:
        click.echo("  " + _("Mail to %(address)s: %(answer)s", address=to, answer=str(refused)))
        return False
    return True


@click.command("watch")
def watch_mail() -> None:
    """Listen at the mailboxes and read new mail at once, until interrupted. A worker does so by itself."""
    listener = Listener(current_app._get_current_object())  # type: ignore[attr-defined]

    def end(_signal: int, _frame: FrameType | None) -> None:
        listener.stop()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    listener.run()
