"""The simulation as one object: its state, what tests do to it, and its two listeners."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import quote

from tools.simulated_microsoft import people as firm
from tools.simulated_microsoft.cards import ReceivedCard
from tools.simulated_microsoft.certificates import ClientCertificate, client_certificate, write_files
from tools.simulated_microsoft.faults import Faults
from tools.simulated_microsoft.graph_sending import Outgoing
from tools.simulated_microsoft.keys import Keys, SigningKey, made
from tools.simulated_microsoft.listeners import Listener, loopback, trust
from tools.simulated_microsoft.mailboxes import Change, Mailbox
from tools.simulated_microsoft.people import Person
from tools.simulated_microsoft.seen import Seen
from tools.simulated_microsoft.sign_ins import SignIns
from tools.simulated_microsoft.subscriptions import Subscriptions
from tools.simulated_microsoft.tokens import Forged, Tokens
from tools.simulated_microsoft.visiting import Visitor
from tools.simulated_microsoft.web import make_web

CLIENT_ID = "5a1e2c3d-0000-4000-8000-0000000c11e7"
CLIENT_SECRET = "simulated~secret.for-demonstrations-only"  # noqa: S105 - opens nothing but the simulation
CERTIFICATE_KEY = 5
DELEGATED = frozenset({"User.Read", "offline_access", "openid", "profile", "email"})
APPLICATION = frozenset(
    {"User.Read.All", "Mail.ReadWrite", "Mail.Send", "GroupMember.Read.All", "Organization.Read.All"}
)
REDIRECT_PATHS = ("/auth/oauth_callback",)


class Microsoft:
    """One tenant with one app registration.

    Args:
        port: of the TLS listener; 0 takes a free one.
        pages_port: of the plain listener that browsers use.
        data: keeps certificate and keys there, so that they are the same after a restart.
        browser_over_tls: send browsers to the TLS listener as well.
        host: loopback address or ``localhost``.
        registered: attributes that differ from the start on, and again after ``reset``.

    Raises:
        ValueError: the host is not this machine.
    """

    tenant_id = firm.TENANT
    domain = firm.DOMAIN
    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET

    def __init__(
        self,
        port: int = 0,
        pages_port: int = 0,
        data: Path | None = None,
        browser_over_tls: bool = False,
        host: str = "127.0.0.1",
        **registered: Any,
    ) -> None:
        self._registered = registered
        self.host = loopback(host)
        self.browser_over_tls = browser_over_tls
        self.lock = RLock()
        self._own = None if data else tempfile.TemporaryDirectory(prefix="simulated-microsoft-")
        folder = data or Path(self._own.name if self._own else "")
        authority, server = write_files(folder)
        self.ca_file = str(authority)
        self.keys = Keys(data)
        self.tokens, self.forged, self.visitor = Tokens(self), Forged(self), Visitor(self)
        self.faults = Faults()
        self.service_principal = firm.object_id("service principal")
        self._begin()
        web = make_web(self)
        self._tls = Listener(host, port, web, trust(server))
        self._plain = Listener(host, pages_port, web)
        self.base_url, self.pages_url = self._tls.url, self._plain.url

    def _begin(self) -> None:
        self.people: dict[str, Person] = firm.demo_people()
        self.grants_application: set[str] = set(APPLICATION)
        self.grants_delegated: set[str] = set(DELEGATED)
        self.allowed_mailboxes: set[str] | None = None
        self.parallel_limit: int | None = None
        self.multi_tenant = False
        self.secret_expired = False
        self.refresh_once = False
        self.sent_items_late = False  # what was sent is found only after Mailbox.catch_up
        self.token_lifetime = 3600
        self.optional_claims: set[str] = {"email"}  # said without being asked for; also auth_time
        self.redirect_paths: set[str] = set(REDIRECT_PATHS)
        self.redirect_uris: set[str] = set()
        self.front_channel_logout_urls: list[str] = []
        self.certificates: list[ClientCertificate] = []
        self.cards: list[ReceivedCard] = []
        self.log: list[Seen] = []
        self.mailboxes: dict[str, Mailbox] = {}
        self.outgoing: list[Outgoing] = []
        self.rounds: dict[str, Any] = {}
        self.sign_ins = SignIns(self)
        self.subscriptions = Subscriptions(self)
        for name, value in self._registered.items():
            setattr(self, name, copy(value))
        self._claims: dict[str, Any] = {}
        self._maker: Callable[[Person, dict[str, Any]], str] | None = None
        for address in (
            firm.SUPPORT,
            *(p.mail for p in self.people.values() if p.tenant_id == self.tenant_id and not p.guest),
        ):
            self.mailbox(address)

    # Life

    def start(self) -> None:
        self._tls.start()
        self._plain.start()

    def stop(self) -> None:
        self.faults.clear()
        self._tls.stop()
        self._plain.stop()
        self.subscriptions.settle()
        if self._own is not None:
            self._own.cleanup()

    def __enter__(self) -> Microsoft:
        self.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop()

    def reset(self) -> None:
        """Everything as at the start: people, mail, cards, faults, keys, permissions, tokens."""
        self.faults.clear()
        self.faults.used.clear()
        self.subscriptions.settle()
        with self.lock:
            self.keys.reset()
            self._begin()

    # Addresses

    @property
    def authority(self) -> str:
        """What an application is given as its authority."""
        return f"{self.base_url}/{self.tenant_id}"

    @property
    def graph_url(self) -> str:
        return f"{self.base_url}/v1.0"

    @property
    def browser_url(self) -> str:
        """Where browsers are sent."""
        return self.base_url if self.browser_over_tls else self.pages_url

    def issuer(self, tenant_id: str = "") -> str:
        return f"{self.base_url}/{tenant_id or self.tenant_id}/v2.0"

    def teams_url(self, name: str = "helpdesk") -> str:
        """The address of a workflow that posts cards into a channel."""
        return (
            f"{self.base_url}/workflows/{quote(name)}?api-version=1&sp=%2Ftriggers&sig={self.signature(name)}"
        )

    def signature(self, name: str) -> str:
        return firm.object_id(f"workflow {name}").replace("-", "")

    # People

    def add_person(self, key: str, upn: str, **columns: Any) -> Person:
        """Somebody new, with a mailbox; ``key`` is the name in ``people``."""
        told: dict[str, Any] = {"given_name": key.title(), "surname": "Neu", "mail": upn}
        person = Person(
            object_id=columns.pop("object_id", firm.object_id(f"person {upn}")), upn=upn, **(told | columns)
        )
        with self.lock:
            self.people[key] = person
        if person.mail and person.tenant_id == self.tenant_id and not person.guest:
            self.mailbox(person.mail)
        return person

    def change(self, person: Person, **columns: Any) -> Person:
        """Set columns of somebody, as an administrator of the directory would."""
        with self.lock:
            for name, value in columns.items():
                getattr(person, name)
                setattr(person, name, value)
        return person

    def disable(self, person: Person) -> None:
        self.change(person, enabled=False)

    def person(self, name: str) -> Person | None:
        """Somebody of any tenant by key, object id, sign-in name or address."""
        with self.lock:
            if name in self.people:
                return self.people[name]
            low = name.lower()
            everybody = list(self.people.values())
        by_name = (p for p in everybody if low in (p.object_id, p.upn.lower()))
        return next(by_name, None) or next((p for p in everybody if low == p.mail.lower()), None)

    # Mail

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of an address; made when there is none."""
        low = address.lower()
        with self.lock:
            if low not in self.mailboxes:
                person = next(
                    (
                        p
                        for p in self.people.values()
                        if p.mail.lower() == low and p.tenant_id == self.tenant_id
                    ),
                    None,
                )
                owner = person.object_id if person else firm.object_id(f"mailbox {low}")
                self.mailboxes[low] = Mailbox(low, owner, self._changed)
            return self.mailboxes[low]

    def _changed(self, mailbox: Mailbox, change: Change) -> None:
        self.subscriptions.tell(mailbox, change)

    def forget_delta(self) -> None:
        """Answer every delta link that was handed out with 410."""
        self.rounds.clear()

    def settle(self) -> None:
        """Wait until all change notifications are delivered or given up."""
        self.subscriptions.settle()

    # Tokens

    def id_claims(self, person: Person, **claims: Any) -> dict[str, Any]:
        return self.tokens.id_claims(person) | claims

    def issue_id_token(
        self,
        person: Person,
        *,
        key: SigningKey | None = None,
        headers: Mapping[str, Any] | None = None,
        algorithm: str = "RS256",
        **claims: Any,
    ) -> str:
        """An ID token; any claim replaced, or left out when it is None."""
        return self.tokens.sign(
            self.id_claims(person, **claims), key=key, headers=headers, algorithm=algorithm
        )

    def issue_access_token(
        self,
        person: Person | None,
        audience: str = "",
        *,
        key: SigningKey | None = None,
        headers: Mapping[str, Any] | None = None,
        algorithm: str = "RS256",
        **claims: Any,
    ) -> str:
        """An access token for our application, or for Graph when ``audience`` says ``graph``; no person: app-only."""
        if audience == "graph":
            granted = self.grants_delegated if person else self.grants_application
            made = self.tokens.graph_claims(person, granted)
        else:
            made = self.tokens.own_claims(person) | ({"aud": audience} if audience else {})
        return self.tokens.sign(made | claims, key=key, headers=headers, algorithm=algorithm)

    def next_claims(self, **claims: Any) -> None:
        """Replace these claims in the next ID token that is asked for with a code or a refresh token."""
        self._claims = claims

    def next_id_token(self, maker: Callable[[Person, dict[str, Any]], str]) -> None:
        """Let ``maker(person, claims)`` write the next ID token."""
        self._maker = maker

    def id_token_for(self, person: Person, claims: dict[str, Any]) -> str:
        """The ID token an answer of the token endpoint carries."""
        with self.lock:
            changed, maker = self._claims, self._maker
            self._claims, self._maker = {}, None
        if maker is not None:
            return maker(person, claims | changed)
        return self.tokens.sign(claims | changed)

    def make_client_certificate(self) -> ClientCertificate:
        """A certificate, registered for our application."""
        certificate = client_certificate(made(CERTIFICATE_KEY))
        self.certificates.append(certificate)
        return certificate
