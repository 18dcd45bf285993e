"""`/admin/mail`: the mail accounts, one of them, and taking one away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from flask import current_app
from pydantic import Field

from app.accounts.access import must_have_confirmed
from app.accounts.queries import team_choices
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command, Line
from app.integrations.steps import Step
from app.mailroom import accounts as reads
from app.mailroom import connections, fixed, shelves
from app.mailroom.access import account_for
from app.mailroom.actions import accounts as actions
from app.mailroom.troubles import step_name, trouble
from app.mailroom.words import Login
from app.settings import microsoft
from app.tickets import category_queries
from app.web.admin import mail_words
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form

if TYPE_CHECKING:
    from app.mailroom.models import MailAccount

# Pages about mail that stand in other modules of this door.
NEIGHBOURS = ("admin.mail_texts", "admin.signatures")


class Removal(Command):
    """The address of the account that goes, typed once more."""

    name: Annotated[Line, Field(max_length=254)] = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Trial:
    """What was just tried with an account.

    Args:
        title: what was tried.
        said: how it ended, in a sentence.
        mend: what to do when it did not go well.
        raw: the other side's own words.
        steps: those of a check, in their order.
    """

    title: str
    is_fine: bool
    said: str
    mend: str = ""
    raw: str = ""
    steps: Sequence[Step] = ()


@door.page("/admin/mail", allow="admin.mail")
def mail_accounts(_actor: Actor) -> str:
    """Every account and how it goes; without one, how to begin."""
    rows = reads.standings()
    return page.render(
        "admin/mail_accounts.html",
        rows=rows,
        described=fixed.account(),
        is_made=any(reads.described(row.account) is not None for row in rows),
        held=shelves.held().count,
        trouble=trouble,
        now=clock.now(),
        secret_ends=mail_words.noon(microsoft.secret_ends_soon()),
        neighbours=[name for name in NEIGHBOURS if name in current_app.view_functions],
    )


@door.deed("/admin/mail/environment", allow="admin.mail")
def adopt_mail_account(_actor: Actor) -> Any:
    """Make the account that the environment describes, without waiting for the clock to do so."""
    made = actions.ensure_environment()
    if made is None:
        page.say(_("The environment describes no account."), "info")
        return page.go("admin.mail_accounts")
    page.say(_("“%(name)s” was saved.", name=made.address))
    return page.go("admin.mail_account", account_id=made.id)


def account_page(
    actor: Actor, account_id: int, form: Form[Any] | None = None, trial: Trial | None = None
) -> str:
    """An account's page.

    Args:
        form: that of the test mail, when it came back with problems.
        trial: what a check, a mail or a run found.
    """
    account = account_for(actor, account_id)
    return page.render(
        "admin/mail_account.html",
        path=f"/admin/mail/{account_id}",  # after a try as well, which has an address one cannot come back to
        account=account,
        standing=reads.standing(account),
        described=reads.described(account),
        form=form or Form({"address": actor.email}),
        trial=trial,
        trouble=trouble,
        now=clock.now(),
        step_name=step_name,
        words=mail_words,
        is_graph=connections.is_graph(account),
        connect_at=_connect_at(account),
        team=dict(team_choices(actor)).get(account.team_id or 0, ""),
        category=dict(category_queries.choices()).get(account.category_id or 0, ""),
    )


def _connect_at(account: MailAccount) -> str:
    """Where the way to Microsoft begins that connects a mailbox in somebody's name; "" for accounts that need none."""
    if account.login is not Login.GRAPH_USER or account.from_environment:
        return ""
    return f"/auth/microsoft/mailbox/{account.id}"


@door.page("/admin/mail/<int:account_id>", allow="admin.mail")
def mail_account(actor: Actor, account_id: int) -> str:
    """One account: how it goes, how it is set up, and what can be tried."""
    return account_page(actor, account_id)


def _removal_page(actor: Actor, form: Form[Any], account_id: int) -> str:
    return page.render(
        "admin/mail_account_remove.html",
        form=form,
        account=account_for(actor, account_id),
        is_last=reads.is_last_way_out(account_id),
    )


@door.page("/admin/mail/<int:account_id>/remove", allow="admin.mail")
def mail_account_removal(actor: Actor, account_id: int) -> str:
    """What taking an account away means, and the field for its address."""
    account = account_for(actor, account_id)
    must_have_confirmed(actor)
    return _removal_page(actor, Form({"version": account.version}), account_id)


@door.deed("/admin/mail/<int:account_id>/remove", allow="admin.mail", takes=Removal, again=_removal_page)
def remove_mail_account(actor: Actor, command: Removal, account_id: int) -> Any:
    """Take an account away; its mail and tickets stay."""
    account = account_for(actor, account_id, lock=True)
    address = account.address
    if command.name.casefold() != address.casefold():
        raise Invalid({"name": _("Please type the name exactly as it stands here.")})
    actions.remove(account, actor=actor)
    page.say(_("“%(name)s” is removed.", name=address))
    return page.go("admin.mail_accounts")
