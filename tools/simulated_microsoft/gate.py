"""What every simulated endpoint shares: who calls, may they, and errors in Microsoft's own form."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

import jwt
from flask import Blueprint, Response, current_app, g, jsonify, request

from tools.simulated_microsoft.mailboxes import Mailbox
from tools.simulated_microsoft.people import Person
from tools.simulated_microsoft.tokens import GRAPH

if TYPE_CHECKING:
    from tools.simulated_microsoft.microsoft import Microsoft

View = TypeVar("View", bound=Callable[..., Any])
READ_MAIL = ("Mail.ReadBasic.All", "Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite")
WRITE_MAIL = ("Mail.ReadWrite",)
SEND_MAIL = ("Mail.Send",)
READ_PEOPLE = ("User.Read.All", "User.ReadBasic.All", "Directory.Read.All", "User.ReadWrite.All")
READ_GROUPS = ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All")
RAOP = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."


class GraphError(Exception):
    """An answer that says what is wrong."""

    def __init__(
        self, status: int, code: str, message: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.headers = status, code, message or code, headers or {}

    def answer(self) -> Response:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        own = str(uuid.uuid4())
        inner = {
            "date": now,
            "request-id": own,
            "client-request-id": request.headers.get("client-request-id", own),
        }
        body = {"error": {"code": self.code, "message": self.message, "innerError": inner}}
        made = jsonify(body)
        made.status_code = self.status
        made.headers.update(self.headers)
        return made


@dataclass(frozen=True)
class Caller:
    """Who holds the token: a person, or the application itself."""

    person: Person | None
    permissions: frozenset[str]


def ms() -> Microsoft:
    """The simulation this request goes to."""
    return cast("Microsoft", current_app.extensions["simulated_microsoft"])


def both(
    blueprint: Blueprint, rule: str, method: str = "GET"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Serve a path below ``/me`` and below ``/users/<who>``."""

    def mark(view: View) -> View:
        blueprint.add_url_rule(
            f"/v1.0/me{rule}", f"me_{view.__name__}", view, methods=[method], defaults={"who": "me"}
        )
        blueprint.add_url_rule(f"/v1.0/users/<who>{rule}", view.__name__, view, methods=[method])
        return view

    return mark


def caller() -> Caller:
    """Who asks, by a token that is checked to its last claim.

    Raises:
        GraphError: there is none, or it is not good.
    """
    if "caller" not in g:
        g.caller = _check(request.headers.get("Authorization", ""))
    return cast(Caller, g.caller)


def _check(told: str) -> Caller:
    kind, _, token = told.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")
    try:
        key = ms().keys.find(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise jwt.InvalidTokenError("signing key is unknown")
        claims = jwt.decode(
            token,
            key.public_pem,
            algorithms=["RS256"],
            audience=[GRAPH, "00000003-0000-0000-c000-000000000000"],
            options={"require": ["exp", "aud", "iss"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise GraphError(
            401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."
        ) from error
    except jwt.InvalidTokenError as error:
        raise GraphError(
            401, "InvalidAuthenticationToken", f"Access token validation failure. {error}"
        ) from error
    return _caller(claims)


def _caller(claims: dict[str, Any]) -> Caller:
    if claims.get("idtyp") == "app":
        return Caller(None, frozenset(claims.get("roles", ())) & frozenset(ms().grants_application))
    person = ms().person(str(claims.get("oid")))
    if person is None or not person.enabled:
        raise GraphError(401, "InvalidAuthenticationToken", "The user is gone or the account is disabled.")
    return Caller(person, frozenset(str(claims.get("scp", "")).split()) & frozenset(ms().grants_delegated))


def allow(asked: Caller, permissions: Iterable[str], code: str = "ErrorAccessDenied") -> None:
    """Go on when the application was given one of these permissions.

    Raises:
        GraphError: 403 otherwise.
    """
    if asked.permissions.isdisjoint(permissions):
        mail = code == "ErrorAccessDenied"
        words = (
            "Access is denied. Check credentials and try again."
            if mail
            else "Insufficient privileges to complete the operation."
        )
        raise GraphError(403, code, words)


def mailbox(who: str, permissions: Iterable[str]) -> Mailbox:
    """The mailbox a path names, when the caller may.

    Raises:
        GraphError: 403, 404, or 400 for an application that says ``me``.
    """
    asked = caller()
    allow(asked, [*permissions, *(f"{one}.Shared" for one in permissions)] if asked.person else permissions)
    found = ms().mailboxes.get(_me(asked).mail.lower()) if who == "me" else _named(who)
    if found is None:
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{who}' is invalid.")
    _policy(asked, found, permissions)
    return found


def _policy(asked: Caller, found: Mailbox, permissions: Iterable[str]) -> None:
    allowed = ms().allowed_mailboxes
    if asked.person is None and allowed is not None and found.address not in {one.lower() for one in allowed}:
        raise GraphError(403, "ErrorAccessDenied", RAOP)
    own = asked.person is None or asked.person.mail.lower() == found.address
    if not own:
        allow(asked, [f"{one}.Shared" for one in permissions])


def _named(who: str) -> Mailbox | None:
    known = ms().mailboxes
    if who.lower() in known:
        return known[who.lower()]
    by_id = next((one for one in list(known.values()) if one.object_id == who), None)
    person = ms().person(who) if by_id is None else None
    return by_id or (
        known.get(person.mail.lower()) if person and person.tenant_id == ms().tenant_id else None
    )


def _me(asked: Caller) -> Person:
    if asked.person is None:
        raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    return asked.person


def someone(who: str) -> Person:
    """The person a path names, when the caller may.

    Raises:
        GraphError: 403, 404, or 400 for an application that says ``me``.
    """
    asked = caller()
    if who == "me":
        allow(
            asked,
            ("User.Read", "User.ReadWrite", *READ_PEOPLE) if asked.person else READ_PEOPLE,
            "Authorization_RequestDenied",
        )
        return _me(asked)
    allow(asked, READ_PEOPLE, "Authorization_RequestDenied")
    found = ms().person(who)
    if found is None or found.tenant_id != ms().tenant_id:
        words = f"Resource '{who}' does not exist or one of its queried reference-property objects are not present."
        raise GraphError(404, "Request_ResourceNotFound", words)
    return found


def moment(value: datetime) -> str:
    """A time as Graph writes it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_now() -> str:
    return moment(datetime.now(UTC))
