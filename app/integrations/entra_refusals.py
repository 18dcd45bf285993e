"""What Entra says when it refuses, in the words of `SignInRefused`."""

from __future__ import annotations

from app.integrations.entra_claims import SignInRefused

# Numbers of Entra's errors (learn.microsoft.com, "Microsoft Entra authentication and authorization error codes").
NUMBERS = {
    "AADSTS7000215": "client_secret",
    "AADSTS7000222": "client_secret_expired",
    "AADSTS700027": "client_secret",
    "AADSTS65001": "consent_missing",
    "AADSTS65004": "cancelled",
    "AADSTS700016": "registration",
    "AADSTS90002": "registration",
    "AADSTS50020": "foreign_tenant",
    "AADSTS50194": "foreign_tenant",
    "AADSTS500113": "registration",
}
WORDS = {
    "access_denied": "cancelled",
    "consent_required": "consent_missing",
    "invalid_client": "client_secret",
    "unauthorized_client": "registration",
    "invalid_grant": "ended",
    "interaction_required": "ended",
    "login_required": "ended",
}


def refusal(word: str, description: str) -> SignInRefused:
    """The refusal behind an answer of Entra.

    Args:
        word: the code of OAuth (RFC 6749, 4.1.2.1 and 5.2).
        description: its own words, which begin with a number.
    """
    number = next((number for number in NUMBERS if f"{number}:" in description), "")
    reason = NUMBERS.get(number) or WORDS.get(word, "code")
    return SignInRefused(reason, f"{word} {description}".strip())
