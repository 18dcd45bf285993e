"""What keeps a mailbox at Microsoft 365 from working, in words and with what to do."""

from __future__ import annotations

from app.core.language import Lazy, lazy_gettext

GRAPH_STEPS: dict[str, Lazy] = {
    "listed": lazy_gettext("Is the mailbox on the list"),
    "permission": lazy_gettext("Permission to read"),
    "reading": lazy_gettext("Look what lies in the folder"),
    "sending": lazy_gettext("Permission to send"),
    "changing": lazy_gettext("Permission to mark and move"),
}
_BY_ITSELF = lazy_gettext("It is tried again by itself.")
GRAPH_TROUBLES: dict[str, tuple[Lazy, Lazy]] = {
    "not_registered": (
        lazy_gettext("The application at Microsoft is not set up."),
        lazy_gettext("Enter tenant, client ID and client secret in the administration, under Microsoft 365."),
    ),
    "mailbox_not_listed": (
        lazy_gettext("This mailbox is not on the list of those the application may use."),
        lazy_gettext("Add its address in the administration, under Microsoft 365."),
    ),
    "mailbox_missing": (
        lazy_gettext("Microsoft knows no mailbox of this address."),
        lazy_gettext("Check how it is written, and that the mailbox has a licence or is a shared one."),
    ),
    "mail_read_missing": (
        lazy_gettext("Microsoft does not let the application read this mailbox."),
        lazy_gettext(
            "Grant the permission Mail.Read in Microsoft Entra, with the consent of an administrator; "
            "an access policy in Exchange must name this mailbox, too."
        ),
    ),
    "mail_send_missing": (
        lazy_gettext("Microsoft does not let the application send from this mailbox."),
        lazy_gettext(
            "Grant the permission Mail.Send in Microsoft Entra, with the consent of an administrator; "
            "an access policy in Exchange must name this mailbox, too."
        ),
    ),
    "mail_change_missing": (
        lazy_gettext("Microsoft does not let the application change this mailbox."),
        lazy_gettext(
            "Grant the permission Mail.ReadWrite in Microsoft Entra, or say at the account that there is none: "
            "then mail is left as it is and sent without drafts."
        ),
    ),
    "throttled": (
        lazy_gettext("Microsoft asked to wait before this mailbox is used again."),
        _BY_ITSELF,
    ),
    "failing": (lazy_gettext("The other side answers with an error."), _BY_ITSELF),
    "graph_refused": (
        lazy_gettext("Microsoft refused to answer about this mailbox."),
        lazy_gettext("Its own words say why."),
    ),
    "client_secret_refused": (
        lazy_gettext("Microsoft does not know the client secret."),
        lazy_gettext(
            "Make a new one in Microsoft Entra and enter its value in the administration, under Microsoft 365."
        ),
    ),
    "client_secret_ended": (
        lazy_gettext("The client secret has ended."),
        lazy_gettext(
            "Make a new one in Microsoft Entra and enter its value in the administration, under Microsoft 365."
        ),
    ),
    "registration_unknown": (
        lazy_gettext("Microsoft does not know the application or the tenant."),
        lazy_gettext("Check tenant and client ID in the administration, under Microsoft 365."),
    ),
    "consent_missing": (
        lazy_gettext("Nobody agreed to what the application asks for."),
        lazy_gettext("Have an administrator of Microsoft Entra grant the consent."),
    ),
    "not_connected": (
        lazy_gettext("Nobody has connected this mailbox yet."),
        lazy_gettext("Choose “Connect” and sign in at Microsoft as the mailbox itself."),
    ),
    "connection_ended": (
        lazy_gettext("The connection to Microsoft has ended."),
        lazy_gettext("Choose “Connect again”. What was taken in stays, and reading goes on where it stood."),
    ),
    "subscription_refused": (
        lazy_gettext("Microsoft does not tell us of new mail by itself."),
        lazy_gettext("It is asked for every minute instead."),
    ),
}
