"""Why a delivery waits or failed, in words; the machine words come from the clients in app/integrations."""

from __future__ import annotations

from app.core.language import Lazy, lazy_gettext
from app.mailroom.troubles import TROUBLES

REASONS: dict[str, Lazy] = {
    "address_not_allowed": lazy_gettext("The address of the server is one that may not be used."),
    "address_not_supported": lazy_gettext("The server does not take addresses of this kind."),
    "bad_address": lazy_gettext("The e-mail address is not valid."),
    "bad_url": lazy_gettext("The web address is not valid."),
    "busy": lazy_gettext("The other side is busy and asked to wait."),
    "channel_off": lazy_gettext("The channel took nothing for three days and was switched off."),
    "certificate": lazy_gettext("The certificate of the server is not valid or not for its name."),
    "connection_refused": lazy_gettext("The server does not take connections on this port."),
    "failing": lazy_gettext("The other side answers with an error."),
    "given up": lazy_gettext("It was tried for as long as it may be tried."),
    "gone": lazy_gettext("The receiver says that it wants nothing any more."),
    "host_not_allowed": lazy_gettext("Messages may not be sent to this host."),
    "limit": lazy_gettext("This address has had as many automatic mails in an hour as it may have."),
    "login_needed": lazy_gettext("The mail server wants a login."),
    "login_not_offered": lazy_gettext("The mail server offers no login over this connection."),
    "login_refused": lazy_gettext("The mail server refused user name and password."),
    "message_too_large": lazy_gettext("The mail is too large for the server."),
    "muted": lazy_gettext("Mail to this address came back, so it gets no automatic mail."),
    "name_not_found": lazy_gettext("The name of the server was not found."),
    "no_channel": lazy_gettext("No address in Teams is set up."),
    "no_route": lazy_gettext("There is no way to send mail."),
    "not_a_mail_server": lazy_gettext("What answers there is not a mail server."),
    "outcome_unknown": lazy_gettext(
        "The connection broke after the mail was handed over; it may have arrived."
    ),
    "port_not_allowed": lazy_gettext("Messages may not be sent to this port."),
    "recipient_refused": lazy_gettext("The mail server refused the recipient."),
    "redirected": lazy_gettext("The other side sent us to another address."),
    "refused": lazy_gettext("The other side refused the message."),
    "scheme_not_allowed": lazy_gettext("Messages go to web addresses with https only."),
    "sender_refused": lazy_gettext("The mail server refused our sender address."),
    "server_refused": lazy_gettext("The mail server refused the conversation."),
    "starttls_missing": lazy_gettext("The mail server offers no encryption; nothing is sent without."),
    "starttls_refused": lazy_gettext("The mail server refused encryption; nothing is sent without."),
    "storage_down": lazy_gettext("The files could not be read."),
    "storage_full": lazy_gettext("There is no room left for files."),
    "the worker died three times on this delivery": lazy_gettext(
        "The worker died three times while sending this."
    ),
    "timeout": lazy_gettext("The server did not answer in time."),
    "tls_failed": lazy_gettext("The encrypted connection could not be made."),
    "too_large": lazy_gettext("The message is too large."),
    "unexpected_answer": lazy_gettext("The other side gave an answer we do not understand."),
    "unknown consumer": lazy_gettext("Another version of the product has to deliver this."),
    "secret_unreadable": lazy_gettext("The secret cannot be read with the present keys."),
    "webhook_off": lazy_gettext("The webhook is switched off."),
    "webhook_unreadable": lazy_gettext("The address in Teams cannot be read with the present keys."),
}


def reason(error: str) -> tuple[str, str]:
    """A stored error as a sentence, and what the other side said word for word (empty when that is all)."""
    word, _colon, rest = error.partition(": ")
    known = REASONS.get(word) or REASONS.get(error)
    if known is None and word in TROUBLES:
        known = TROUBLES[word][0]
    return (str(known), rest) if known is not None else (error, "")
