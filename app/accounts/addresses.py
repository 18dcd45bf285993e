"""E-mail addresses of people: checked on the way in, folded for comparison."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

import email_validator
from pydantic import AfterValidator, Field

# Company networks do use names such as firma.local; whether mail arrives there is shown by the confirmation link.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_LENGTH = 254


def normal(address: str) -> str:
    """The address as it is stored: domain in lower case, the part before the @ as given.

    Raises:
        ValueError: not a plain address; comments, quoted parts and letters outside ASCII before the @ are none,
            because they look alike without being equal.
    """
    return _checked(address.strip())


@lru_cache(maxsize=1024)
def _checked(address: str) -> str:
    try:
        found = email_validator.validate_email(
            address, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError as error:
        raise ValueError("not an email address") from error
    if len(found.normalized) > MAX_LENGTH:
        raise ValueError("an email address is at most 254 characters")
    return found.normalized


@lru_cache(maxsize=1024)
def key(address: str) -> str:
    """What two addresses of one person share: upper and lower case do not count.

    Anything may be asked; what is no address simply belongs to nobody.
    """
    try:
        return normal(address).lower()
    except ValueError:
        return ""


Address = Annotated[str, Field(max_length=MAX_LENGTH), AfterValidator(normal)]
