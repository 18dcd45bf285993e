"""Looking live whether Microsoft 365 is set up: the registration, its secret, its permissions, the mailboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlsplit

from app.core.environment import environment
from app.integrations import entra as entra_client
from app.integrations.entra import Entra, entra_for
from app.integrations.graph import Graph, GraphRefused
from app.integrations.http import Limits
from app.integrations.outcome import RetryLater, Undeliverable
from app.settings import microsoft

QUICK = Limits(connect=3.0, read=6.0, total=8.0)
MOST_MAILBOXES = 20
LOCAL = frozenset({"localhost", "127.0.0.1"})


class Verdict(StrEnum):
    """How a part of the set-up is."""

    OK = "ok"
    OPTIONAL = "optional"  # not there, and something works less for it
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Args:
        name: registration, address, directory, secret, permission or mailbox.
        thing: which permission or mailbox.
        word: why it is wrong, a word of the client.
        detail: what Microsoft said; foreign text.
    """

    name: str
    verdict: Verdict
    thing: str = ""
    word: str = ""
    detail: str = ""


# What the application itself may be permitted → what permits it as well, and whether mail needs it.
PERMISSIONS: dict[str, tuple[frozenset[str], bool]] = {
    "Mail.Read": (frozenset({"Mail.Read", "Mail.ReadWrite"}), True),
    "Mail.Send": (frozenset({"Mail.Send"}), True),
    "Mail.ReadWrite": (frozenset({"Mail.ReadWrite"}), False),
    "User.Read.All": (frozenset({"User.Read.All", "Directory.Read.All"}), False),
}


def checks() -> list[Check]:
    """Everything that can be looked at; what depends on something that is wrong is left out."""
    return list(_all())


def _all() -> Iterator[Check]:
    registration = microsoft.registration()
    if registration is None:
        yield Check("registration", Verdict.WRONG)
        return
    yield Check("registration", Verdict.OK)
    yield _address()
    entra_client.forget()  # what was remembered is what may be wrong
    entra = entra_for(registration)
    directory = _tried("directory", entra.look)
    yield directory
    if directory.verdict is not Verdict.OK:
        return
    yield from _of_the_application(entra)


def _of_the_application(entra: Entra) -> Iterator[Check]:
    secret = _tried("secret", entra.app_permissions)  # with the one token everything below is asked with
    yield secret
    if secret.verdict is not Verdict.OK:
        return
    permitted = entra.app_permissions()
    mailboxes = microsoft.mailboxes()
    for name, (enough, for_mail) in PERMISSIONS.items():
        missing = Verdict.WRONG if for_mail and mailboxes else Verdict.OPTIONAL
        yield Check("permission", Verdict.OK if permitted & enough else missing, name)
    graph = Graph(
        entra.registration.graph_url,
        entra.registration.guard,
        lambda fresh: entra.app_token(fresh=fresh),
        limits=QUICK,
    )
    for address in mailboxes[:MOST_MAILBOXES]:
        yield _mailbox(graph, address)


def _address() -> Check:
    """Microsoft sends browsers back to https only, and to this machine."""
    parts = urlsplit(environment().site_url)
    fits = parts.scheme == "https" or parts.hostname in LOCAL
    return Check("address", Verdict.OK if fits else Verdict.WRONG, environment().site_url)


def _mailbox(graph: Graph, address: str) -> Check:
    path = f"/users/{quote(address)}/mailFolders/inbox"
    try:
        graph.get(path, {"$select": "id"})
    except GraphRefused as refused:
        word = "missing" if refused.status == 404 else refused.reason
        return Check("mailbox", Verdict.WRONG, address, word, refused.detail)
    except (RetryLater, Undeliverable) as error:
        return Check("mailbox", Verdict.WRONG, address, error.reason, str(error))
    return Check("mailbox", Verdict.OK, address)


def _tried(name: str, look: Callable[[], object]) -> Check:
    try:
        look()
    except (RetryLater, Undeliverable) as error:
        return Check(name, Verdict.WRONG, word=error.reason, detail=getattr(error, "detail", ""))
    return Check(name, Verdict.OK)
