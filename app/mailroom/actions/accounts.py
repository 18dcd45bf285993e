"""Setting up the mailboxes the helpdesk reads and answers from."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa

from app.accounts import addresses
from app.accounts.actors import SHELL
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.events.log import action, record
from app.mailroom import account_secrets as secrets
from app.mailroom import accounts as reads
from app.mailroom import connections, fixed
from app.mailroom.actions import account_parts as parts
from app.mailroom.events import MailAccountChanged, MailAccountCreated, MailAccountRemoved
from app.mailroom.models import GraphDraft, MailAccount, Mailbox, MailHint, MailPlace, RawMail
from app.mailroom.schemas import AccountDefaults, ChangeAccount, ChangeDefaults, NewAccount
from app.mailroom.words import Login


@action
def create(command: NewAccount, *, actor: Actor) -> MailAccount:
    """A new account; it takes in mail from today on unless another day is named.

    Raises:
        Forbidden: not the actor's to set up.
        Invalid: something is missing, unknown, or taken.
        PasswordNeeded: the actor's own password was given too long ago (abuse case A62).
    """
    parts.must_set_up(actor)
    _check(command, None)
    return parts.made(command, partial(_write, command=command), actor)


@action
def change(account: MailAccount, command: ChangeAccount, *, actor: Actor) -> None:
    """Change an account.

    Raises:
        Conflict: changed since the form was opened, or the environment describes it.
        Forbidden: not the actor's to set up.
        Invalid: something is missing, unknown or taken; or a server changed and its secret was not given again.
        PasswordNeeded: the actor's own password was given too long ago.
    """
    parts.must_set_up(actor)
    if reads.described(account) is not None:
        raise Conflict(_("The connection of this account is set up in the environment."))
    parts.check_version(account, command.version)
    _check(command, account)
    account.from_environment = False
    changed = _write(account, command)
    parts.finish_change(account, changed, actor)


@action
def change_defaults(account: MailAccount, command: ChangeDefaults, *, actor: Actor) -> None:
    """Change what an account of the environment leaves open.

    Raises:
        Conflict, Forbidden, Invalid, PasswordNeeded: as ``change``.
    """
    parts.must_set_up(actor)
    parts.check_version(account, command.version)
    parts.check_defaults(command)
    changed = parts.write_defaults(account, command)
    if connections.is_graph(account):
        parts.check_afterwards(command, changes=command.graph_changes)
        changed += ["graph_changes"] if account.graph_changes is not command.graph_changes else []
        account.graph_changes = command.graph_changes
    parts.finish_change(account, changed, actor)


@action
def remove(account: MailAccount, *, actor: Actor) -> None:
    """Forget an account with its secrets; the mail that came by it stays, and is known when the address comes back.

    Raises:
        Forbidden: not the actor's to set up.
        Conflict: the environment describes it.
        PasswordNeeded: the actor's own password was given too long ago.
    """
    parts.must_set_up(actor)
    if reads.described(account) is not None:
        raise Conflict(_("This account is set up in the environment and can only be removed there."))
    unlinked = sa.update(RawMail).where(RawMail.mail_account_id == account.id).values(mail_account_id=None)
    db.session.execute(unlinked.execution_options(synchronize_session=False))
    for table in (MailPlace, GraphDraft, MailHint, Mailbox):
        gone = sa.delete(table).where(table.account_id == account.id)
        db.session.execute(gone.execution_options(synchronize_session=False))
    record(MailAccountRemoved(), actor=actor, subject=("mail_account", account.id))
    db.session.delete(account)


@action
def ensure_environment() -> MailAccount | None:
    """The account the environment describes, made when it is not there; None when it describes none."""
    described = fixed.account()
    if described is None:
        return None
    address_key = addresses.key(described.address)
    _only_described(address_key)
    found = db.session.scalar(sa.select(MailAccount).where(MailAccount.address_key == address_key))
    if found is None:
        return _made_of_environment(described, address_key)
    found.from_environment = True
    if described.by_graph:
        found.login = Login.GRAPH_APP
    return found


def _made_of_environment(described: fixed.FixedAccount, address_key: str) -> MailAccount:
    now = clock.now()
    first = not db.session.scalar(sa.select(sa.exists().where(MailAccount.is_default.is_(True))))
    made = MailAccount(
        address=described.address,
        address_key=address_key,
        login=Login.GRAPH_APP if described.by_graph else Login.PLAIN,
        is_default=first,
        from_environment=True,
        start_on=now.date(),
        created_at=now,
    )
    db.session.add(made)
    db.session.flush()
    db.session.add(Mailbox(account_id=made.id))
    record(MailAccountCreated(name=""), actor=SHELL, subject=("mail_account", made.id))
    return made


def _only_described(address_key: str) -> None:
    """The environment describes one account: one it described before must not read the same mailbox again."""
    former = sa.select(MailAccount).where(
        MailAccount.from_environment.is_(True), MailAccount.address_key != address_key
    )
    for account in db.session.scalars(former):
        account.from_environment = False
        changed = MailAccountChanged(fields=["from_environment"])
        record(changed, actor=SHELL, subject=("mail_account", account.id))


def _check(command: NewAccount, account: MailAccount | None) -> None:
    parts.check_defaults(command)
    parts.check_address(command.address, account)
    if not command.imap_host and not command.smtp_host:
        raise Invalid({"imap_host": _("Please name a server to receive from, or one to send by.")})
    missing = secrets.missing(command, account)
    if missing:
        raise Invalid(missing)


def _write(account: MailAccount, command: NewAccount) -> list[str]:
    uprooted = secrets.uprooted(command, account) if account.id else {}
    changed = parts.write_defaults(account, command)
    before = (account.imap_host, account.imap_folder)
    for field in sorted(
        set(NewAccount.model_fields) - set(AccountDefaults.model_fields) - set(secrets.COLUMNS)
    ):
        if getattr(account, field) != getattr(command, field):
            setattr(account, field, getattr(command, field))
            changed.append(field)
    account.address_key = addresses.key(command.address)
    for field, column in secrets.COLUMNS.items():
        if getattr(command, field):
            setattr(account, column, crypto.encrypt(getattr(command, field)))
            changed.append(field)
        elif field in uprooted:  # nothing uses it at present, and it must not reach the new server later
            setattr(account, column, "")
            changed.append(field)
    if account.id and before != (account.imap_host, account.imap_folder):
        parts.begin_anew(account)
    return changed
