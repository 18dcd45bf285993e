"""What is asked at Microsoft about people, outside of any unit: who they are, their picture, their groups."""

from __future__ import annotations

from contextlib import suppress

from flask import current_app

from app.accounts import avatars
from app.accounts.arrivals import split_name
from app.accounts.microsoft import Arrival, asks_for_groups, is_group_id
from app.core import log
from app.core.errors import Invalid
from app.integrations import graph_people
from app.integrations.entra import Entra, entra_for
from app.integrations.entra_claims import Claims
from app.integrations.graph import Graph
from app.integrations.graph_people import Profile
from app.integrations.http import Limits
from app.integrations.microsoft import Registration
from app.integrations.outcome import RetryLater, Undeliverable
from app.settings import microsoft
from app.settings import queries as settings
from app.settings.schemas import Microsoft

# Somebody waits in front of a browser: what Graph does not say by then is asked for next time.
QUICK = Limits(connect=3.0, read=5.0, total=6.0, answer_bytes=4 * 1024 * 1024)
USER_READ = "User.Read"
GROUPS_READ = "GroupMember.Read.All"


def entra() -> Entra | None:
    """Microsoft Entra as it is set up here; None while it is not."""
    registration = microsoft.registration()
    return entra_for(registration) if registration is not None else None


def scopes() -> list[str]:
    """What is asked for when people sign in."""
    return [USER_READ, *([GROUPS_READ] if asks_for_groups(settings.get(Microsoft)) else [])]


def arrival_of(
    claims: Claims, *, token: str = "", refresh_token: str = "", with_photo: bool = False
) -> Arrival:
    """Somebody as they arrive.

    Args:
        token: for Graph, in their name; "" where there is none, then their role is all that is known of them.
        with_photo: ask for their picture as well.
    """
    registration = microsoft.registration()
    graph = _graph(registration, token) if token and registration is not None else None
    profile = _profile(graph) if graph is not None else None
    first, last = split_name(claims.name)
    return Arrival(
        tenant_id=claims.tenant_id,
        object_id=claims.object_id,
        is_home=registration is not None and claims.tenant_id == registration.tenant_id,
        is_guest=claims.is_guest or (profile is not None and profile.is_guest),
        upn=claims.upn,
        first_name=claims.given_name or (profile.given_name if profile else "") or first,
        last_name=claims.family_name or (profile.surname if profile else "") or last,
        named=claims.roles | _groups(claims, graph),
        is_strong="mfa" in claims.methods,
        details=_details(profile),
        photo_sha256=_photo(graph) if graph is not None and with_photo else "",
        language=profile.language if profile else "",
        session=claims.session,
        login_hint=claims.login_hint,
        proved_at=claims.auth_time,
        refresh_token=refresh_token,
    )


def _graph(registration: Registration, token: str) -> Graph:
    return Graph(registration.graph_url, registration.guard, lambda _fresh: token, limits=QUICK)


def _profile(graph: Graph) -> Profile | None:
    """The record of the directory; nobody is kept out because it cannot be had just now."""
    try:
        return graph_people.me(graph)
    except (RetryLater, Undeliverable) as error:
        log.get(__name__).warning("profile_not_read", reason=error.reason)
        return None


def _groups(claims: Claims, graph: Graph | None) -> frozenset[str]:
    """Their groups, from the token or, where those are too many for it, from Graph; none when nobody can say (A48)."""
    if not asks_for_groups(settings.get(Microsoft)):
        return frozenset()
    if not claims.has_more_groups or graph is None:
        # By their ids only: anybody may call a group as a role is called.
        return frozenset(one for one in claims.groups if is_group_id(one))
    try:
        return graph_people.groups_of_me(graph)
    except (RetryLater, Undeliverable) as error:
        log.get(__name__).warning("groups_not_read", reason=error.reason)
        return frozenset()


def _details(profile: Profile | None) -> dict[str, str]:
    """Columns of a person that the directory fills, cut to what fits."""
    if profile is None:
        return {}
    return {
        "department": profile.department[:80],
        "position": profile.position[:80],
        "phone": profile.phone[:40],
    }


def _photo(graph: Graph) -> str:
    """Their picture, made anew and stored; "" when there is none or it is no picture."""
    data = graph_people.photo_of_me(graph)
    storage = current_app.extensions["storage"]
    with suppress(Invalid):
        return avatars.store(data, lambda stream, limit: str(storage.put(stream, limit).sha256))
    return ""
