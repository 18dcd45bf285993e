"""The app registration at Microsoft as it is set up: by the environment, by administrators, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from cryptography import x509

from app.core import clock, crypto
from app.integrations.microsoft import AUTHORITY, GRAPH_URL, Registration
from app.settings import fixed, queries
from app.settings.schemas import Microsoft

# So long before its end a secret is spoken of.
TOLD_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What only whoever runs the installation may say: where Microsoft is, and a certificate in place of a secret."""

    authority: str = AUTHORITY
    graph_url: str = GRAPH_URL
    certificate: str = ""
    private_key: str = ""
    ca_file: str = ""
    allow: tuple[str, ...] = ()


_surroundings = Surroundings()


def use(surroundings: Surroundings) -> None:
    """Make these the surroundings of this process."""
    global _surroundings
    _surroundings = surroundings


def registration() -> Registration | None:
    """The app registration; None while it is not set up."""
    return registration_of(queries.get(Microsoft))


def registration_of(values: Microsoft) -> Registration | None:
    """The registration these settings make; None while something is missing."""
    secret, around = _secret(values), _surroundings
    if not (values.tenant_id and values.client_id and (secret or around.private_key)):
        return None
    return Registration(
        client_id=values.client_id.lower(),
        tenant_id=values.tenant_id.lower(),
        client_secret="" if around.private_key else secret,
        certificate=around.certificate,
        private_key=around.private_key,
        further_tenants=tuple(one.lower() for one in listed(values.further_tenants)),
        authority=around.authority,
        graph_url=around.graph_url,
        ca_file=around.ca_file,
        allow=around.allow,
    )


def mailboxes() -> tuple[str, ...]:
    """The addresses the application's own permission may be used for, folded."""
    return tuple(address.lower() for address in listed(queries.get(Microsoft).mailboxes))


def has_certificate() -> bool:
    """Whether the installation proves itself with a certificate."""
    return bool(_surroundings.private_key)


def secret_ends_on() -> date | None:
    """The last day of the secret or certificate; None when nobody said."""
    if _surroundings.private_key:
        return _end_of_certificate(_surroundings.certificate)
    return queries.get(Microsoft).secret_expires_on


def secret_ends_soon() -> date | None:
    """The last day of the secret, once it is at most two weeks away."""
    end = secret_ends_on()
    return end if end is not None and end <= clock.now().date() + TOLD_AHEAD else None


def is_simulated() -> bool:
    """Whether what is spoken to is not Microsoft but its stand-in on this machine."""
    return _surroundings.authority.startswith(("https://localhost:", "https://127.0.0.1:"))


def listed(text: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _secret(values: Microsoft) -> str:
    if "client_secret" in fixed.of(Microsoft) or not values.client_secret:
        return values.client_secret
    try:
        return crypto.decrypt(values.client_secret)
    except ValueError:
        return ""


def _end_of_certificate(pem: str) -> date | None:
    try:
        return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.date()
    except ValueError:
        return None
