"""Why a sign-in by Microsoft did not work, said to the person in front of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts.words import Refusal
from app.core.language import Lazy

AWAY = "away"
# Trying again changes nothing.
OUR_FAULT = ("client_secret", "client_secret_expired", "registration")
HOPELESS = frozenset({Refusal.INACTIVE, *OUR_FAULT})
STATUS = {"foreign_tenant": 403, "consent_missing": 403, **dict.fromkeys((*OUR_FAULT, AWAY), 503)}


@dataclass(frozen=True, slots=True)
class Told:
    """What happened, and what to do."""

    what: Lazy
    mend: Lazy


_OURS = Told(
    Lazy("Sign-in with Microsoft is not set up correctly"),
    Lazy(
        "Please tell your administrators; the page “Microsoft 365” of the administration says what is wrong."
    ),
)
TOLD: dict[str, Told] = {
    Refusal.GUEST: Told(
        Lazy("Guest accounts cannot sign in here"),
        Lazy("Please choose your account of this organisation. You have none? Write to us by e-mail."),
    ),
    Refusal.FOREIGN_TENANT: Told(
        Lazy("This account belongs to another organisation"),
        Lazy("Please choose your account of this organisation, or sign in with your e-mail address."),
    ),
    Refusal.INACTIVE: Told(
        Lazy("This account is deactivated"),
        Lazy("Please ask your service team if you still need it."),
    ),
    Refusal.CONNECT_FIRST: Told(
        Lazy("There is already an account with your address"),
        Lazy("Sign in with its password once and connect it under Your account → Microsoft."),
    ),
    Refusal.NO_SIGN_UP: Told(
        Lazy("There is no account for you yet"),
        Lazy("Accounts are made by the service team here. Please ask them."),
    ),
    Refusal.NO_ADDRESS: Told(
        Lazy("Your account at Microsoft has no address we can use"),
        Lazy("Please ask your administrators to look at its sign-in name."),
    ),
    Refusal.ELSEWHERE: Told(
        Lazy("This account at Microsoft is another one"),
        Lazy("Please choose the account that belongs to you here."),
    ),
    "cancelled": Told(
        Lazy("The sign-in was cancelled"),
        Lazy("Nothing has changed. You can try again whenever you like."),
    ),
    "consent_missing": Told(
        Lazy("Your organisation has not agreed to this sign-in yet"),
        Lazy("An administrator of your Microsoft 365 has to grant the permissions once."),
    ),
    **dict.fromkeys(OUR_FAULT, _OURS),
    AWAY: Told(
        Lazy("Microsoft cannot be reached for a moment"),
        Lazy("Please try again in a minute, or sign in with your e-mail address."),
    ),
}
_UNCLEAR = Told(
    Lazy("The sign-in could not be finished"),
    Lazy("It took too long, came from another window, or was used before. Please begin again."),
)


def told(reason: str) -> Told:
    """The words for a reason."""
    return TOLD.get(reason, _UNCLEAR)


def status_of(reason: str) -> int:
    """The HTTP status for a reason."""
    return STATUS.get(reason, 400)
