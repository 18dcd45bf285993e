"""`/admin/mail/new`, `/admin/mail/<id>/edit`: setting an account up; what the environment says of one is only shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import make_response

from app.accounts.access import must_have_confirmed
from app.accounts.queries import team_choices
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid, PasswordNeeded
from app.core.language import _
from app.mailroom import accounts as reads
from app.mailroom.access import account_for
from app.mailroom.account_secrets import COLUMNS
from app.mailroom.actions import accounts as actions
from app.mailroom.schemas import AccountDefaults, ChangeAccount, ChangeDefaults, NewAccount
from app.mailroom.words import Login
from app.tickets import category_queries
from app.web.admin import mail_words
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form

if TYPE_CHECKING:
    from app.mailroom.models import MailAccount

DEFAULTS = (*AccountDefaults.model_fields, "graph_changes")
# Secrets go in and never come out: no form is ever filled with them.
SHOWN = tuple(name for name in NewAccount.model_fields if name not in COLUMNS)


def choices(actor: Actor, account: MailAccount | None) -> dict[str, Any]:
    """What can be chosen on the forms of accounts, with what is chosen already although it is no longer offered."""
    teams, categories = list(team_choices(actor)), category_queries.choices()
    for chosen, offered in (
        (account and account.team_id, teams),
        (account and account.category_id, categories),
    ):
        if chosen and chosen not in dict(offered):
            offered.append((chosen, _("as before")))
    return {"teams": teams, "categories": categories, "words": mail_words}


def _new_page(actor: Actor, form: Form[Any]) -> str:
    return page.render(
        "admin/mail_account_form.html", form=form, account=None, stored=set(), **choices(actor, None)
    )


@door.page("/admin/mail/new", allow="admin.mail")
def new_mail_account(actor: Actor) -> str:
    """The form with what is usual."""
    must_have_confirmed(actor)
    usual = {name: NewAccount.model_fields[name].default for name in SHOWN if name != "address"}
    first = not reads.own_addresses()
    return _new_page(actor, Form(usual | {"is_active": True, "is_default": first}))


@door.deed("/admin/mail/new", allow="admin.mail", takes=NewAccount, again=_new_page)
def create_mail_account(actor: Actor, command: NewAccount) -> Any:
    """Make an account and go to its page, where it can be tried."""
    try:
        made = actions.create(command, actor=actor)
    except PasswordNeeded as late:
        raise confirm_first() from late
    page.say(_("“%(name)s” was saved. Check now whether it works.", name=made.address))
    return page.go("admin.mail_account", account_id=made.id)


def confirm_first() -> Invalid:
    """What somebody typed for long must not be lost because their own password was given too long ago."""
    return Invalid({"": _("You gave your own password more than ten minutes ago. Please confirm it first.")})


def _form_page(actor: Actor, form: Form[Any], account_id: int) -> str:
    account = account_for(actor, account_id)
    described = reads.described(account)
    template = "mail_account_form" if described is None else "mail_account_defaults"
    return page.render(
        f"admin/{template}.html",
        path=f"/admin/mail/{account_id}/edit",
        form=form,
        account=account,
        described=described,
        stored={field for field, column in COLUMNS.items() if getattr(account, column)},
        **choices(actor, account),
    )


@door.page("/admin/mail/<int:account_id>/edit", allow="admin.mail")
def edit_mail_account(actor: Actor, account_id: int) -> str:
    """The form with what is stored."""
    account = account_for(actor, account_id)
    must_have_confirmed(actor)
    fields = SHOWN if reads.described(account) is None else DEFAULTS
    values = {name: getattr(account, name) for name in (*fields, "version")}
    if account.login.is_graph and "login" in values:
        values["login"] = Login.PLAIN
    form: Form[Any] = Form(values)
    return _form_page(actor, form, account_id)


@door.deed("/admin/mail/<int:account_id>/edit", allow="admin.mail", takes=ChangeAccount, again=_form_page)
def change_mail_account(actor: Actor, command: ChangeAccount, account_id: int) -> Any:
    """Save an account."""
    account = account_for(actor, account_id, lock=True)
    try:
        actions.change(account, command, actor=actor)
    except PasswordNeeded as late:
        raise confirm_first() from late
    except Conflict as clash:
        return _overtaken(actor, command, account, clash)
    return saved(account)


@door.deed(
    "/admin/mail/<int:account_id>/defaults", allow="admin.mail", takes=ChangeDefaults, again=_form_page
)
def change_mail_account_defaults(actor: Actor, command: ChangeDefaults, account_id: int) -> Any:
    """Save what an account of the environment leaves open."""
    account = account_for(actor, account_id, lock=True)
    try:
        actions.change_defaults(account, command, actor=actor)
    except PasswordNeeded as late:
        raise confirm_first() from late
    except Conflict as clash:
        return _overtaken(actor, command, account, clash)
    return saved(account)


def _overtaken(
    actor: Actor, command: ChangeAccount | ChangeDefaults, account: MailAccount, clash: Conflict
) -> Any:
    """The form once more with what was typed; saving it again means to."""
    typed = command.model_dump(exclude=set(COLUMNS)) | {"version": account.version}
    form: Form[Any] = Form(typed)
    form.blame({"": [clash.message]})
    return make_response(_form_page(actor, form, account.id), 409)


def saved(account: MailAccount) -> Any:
    """Back to the page of an account that was saved."""
    page.say(_("“%(name)s” was saved.", name=account.address))
    return page.go("admin.mail_account", account_id=account.id)
