"""What keeps an account from working, in words and with what to do; the machine words come from the clients."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.language import Lazy, lazy_gettext
from app.mailroom.graph_troubles import GRAPH_STEPS, GRAPH_TROUBLES

STEPS: dict[str, Lazy] = {
    "name": lazy_gettext("Find the server"),
    "connection": lazy_gettext("Connect"),
    "encryption": lazy_gettext("Encrypt"),
    "login": lazy_gettext("Sign in"),
    "folder": lazy_gettext("Open the folder"),
    "token": lazy_gettext("Get an access token"),
} | GRAPH_STEPS
TROUBLES: dict[str, tuple[Lazy, Lazy]] = {
    "name_not_found": (
        lazy_gettext("The name of the server was not found."),
        lazy_gettext("Check how it is written."),
    ),
    "address_not_allowed": (
        lazy_gettext("The server stands in your own network, and nobody named it for the helpdesk."),
        lazy_gettext(
            "Have it named in OUTBOUND_ALLOW, where the helpdesk is installed, or enter another one."
        ),
    ),
    "connection_refused": (
        lazy_gettext("The server does not take connections on this port."),
        lazy_gettext("Check the port: usual are 993 and 143 to receive, 587 and 465 to send."),
    ),
    "connection_failed": (
        lazy_gettext("No connection to the server came about."),
        lazy_gettext("Check name and port, and whether a firewall is in between."),
    ),
    "connection_lost": (
        lazy_gettext("The connection broke off."),
        lazy_gettext("It is tried again by itself."),
    ),
    "timeout": (
        lazy_gettext("The server did not answer in time."),
        lazy_gettext("Check name and port, and whether a firewall is in between."),
    ),
    "not_a_mail_server": (
        lazy_gettext("What answers there is not a mail server."),
        lazy_gettext("Check the port and the kind of encryption."),
    ),
    "server_refused": (
        lazy_gettext("The mail server refused the conversation."),
        lazy_gettext("Its own words say why."),
    ),
    "busy": (
        lazy_gettext("The other side is busy and asked to wait."),
        lazy_gettext("It is tried again by itself."),
    ),
    "garbled": (
        lazy_gettext("The other side gave an answer we do not understand."),
        lazy_gettext("Check the port and the kind of encryption."),
    ),
    "certificate": (
        lazy_gettext("The certificate of the server is not valid or not for its name."),
        lazy_gettext("Enter the name that stands in the certificate, or have the certificate renewed."),
    ),
    "tls_failed": (
        lazy_gettext("The encrypted connection could not be made."),
        lazy_gettext("Check the port and the kind of encryption."),
    ),
    "starttls_missing": (
        lazy_gettext("The mail server offers no encryption; nothing is sent without."),
        lazy_gettext("Choose encryption from the first byte, with its own port."),
    ),
    "starttls_refused": (
        lazy_gettext("The mail server refused encryption; nothing is sent without."),
        lazy_gettext("Choose encryption from the first byte, with its own port."),
    ),
    "login_refused": (
        lazy_gettext("The mail server refused user name and password."),
        lazy_gettext("Check both. Some providers want an app password, or have passwords switched off."),
    ),
    "login_not_offered": (
        lazy_gettext("The mail server does not offer this way to sign in."),
        lazy_gettext("Choose another way to sign in, or another kind of encryption."),
    ),
    "login_needed": (
        lazy_gettext("The mail server wants a login."),
        lazy_gettext("Enter a user name and a password."),
    ),
    "folder_missing": (
        lazy_gettext("The folder is not there."),
        lazy_gettext("Check how it is written; the server's names may begin with INBOX."),
    ),
    "folder_read_only": (
        lazy_gettext("The folder can only be read."),
        lazy_gettext("Leave mail where it is, or give the account the right to change the folder."),
    ),
    "folder_refused": (
        lazy_gettext("The folder could not be made."),
        lazy_gettext("Create it in the mailbox, or choose another name."),
    ),
    "bad_folder": (
        lazy_gettext("A folder cannot be called so."),
        lazy_gettext("Choose another name."),
    ),
    "no_uidvalidity": (
        lazy_gettext("The server gives mails no lasting numbers."),
        lazy_gettext("Such a server cannot be read without losing or doubling mail."),
    ),
    "move_refused": (
        lazy_gettext("The server does not move mail that was taken in."),
        lazy_gettext("The mailbox may be full. Nothing is lost; it is tried again."),
    ),
    "token_refused": (
        lazy_gettext("The sign-in service gave no access token."),
        lazy_gettext("Check application, secret and permissions. Its own words say more."),
    ),
    "token_endpoint_busy": (
        lazy_gettext("The sign-in service is busy."),
        lazy_gettext("It is tried again by itself."),
    ),
    "token_endpoint_garbled": (
        lazy_gettext("What answers there is no sign-in service."),
        lazy_gettext("Check the address for access tokens."),
    ),
    "token_endpoint_unreachable": (
        lazy_gettext("The sign-in service cannot be reached."),
        lazy_gettext("Check the address for access tokens."),
    ),
    "token_endpoint_not_allowed": (
        lazy_gettext("The address for access tokens is one that may not be used."),
        lazy_gettext("It must be a public address that begins with https."),
    ),
    "uidvalidity_changed": (
        lazy_gettext("The mailbox was made anew while it was read."),
        lazy_gettext("It is tried again by itself."),
    ),
    "list_refused": (
        lazy_gettext("The server does not say what lies in the mailbox."),
        lazy_gettext("Its own words say why."),
    ),
    "flag_refused": (
        lazy_gettext("The server does not mark mail as read."),
        lazy_gettext("Leave mail as it is, or give the account the right to change the folder."),
    ),
    "failed": (
        lazy_gettext("Something went wrong on our side."),
        lazy_gettext("The log says more. It is tried again by itself."),
    ),
    "house_not_ready": (
        lazy_gettext("Our own database or file store did not answer."),
        lazy_gettext("It is tried again by itself."),
    ),
}


TROUBLES |= GRAPH_TROUBLES
_UNREACHED = frozenset({"name_not_found", "connection_refused", "connection_failed", "timeout"})
_AWAY = lazy_gettext(
    "It worked before, so the server may be down. It is tried again by itself; nothing is lost."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong and what to do, as sentences."""

    wrong: str
    mend: str


def trouble(word: str, *, worked: bool = False) -> Trouble:
    """A machine word as sentences in the reader's language; a word nobody knows is said as it is.

    Args:
        worked: the same settings did once, so that it is rather the other side that has a trouble.
    """
    known = TROUBLES.get(word)
    if known is None:
        return Trouble(word, "")
    return Trouble(str(known[0]), str(_AWAY if worked and word in _UNREACHED else known[1]))


def step_name(name: str) -> str:
    """What a step of a check is called."""
    known = STEPS.get(name)
    return str(known) if known is not None else name
