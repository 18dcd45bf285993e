"""The app registration at Microsoft: who we are there, and which hosts belong to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.integrations.guard import PORTS, HttpGuard

AUTHORITY = "https://login.microsoftonline.com"
GRAPH_URL = "https://graph.microsoft.com/v1.0"
# Names the whole of what was agreed to for the application itself (client credentials).
GRAPH_DEFAULT_SCOPE = "https://graph.microsoft.com/.default"


@dataclass(frozen=True, slots=True)
class Registration:
    """An app registration in Microsoft Entra.

    Args:
        tenant_id: the directory it belongs to.
        further_tenants: other directories whose people may sign in, too.
        authority: where sign-in lives, without the tenant; another one for national clouds.
        graph_url: Microsoft Graph with its version.
        client_secret: or, in its place, ``certificate`` and ``private_key`` (PEM).
        ca_file: certificates to trust besides the public ones, empty for none.
        allow: servers of our own network that may be spoken to, ``host:port``.
    """

    client_id: str
    tenant_id: str
    client_secret: str = field(default="", repr=False)
    certificate: str = ""
    private_key: str = field(default="", repr=False)
    further_tenants: tuple[str, ...] = ()
    authority: str = AUTHORITY
    graph_url: str = GRAPH_URL
    ca_file: str = ""
    allow: tuple[str, ...] = ()

    @property
    def tenants(self) -> frozenset[str]:
        """Whose people may sign in."""
        return frozenset({self.tenant_id, *self.further_tenants})

    @property
    def guard(self) -> HttpGuard:
        """Only the hosts of this registration; one that whoever runs the machine named may be inside our network."""
        hosts = (_place(self.authority), _place(self.graph_url))
        own = tuple(place for place in hosts if place not in _PUBLIC)
        return HttpGuard(
            allow_private=(*own, *self.allow),
            host_patterns=tuple(place.rpartition(":")[0] for place in hosts),
            ca_file=self.ca_file or None,
        )


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 443)}"


_PUBLIC = frozenset({_place(AUTHORITY), _place(GRAPH_URL)})
