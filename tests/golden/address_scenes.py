"""What has to happen for the mails about further addresses to be written."""

from __future__ import annotations

from collections.abc import Callable

from app.accounts.events import (
    EmailChanged,
    FurtherAddressAdded,
    FurtherAddressRemoved,
    FurtherAddressRequested,
)
from app.accounts.words import TokenPurpose
from app.events.kinds import Fact
from tests.golden.mail_scenes import ADDRESSES, Scene, with_token


def about_address(fact: Callable[[int], Fact], mailbox: str = "") -> Scene:
    """A mail about one of somebody's addresses; ``mailbox`` says which, where two are told."""
    return with_token(TokenPurpose.ADD_EMAIL, fact, mailbox, **ADDRESSES)


def added(how: str) -> Scene:
    return about_address(lambda token: FurtherAddressAdded(further_id=1, token_id=token, how=how))


def removed(how: str) -> Scene:
    return about_address(lambda token: FurtherAddressRemoved(further_id=1, token_id=token, how=how))


SCENES: dict[str, Scene] = {
    "address_confirm": about_address(lambda token: FurtherAddressRequested(token_id=token), "new"),
    "address_warning": about_address(lambda token: FurtherAddressRequested(token_id=token), "old"),
    "address_added": added("confirmed"),
    "address_added_by_staff": added("by_staff"),
    "address_removed": removed("by_person"),
    "address_removed_by_staff": removed("by_staff"),
    "email_changed_and_kept": about_address(
        lambda token: EmailChanged(token_id=token, how="made_main"), "old"
    ),
}
