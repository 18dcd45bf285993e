"""Signing in by Microsoft: who is known comes in, who is new gets an account, nobody gets somebody else's (A46)."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from app.accounts import addresses, arrivals, mailboxes, proofs, sign_ins, staffing, tokens
from app.accounts.actions.people import fit_memberships, keep_an_admin
from app.accounts.actors import actor_for_person
from app.accounts.events import (
    MicrosoftConnected,
    PersonChanged,
    PersonCreated,
    RoleChanged,
    SignInFailed,
    SignInSucceeded,
)
from app.accounts.identities import good_until, identity_for, identity_of
from app.accounts.microsoft import Arrival, role_of
from app.accounts.models import Membership, MicrosoftIdentity, Person, SignIn
from app.accounts.queries import find_by_email
from app.accounts.sign_ins import Browser
from app.accounts.words import STAFF, Refusal, Role, SignInKind, TokenPurpose
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.language import LANGUAGES
from app.core.text import shorten
from app.events.log import action, record
from app.settings import queries as settings
from app.settings.schemas import Microsoft


@dataclass(frozen=True, slots=True)
class Entrance:
    """How a sign-in by Microsoft ended.

    Args:
        refusal: why not; None when it went well.
        token: the session token; of a program, its first refresh token.
    """

    refusal: Refusal | None = None
    person_id: int = 0
    sign_in_id: int = 0
    token: str = field(default="", repr=False)
    device: str = ""
    stays: bool = False


@action
def enter(arrival: Arrival, browser: Browser, *, actor: Actor) -> Entrance:
    """Let somebody in whom Microsoft vouches for.

    Args:
        actor: nobody, until this is done.
    """
    found = admitted(arrival, actor=actor)
    if isinstance(found, Refusal):
        record(SignInFailed(reason=found), actor=actor, subject=("person", 0))
        return Entrance(found)
    person, identity = found
    if not person.is_active:
        record(SignInFailed(reason=Refusal.INACTIVE), actor=actor, subject=("person", person.id))
        return Entrance(Refusal.INACTIVE)
    bring_up_to_date(person, identity, arrival)
    return _in(person, arrival, browser)


def admitted(
    arrival: Arrival, *, how: str = "microsoft", actor: Actor
) -> tuple[Person, MicrosoftIdentity] | Refusal:
    """The person somebody is here, made when they are new; or why they are not let in.

    A building block: the caller has the unit and records what comes of it.

    Args:
        how: they come themselves (microsoft), or are fetched (entra), whoever may sign up.
    """
    if arrival.is_guest:
        return Refusal.GUEST
    known = _known(arrival)
    if known is not None:
        return known
    email_key = addresses.key(arrival.upn) if "@" in arrival.upn else ""
    if not email_key or mailboxes.is_ours(arrival.upn):
        return Refusal.NO_ADDRESS
    owner = find_by_email(arrival.upn)
    if owner is not None:
        return _joined(owner, arrival, actor)
    if how == "microsoft" and not settings.get(Microsoft).sign_up:
        return Refusal.NO_SIGN_UP
    person = _made(arrival, how, actor)
    if person is not None:
        return person, connect(person, arrival, how="new", actor=actor)
    return _known(arrival) or Refusal.CONNECT_FIRST  # by another window of theirs, since this moment


def _known(arrival: Arrival) -> tuple[Person, MicrosoftIdentity] | None:
    identity = identity_for(arrival)
    if identity is None:
        return None
    return db.session.get_one(Person, identity.person_id, with_for_update=True), identity


def connect(person: Person, arrival: Arrival, *, how: str, actor: Actor) -> MicrosoftIdentity:
    """Note who a person is at Microsoft; a building block."""
    identity = MicrosoftIdentity(
        person_id=person.id,
        tenant_id=arrival.tenant_id.lower(),
        object_id=arrival.object_id.lower(),
        upn=shorten(arrival.upn, 254),
        linked_at=clock.now(),
    )
    db.session.add(identity)
    db.session.flush()
    record(MicrosoftConnected(how=how), actor=actor, subject=("person", person.id))
    return identity


def bring_up_to_date(
    person: Person, identity: MicrosoftIdentity, arrival: Arrival, *, stays: int | None = None
) -> None:
    """Take over what the directory says of somebody, and the role that goes with it; a building block.

    Args:
        stays: a sign-in that goes on although the role is another one.
    """
    identity.checked_at = clock.now()
    identity.upn = shorten(arrival.upn, 254) or identity.upn
    wanted = {name: value for name, value in arrival.details.items() if value}
    if arrival.photo_sha256 and person.avatar_sha256 in ("", identity.photo_sha256):
        wanted["avatar_sha256"] = identity.photo_sha256 = arrival.photo_sha256
    changed = [name for name, value in wanted.items() if getattr(person, name) != value]
    for name in changed:
        setattr(person, name, wanted[name])
    if changed:
        person.version += 1
        fields = ["avatar" if name == "avatar_sha256" else name for name in changed]
        record(PersonChanged(fields=fields), actor=actor_for_person(person), subject=("person", person.id))
    _give_role(person, identity, arrival, stays)


def _joined(owner: Person, arrival: Arrival, actor: Actor) -> tuple[Person, MicrosoftIdentity] | Refusal:
    """The account that has this address already, if it may be taken for theirs.

    The name somebody signs in with belongs to a domain their directory owns, so it proves a customer's address; it
    never opens an account that can do more, nor for a directory that is only let in. An account that nobody proved to
    own yet is freed of what a stranger may have put into it.
    """
    person = db.session.get_one(Person, owner.id, with_for_update=True, populate_existing=True)
    fits = arrival.is_home and person.role is Role.CUSTOMER and person.email_key == addresses.key(arrival.upn)
    if not fits or identity_of(person.id) is not None:
        return Refusal.CONNECT_FIRST
    if person.verified_at is None:
        person.password_hash, person.totp_secret = "", ""
        person.verified_at = clock.now()
        sign_ins.end_all(person.id)
        tokens.void(person.id, *TokenPurpose)
    return person, connect(person, arrival, how="address", actor=actor)


def _made(arrival: Arrival, how: str, actor: Actor) -> Person | None:
    language = {"language": arrival.language} if arrival.language in LANGUAGES else {}
    person = arrivals.add(
        arrival.upn,
        role=Role.CUSTOMER,
        first_name=shorten(arrival.first_name, arrivals.NAME_LENGTH),
        last_name=shorten(arrival.last_name, arrivals.NAME_LENGTH),
        verified_at=clock.now(),
        **language,
    )
    if person is not None:
        record(PersonCreated(role=person.role, how=how), actor=actor, subject=("person", person.id))
    return person


def _give_role(person: Person, identity: MicrosoftIdentity, arrival: Arrival, stays: int | None) -> None:
    """The role that is named at Microsoft; one that came from there goes when it is named no longer."""
    given = role_of(arrival.named, settings.get(Microsoft)) if arrival.is_home else None
    if given is None and not identity.gave_role:
        return
    identity.gave_role = given is not None
    role, level = given or (Role.CUSTOMER, 0)
    before, level_before = person.role, person.support_level
    if (role, level) == (before, level_before):
        return
    if role is not Role.ADMIN:
        try:
            keep_an_admin(person)
        except Conflict:
            identity.gave_role = True  # so that it goes once there is another one who can put things right
            return
    person.role, person.support_level = role, level
    person.version += 1
    fit_memberships(person)
    _into_a_team(person)
    sign_ins.end_all(person.id, but=stays)
    fact = RoleChanged(before=before, after=role, level_before=level_before, level_after=level)
    record(fact, actor=actor_for_person(person), subject=("person", person.id))


def _into_a_team(person: Person) -> None:
    """Staff of no team would see nothing."""
    belongs = sa.select(sa.exists().where(Membership.person_id == person.id))
    if person.role in STAFF and not db.session.scalar(belongs):
        arrivals.join(person, [staffing.default_team().id], leads=person.role is Role.TEAM_LEADER)


def _in(person: Person, arrival: Arrival, browser: Browser) -> Entrance:
    token = sign_ins.begin(person, browser)
    sign_in = db.session.scalars(sa.select(SignIn).where(SignIn.token_hash == crypto.digest(token))).one()
    sign_in.recheck_by = good_until(arrival.vouched_at)
    # A session at Microsoft may be weeks old: only what was given there just now stands for the password (A62).
    sign_in.confirmed_at = min(arrival.proved_at or sign_ins.NEVER, sign_in.confirmed_at)
    if browser.kind is SignInKind.PROGRAM:
        sign_in.expires_at = sign_ins.program_lasts_until(sign_in.recheck_by)
    sign_in.refresh_secret = crypto.encrypt(arrival.refresh_token) if arrival.refresh_token else ""
    sign_in.microsoft_session = crypto.digest(arrival.session) if arrival.session else ""
    sign_in.login_hint = shorten(arrival.login_hint, 500)
    sign_in.is_strong = arrival.is_strong
    fact = SignInSucceeded(sign_in_id=sign_in.id, factor="microsoft")
    record(fact, actor=actor_for_person(person), subject=("person", person.id))
    device = proofs.new_device_mark(person.email_key)
    return Entrance(None, person.id, sign_in.id, token, device, person.role not in STAFF)
