"""What the verbs for setting up mail accounts share, whatever way an account is spoken to."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from app.accounts import addresses
from app.accounts.access import must_have_confirmed
from app.accounts.models import Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.language import _
from app.events.log import record
from app.mailroom.access import ACCOUNTS_RIGHT
from app.mailroom.events import MailAccountChanged, MailAccountCreated
from app.mailroom.models import MailAccount, Mailbox, MailPlace
from app.mailroom.schemas import AccountDefaults
from app.mailroom.words import Afterwards
from app.tickets.models import Category


def must_set_up(actor: Actor) -> None:
    """Whoever says where mail goes out reads every link to a new password; hence the right and the password.

    Raises:
        Forbidden: not the actor's to set up.
        PasswordNeeded: the actor's own password was given too long ago.
    """
    must_be_theirs(actor)
    must_have_confirmed(actor)


def must_be_theirs(actor: Actor) -> None:
    """The right alone, for what follows a step that was confirmed.

    Raises:
        Forbidden: not the actor's to set up.
    """
    if actor.is_signed_in and not actor.can(ACCOUNTS_RIGHT):
        raise Forbidden(permission=ACCOUNTS_RIGHT)


def made(command: AccountDefaults, write: Callable[[MailAccount], object], actor: Actor) -> MailAccount:
    """A new account, with where reading it stands.

    Args:
        write: puts what was checked into its row.
    """
    now = clock.now()
    account = MailAccount(address="", address_key="", is_active=True, created_at=now, version=1)
    write(account)
    account.start_on = command.start_on or now.date()
    db.session.add(account)
    db.session.flush()
    db.session.add(Mailbox(account_id=account.id))
    only_default(account)
    record(MailAccountCreated(name=account.name), actor=actor, subject=("mail_account", account.id))
    return account


def check_version(account: MailAccount, version: int) -> None:
    """The form was opened on what is stored now.

    Raises:
        Conflict: it was not.
    """
    if version != account.version:
        raise Conflict(_("This was changed in the meantime."), version=account.version)


def check_address(address: str, account: MailAccount | None) -> None:
    """No two accounts have one address.

    Raises:
        Invalid: they would.
    """
    query = sa.select(MailAccount.id).where(MailAccount.address_key == addresses.key(address))
    owner = db.session.scalar(query)
    if owner is not None and (account is None or owner != account.id):
        raise Invalid({"address": _("There is an account for this address already.")})


def check_defaults(command: AccountDefaults) -> None:
    """What tickets begin with is on offer.

    Raises:
        Invalid: it is not.
    """
    if command.team_id is not None:
        team = db.session.get(Team, command.team_id)
        if team is None or not team.is_active:
            raise Invalid({"team_id": _("Please choose one of the given teams.")})
    if command.category_id is not None:
        category = db.session.get(Category, command.category_id)
        if category is None or not category.is_active:
            raise Invalid({"category_id": _("Please choose one of the given topics.")})
    if command.afterwards is Afterwards.MOVE and not command.done_folder:
        raise Invalid({"done_folder": _("Please name the folder mail is moved to.")})


def check_afterwards(command: AccountDefaults, *, changes: bool) -> None:
    """Whoever may only read at Microsoft 365 leaves mail as it is.

    Raises:
        Invalid: something else is wished for.
    """
    if command.afterwards is not Afterwards.LEAVE and not changes:
        said = _("Without the permission Mail.ReadWrite mail can only be left as it is.")
        raise Invalid({"afterwards": said})


def write_defaults(account: MailAccount, command: AccountDefaults) -> list[str]:
    """Write what every account has; returns the fields that changed."""
    changed = []
    for field in sorted(AccountDefaults.model_fields):
        value = getattr(command, field)
        if field == "start_on" and value is None:
            continue
        if getattr(account, field) != value:
            setattr(account, field, value)
            changed.append(field)
    return changed


def begin_anew(account: MailAccount) -> None:
    """Another server or folder has UIDs of its own; what was taken in is known by its content."""
    mailbox = db.session.get_one(Mailbox, account.id, with_for_update=True)
    mailbox.uidvalidity, mailbox.last_uid, mailbox.link = 0, 0, None
    listed = sa.delete(MailPlace).where(MailPlace.account_id == account.id)
    db.session.execute(listed.execution_options(synchronize_session=False))


def finish_change(account: MailAccount, changed: list[str], actor: Actor) -> None:
    """Count a change, forget the troubles of before, and tell."""
    if not changed:
        return
    account.version += 1
    mailbox = db.session.get_one(Mailbox, account.id, with_for_update=True)
    mailbox.next_at, mailbox.token, mailbox.token_until = None, "", None
    mailbox.failures, mailbox.trouble, mailbox.detail, mailbox.failing_since = 0, "", "", None
    only_default(account)
    record(MailAccountChanged(fields=changed), actor=actor, subject=("mail_account", account.id))


def only_default(account: MailAccount) -> None:
    """One account sends what belongs to no other."""
    if account.is_default:
        others = sa.update(MailAccount).where(MailAccount.id != account.id).values(is_default=False)
        db.session.execute(others.execution_options(synchronize_session=False))
