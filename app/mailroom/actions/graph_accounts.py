"""Setting up mailboxes at Microsoft 365: by the application itself for those on its list, or in a person's name."""

from __future__ import annotations

from functools import partial

from app.accounts import addresses
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.events.log import action
from app.mailroom import accounts as reads
from app.mailroom.account_secrets import COLUMNS
from app.mailroom.actions import account_parts as parts
from app.mailroom.graph_route import is_listed
from app.mailroom.models import MailAccount
from app.mailroom.schemas import AccountDefaults, ChangeGraphAccount, NewGraphAccount
from app.mailroom.words import Login

OWN = ("login", "address", "imap_folder", "graph_reads", "graph_sends", "graph_changes")


@action
def create(command: NewGraphAccount, *, actor: Actor) -> MailAccount:
    """A new account; it takes in mail from today on unless another day is named.

    Raises:
        Forbidden: not the actor's to set up.
        Invalid: something is missing, unknown, taken, or not on the list of mailboxes.
        PasswordNeeded: the actor's own password was given too long ago (abuse case A62).
    """
    parts.must_set_up(actor)
    _check(command, None)
    return parts.made(command, partial(_write, command=command), actor)


@action
def change(account: MailAccount, command: ChangeGraphAccount, *, actor: Actor) -> None:
    """Change an account, or have one that used mail servers spoken to by Microsoft Graph from now on.

    Raises:
        Conflict: changed since the form was opened, or the environment describes it.
        Forbidden, Invalid, PasswordNeeded: as ``create``.
    """
    parts.must_set_up(actor)
    if reads.described(account) is not None:
        raise Conflict(_("The connection of this account is set up in the environment."))
    parts.check_version(account, command.version)
    _check(command, account)
    account.from_environment = False
    parts.finish_change(account, _write(account, command), actor)


def _check(command: NewGraphAccount, account: MailAccount | None) -> None:
    parts.check_defaults(command)
    parts.check_address(command.address, account)
    if not (command.graph_reads or command.graph_sends):
        raise Invalid({"graph_reads": _("Please choose at least one.")})
    if command.login is Login.GRAPH_APP and not is_listed(command.address):
        said = _(
            "This mailbox is not on the list of those the application may use (Administration, Microsoft 365)."
        )
        raise Invalid({"address": said})
    parts.check_afterwards(command, changes=command.graph_changes)


def _write(account: MailAccount, command: NewGraphAccount) -> list[str]:
    changed = parts.write_defaults(account, command)
    before = (account.login, account.address_key, account.imap_folder)
    for field in sorted(set(OWN) - set(AccountDefaults.model_fields)):
        if getattr(account, field) != getattr(command, field):
            setattr(account, field, getattr(command, field))
            changed.append(field)
    account.address_key = addresses.key(command.address)
    if account.id:
        _leave_behind(account, before)
    return changed


def _leave_behind(account: MailAccount, before: tuple[Login, str, str]) -> None:
    """What was for another way, another mailbox or another folder; known mail stays known by its content."""
    login, address_key, folder = before
    if (account.login, account.address_key) != (login, address_key):
        for column in COLUMNS.values():
            setattr(account, column, "")
        account.imap_host = account.smtp_host = account.graph_person = ""
    if (account.login.is_graph, account.address_key, account.imap_folder) != (
        login.is_graph,
        address_key,
        folder,
    ):
        parts.begin_anew(account)
