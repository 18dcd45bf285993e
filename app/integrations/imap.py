"""Reads a mailbox by number and not by its read flags, and tells a refusal from a lost line (F22)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.core.uow import must_be_outside
from app.integrations.dialing import Deadline
from app.integrations.imap_mailbox import Listed, Mailbox
from app.integrations.imap_route import ImapRoute, fit_folder
from app.integrations.imap_session import ImapSession
from app.integrations.steps import Step, walk

__all__ = ["ImapRoute", "Listed", "Mailbox", "Step", "check", "fit_folder", "open_mailbox"]


@contextmanager
def open_mailbox(route: ImapRoute) -> Iterator[Mailbox]:
    """Connect, encrypt, log in and open the folder; ends with a farewell.

    Everything that may go wrong, here and in the calls of the mailbox, can be mended by an admin or by time.

    Raises:
        RetryLater: on the way ``name_not_found``, ``address_not_allowed``, ``connection_refused``,
            ``connection_failed``, ``not_a_mail_server``, ``server_refused``, ``starttls_missing``,
            ``starttls_refused``, ``certificate``, ``tls_failed``, ``login_not_offered``, ``login_refused``,
            ``bad_folder``, ``folder_missing``, ``folder_read_only``, ``no_uidvalidity``; there and later
            ``connection_lost``, ``timeout``, ``busy`` (the server said goodbye, or not now), ``garbled``;
            later those each call names.
        UnitError: a unit of work is open; each call of the mailbox raises it too.
    """
    must_be_outside()
    deadline = Deadline(route.patience)
    with ImapSession(route, deadline) as session:
        with deadline:
            for _name, step in session.steps():
                step()
        yield Mailbox(session)


def check(route: ImapRoute, folders: Sequence[str] = ()) -> list[Step]:
    """Try the route without touching a mail, for an admin's test button; ends with the first step that fails.

    Args:
        folders: further ones that must be there, each a step of its own.

    Raises:
        UnitError: a unit of work is open.
    """
    must_be_outside()
    with Deadline(route.patience) as deadline, ImapSession(route, deadline) as session:
        return walk(session.steps(folders))
