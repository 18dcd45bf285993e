"""How often somebody may try: by account and by network, with a way past for the browser that knows the account.

Source of the figures: API.md, "Limits"; abuse cases A13 (mail to strangers), A29 (floods)
and A61 (guessing).
"""

from __future__ import annotations

from app.core import rates
from app.core.errors import TooMany

ACCOUNT = "5/minute"
NETWORK = "10/minute"
ARRIVALS = "60/minute"  # a whole office may share one address
MAIL = "3/hour"
NETWORK_MAIL = "30/hour"
PICTURES = "20/hour"


def sign_in(account: str, network: str, *, device: str = "") -> None:
    """Count one try to sign in.

    Args:
        account: the folded address, known or not.
        network: where the try comes from.
        device: the mark of a browser that signed in to this account before. It has a limit of its own, so that
            somebody who keeps guessing does not lock the owner out.

    Raises:
        TooMany: a limit is reached.
    """
    if device:
        rates.hit(ACCOUNT, "sign-in", "device", device)
        return
    rates.hit(NETWORK, "sign-in", "network", network)
    rates.hit(ACCOUNT, "sign-in", "account", account)


def arrive(network: str) -> None:
    """Count one return from Microsoft: each asks Microsoft for a token.

    Raises:
        TooMany: a limit is reached.
    """
    rates.hit(ARRIVALS, "arrive", "network", network)


def vouched(account: str) -> None:
    """Count one sign-in of somebody Microsoft vouches for.

    Args:
        account: who they are there.

    Raises:
        TooMany: five in this minute.
    """
    rates.hit(ACCOUNT, "arrive", "account", account)


def proof(person_id: int) -> None:
    """Count one password or code given by somebody who already came that far.

    Raises:
        TooMany: five in this minute.
    """
    rates.hit(ACCOUNT, "proof", str(person_id))


def picture(person_id: int) -> None:
    """Count one picture that somebody sends of themselves: each is made anew and lies in the store for a day (A29).

    Raises:
        TooMany: twenty in this hour.
    """
    rates.hit(PICTURES, "picture", str(person_id))


def ask_for_mail(account: str, network: str) -> None:
    """Count one request that sends a link to an address somebody typed.

    Raises:
        TooMany: the address got three in this hour, or the network asked thirty times.
    """
    rates.hit(NETWORK_MAIL, "mail", "network", network)
    rates.hit(MAIL, "mail", "account", account)


def may_mail(account: str) -> bool:
    """Whether one more link may go to this address now; counts it when it may."""
    try:
        rates.hit(MAIL, "mail", "account", account)
    except TooMany:
        return False
    return True
