"""`/admin/mail/new-graph`, `/admin/mail/<id>/graph`: setting up a mailbox at Microsoft 365."""

from __future__ import annotations

from typing import Any

from flask import make_response

from app.accounts.access import must_have_confirmed
from app.core.actor import Actor
from app.core.errors import Conflict, PasswordNeeded
from app.core.language import _
from app.mailroom import accounts as reads
from app.mailroom.access import account_for
from app.mailroom.actions import graph_accounts as actions
from app.mailroom.schemas import ChangeGraphAccount, NewGraphAccount
from app.mailroom.words import Afterwards, Login
from app.settings import microsoft
from app.web.admin.door import door
from app.web.admin.mail_account_forms import choices, confirm_first, saved
from app.web.kit import page
from app.web.kit.forms import Form

FIELDS = tuple(NewGraphAccount.model_fields)


def _page(actor: Actor, form: Form[Any], account_id: int | None = None) -> str:
    account = account_for(actor, account_id) if account_id is not None else None
    return page.render(
        "admin/mail_account_graph.html",
        path=f"/admin/mail/{account.id}/graph" if account else "/admin/mail/new-graph",
        form=form,
        account=account,
        is_registered=microsoft.registration() is not None,
        listed=microsoft.mailboxes(),
        **choices(actor, account),
    )


@door.page("/admin/mail/new-graph", allow="admin.mail")
def new_graph_account(actor: Actor) -> str:
    """The form with what is usual."""
    must_have_confirmed(actor)
    usual = {name: NewGraphAccount.model_fields[name].default for name in FIELDS if name != "address"}
    first = not reads.own_addresses()
    own = {"graph_reads": True, "graph_sends": True, "is_active": True, "is_default": first}
    return _page(actor, Form(usual | own))


@door.deed("/admin/mail/new-graph", allow="admin.mail", takes=NewGraphAccount, again=_page)
def create_graph_account(actor: Actor, command: NewGraphAccount) -> Any:
    """Make an account and go to its page, where it can be connected and tried."""
    try:
        made = actions.create(command, actor=actor)
    except PasswordNeeded as late:
        raise confirm_first() from late
    page.say(_("“%(name)s” was saved. Check now whether it works.", name=made.address))
    return page.go("admin.mail_account", account_id=made.id)


@door.page("/admin/mail/<int:account_id>/graph", allow="admin.mail")
def edit_graph_account(actor: Actor, account_id: int) -> str:
    """The form with what is stored; also for an account that used mail servers so far."""
    account = account_for(actor, account_id)
    must_have_confirmed(actor)
    _must_be_set_up_here(actor, account_id)
    values = {name: getattr(account, name) for name in (*FIELDS, "version")}
    if not account.login.is_graph:
        values |= {"login": Login.GRAPH_APP, "afterwards": Afterwards.LEAVE}
    return _page(actor, Form(values), account_id)


@door.deed("/admin/mail/<int:account_id>/graph", allow="admin.mail", takes=ChangeGraphAccount, again=_page)
def change_graph_account(actor: Actor, command: ChangeGraphAccount, account_id: int) -> Any:
    """Save an account."""
    account = account_for(actor, account_id, lock=True)
    _must_be_set_up_here(actor, account_id)
    try:
        actions.change(account, command, actor=actor)
    except PasswordNeeded as late:
        raise confirm_first() from late
    except Conflict as clash:
        form: Form[Any] = Form(command.model_dump() | {"version": account.version})
        form.blame({"": [clash.message]})
        return make_response(_page(actor, form, account_id), 409)
    return saved(account)


def _must_be_set_up_here(actor: Actor, account_id: int) -> None:
    if reads.described(account_for(actor, account_id)) is not None:
        raise Conflict(_("The connection of this account is set up in the environment."))
