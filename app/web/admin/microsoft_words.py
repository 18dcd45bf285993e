"""What the page “Microsoft 365” says: what a permission adds, how a check went and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.language import Lazy, lazy_gettext
from app.jobs.microsoft_checks import Check, Verdict


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission of Microsoft Graph.

    Args:
        kind: whether it is given to people who sign in or to the application itself.
        adds: what works with it.
    """

    name: str
    kind: Lazy
    adds: Lazy


DELEGATED = lazy_gettext("Delegated")
APPLICATION = lazy_gettext("Application")
PERMISSIONS = (
    Permission("User.Read", DELEGATED, lazy_gettext("Sign-in, with picture, department and position.")),
    Permission("Mail.Read", APPLICATION, lazy_gettext("Mail of the mailboxes below becomes tickets.")),
    Permission("Mail.Send", APPLICATION, lazy_gettext("Answers go out from these mailboxes.")),
    Permission(
        "Mail.ReadWrite",
        APPLICATION,
        lazy_gettext("Optional: mail is marked or moved when it was taken in, and no answer goes out twice."),
    ),
    Permission(
        "User.Read.All",
        APPLICATION,
        lazy_gettext("Optional: people with departments and managers are fetched, leavers deactivated."),
    ),
    Permission(
        "GroupMember.Read.All",
        DELEGATED,
        lazy_gettext("Optional: groups give roles to people who belong to more than 200."),
    ),
)
_ADDS = {permission.name: permission.adds for permission in PERMISSIONS}


@dataclass(frozen=True, slots=True)
class Told:
    """A check in words; ``mend`` says what to do, "" when nothing is to be done."""

    verdict: Verdict
    title: Lazy
    thing: str
    wrong: Lazy | str
    mend: Lazy | str
    detail: str


TITLES: dict[str, Lazy] = {
    "registration": lazy_gettext("Registration"),
    "address": lazy_gettext("Address of this helpdesk"),
    "directory": lazy_gettext("Directory"),
    "secret": lazy_gettext("Secret or certificate"),
    "permission": lazy_gettext("Permission"),
    "mailbox": lazy_gettext("Mailbox"),
}
MISSING_PERMISSION = (
    lazy_gettext("It was not granted."),
    lazy_gettext("Add it under “API permissions” and grant the consent of an administrator."),
)
AWAY = (
    lazy_gettext("Microsoft could not be reached."),
    lazy_gettext("Check whether this server may reach login.microsoftonline.com and graph.microsoft.com."),
)
TROUBLES: dict[tuple[str, str], tuple[Lazy, Lazy]] = {
    ("registration", ""): (
        lazy_gettext("Tenant, application or secret is missing."),
        lazy_gettext("Fill in the form below; the steps beside it say where each of them stands."),
    ),
    ("address", ""): (
        lazy_gettext("Microsoft sends browsers back to addresses with https only."),
        lazy_gettext("Set SITE_URL to the https address of this helpdesk."),
    ),
    ("directory", "registration"): (
        lazy_gettext("There is no directory with this tenant ID."),
        lazy_gettext("Copy the “Directory (tenant) ID” from the overview of the registration."),
    ),
    ("secret", "registration"): (
        lazy_gettext("The directory does not know this application."),
        lazy_gettext("Copy the “Application (client) ID” from the overview of the registration."),
    ),
    ("secret", "client_secret"): (
        lazy_gettext("The secret is not right."),
        lazy_gettext("Enter the value of the secret, not its ID; the value is shown only when it is made."),
    ),
    ("secret", "client_secret_expired"): (
        lazy_gettext("The secret has expired."),
        lazy_gettext("Make a new one under “Certificates & secrets” and enter it here."),
    ),
    ("permission", ""): MISSING_PERMISSION,
    ("mailbox", "missing"): (
        lazy_gettext("There is no mailbox with this address."),
        lazy_gettext("Check how it is written, and whether it has a mailbox in Exchange Online."),
    ),
    ("mailbox", "permission_missing"): (
        lazy_gettext("The application may not read this mailbox."),
        lazy_gettext("Grant Mail.Read, and name the mailbox in the access policy of the application."),
    ),
}


def told(check: Check) -> Told:
    """A check in words."""
    title = TITLES[check.name]
    if check.verdict is Verdict.OK:
        return Told(check.verdict, title, check.thing, "", "", "")
    if check.name == "permission" and check.verdict is Verdict.OPTIONAL:
        adds = _ADDS[check.thing]
        return Told(check.verdict, title, check.thing, adds, MISSING_PERMISSION[1], "")
    wrong, mend = TROUBLES.get((check.name, check.word)) or TROUBLES.get((check.name, "")) or AWAY
    return Told(check.verdict, title, check.thing, wrong, mend, check.detail)
