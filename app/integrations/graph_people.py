"""People in Microsoft Graph: who somebody is, their picture, their groups, and everybody in a directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.integrations.graph import Graph, GraphRefused
from app.integrations.outcome import RetryLater, Undeliverable

FIELDS = (
    "id,userPrincipalName,mail,displayName,givenName,surname,department,jobTitle,mobilePhone,businessPhones,"
    "employeeId,companyName,streetAddress,postalCode,city,country,preferredLanguage,accountEnabled,userType"
)
PHOTO_BYTES = 2 * 1024 * 1024
PAGE = "100"


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody as the directory keeps them; what it does not say is empty."""

    object_id: str
    upn: str
    mail: str
    display_name: str
    given_name: str
    surname: str
    department: str
    position: str
    phone: str
    employee_number: str
    company: str
    street_address: str
    postal_code: str
    city: str
    country: str
    language: str
    is_enabled: bool
    is_guest: bool
    manager_id: str = ""


def me(graph: Graph) -> Profile:
    """Whoever the token speaks for."""
    return _profile(graph.get("/me", {"$select": FIELDS}))


def photo_of_me(graph: Graph) -> bytes:
    """Their picture, b"" when they have none or it cannot be had just now: nobody is kept out for a picture."""
    with suppress(Undeliverable, RetryLater):
        return graph.get_bytes("/me/photo/$value", PHOTO_BYTES, {"Accept": "image/*"})
    return b""


def groups_of_me(graph: Graph) -> frozenset[str]:
    """Ids of all their security groups, those within groups too; needs GroupMember.Read.All."""
    found: set[str] = set()
    path = "/me/transitiveMemberOf/microsoft.graph.group"
    for page in graph.pages(path, {"$select": "id", "$top": PAGE}):
        found.update(str(one.get("id", "")) for one in _rows(page))
    return frozenset(found - {""})


def photo_of(graph: Graph, object_id: str) -> bytes:
    """Somebody's picture, b"" when they have none.

    Raises:
        RetryLater: it cannot be had just now.
    """
    with suppress(Undeliverable):
        return graph.get_bytes(f"/users/{object_id}/photo/$value", PHOTO_BYTES, {"Accept": "image/*"})
    return b""


def everybody(graph: Graph, go_on_at: str = "") -> Iterator[tuple[Sequence[Profile], str]]:
    """All people of the directory with their managers, page by page; needs User.Read.All.

    Args:
        go_on_at: where an earlier walk was broken off.

    Yields:
        A page, and where to go on behind it; "" behind the last one.
    """
    query = {"$select": FIELDS, "$expand": "manager($select=id)", "$top": PAGE}
    for page in graph.pages(go_on_at or "/users", None if go_on_at else query):
        yield [_profile(row) for row in _rows(page) if row.get("id")], str(page.get("@odata.nextLink") or "")


def is_there(graph: Graph, object_id: str) -> bool:
    """Whether somebody is still in the directory and may sign in; needs User.Read.All."""
    try:
        row = graph.get(f"/users/{object_id}", {"$select": "id,accountEnabled"})
    except GraphRefused as refusal:
        if refusal.status != 404:
            raise
        return False
    return row.get("accountEnabled") is not False


def _rows(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = page.get("value")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _profile(row: Mapping[str, Any]) -> Profile:
    def text(name: str) -> str:
        value = row.get(name)
        return value.strip() if isinstance(value, str) else ""

    phones = row.get("businessPhones")
    manager = row.get("manager")
    return Profile(
        object_id=text("id"),
        upn=text("userPrincipalName"),
        mail=text("mail"),
        display_name=text("displayName"),
        given_name=text("givenName"),
        surname=text("surname"),
        department=text("department"),
        position=text("jobTitle"),
        phone=str(phones[0]) if isinstance(phones, list) and phones else text("mobilePhone"),
        employee_number=text("employeeId"),
        company=text("companyName"),
        street_address=text("streetAddress"),
        postal_code=text("postalCode"),
        city=text("city"),
        country=text("country"),
        language=text("preferredLanguage")[:2].lower(),
        is_enabled=row.get("accountEnabled") is not False,
        is_guest=text("userType") == "Guest" or "#ext#" in text("userPrincipalName").lower(),
        manager_id=str(manager.get("id", "")) if isinstance(manager, dict) else "",
    )
