"""Tables of people: organisations, teams, addresses, sign-ins, identities at Microsoft, one-time tokens."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.words import USUAL_CARDS, Platform, Role, SignInKind, TokenPurpose
from app.core.db import BigId, Model, Word, table_args
from app.core.text import fold

KEY_LENGTH = 190


def _key(length: int) -> sa.types.TypeEngine[str]:
    """Text that is looked up by its beginning; PostgreSQL can use an index for that only byte by byte."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


class Organisation(Model):
    """A company or department that customers belong to."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Team(Model):
    """Agents who share a queue. ``card_kinds``: what their channel in Teams is told of, with commas between."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    is_confidential: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    auto_assign: Mapped[bool] = mapped_column(default=True)
    teams_webhook: Mapped[str] = mapped_column(sa.Text, default="")
    card_kinds: Mapped[str] = mapped_column(sa.String(200), default=",".join(USUAL_CARDS))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Person(Model):
    """One person, one account: employee, agent, team leader or administrator.

    ``email_key`` is the address folded for comparison; ``search_key`` (last name first) and ``given_key`` (first
    name first) are what the people list searches; they follow the name by themselves.
    """

    __tablename__ = "person"
    __table_args__ = table_args(
        sa.Index("ix_person_role", "role", "is_active", "search_key"),
        sa.Index("ix_person_organisation", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(_key(254), unique=True)
    password_hash: Mapped[str] = mapped_column(sa.String(100), default="")
    first_name: Mapped[str] = mapped_column(sa.String(80), default="")
    last_name: Mapped[str] = mapped_column(sa.String(80), default="")
    search_key: Mapped[str] = mapped_column(_key(KEY_LENGTH), default="", index=True)
    given_key: Mapped[str] = mapped_column(_key(KEY_LENGTH), default="", index=True)
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.CUSTOMER)
    support_level: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    manages_organisation: Mapped[bool] = mapped_column(default=False)
    is_vip: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    company: Mapped[str] = mapped_column(sa.String(120), default="")
    street_address: Mapped[str] = mapped_column(sa.String(160), default="")
    postal_code: Mapped[str] = mapped_column(sa.String(20), default="")
    city: Mapped[str] = mapped_column(sa.String(80), default="")
    country: Mapped[str] = mapped_column(sa.String(60), default="")
    employee_number: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    department: Mapped[str] = mapped_column(sa.String(80), default="")
    position: Mapped[str] = mapped_column(sa.String(80), default="")
    avatar_sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    language: Mapped[str] = mapped_column(sa.String(2), default="de")
    time_zone: Mapped[str] = mapped_column(sa.String(40), default="Europe/Berlin")
    single_keys: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    verified_at: Mapped[datetime | None]
    last_activity_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    absent_from: Mapped[date | None]
    absent_until: Mapped[date | None]
    deputy_id: Mapped[int | None] = mapped_column(BigId)
    manager_id: Mapped[int | None] = mapped_column(BigId)
    totp_secret: Mapped[str] = mapped_column(sa.Text, default="")
    totp_last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    version: Mapped[int] = mapped_column(default=1)

    memberships: Mapped[list[Membership]] = relationship(
        back_populates="person", cascade="all, delete-orphan", lazy="select"
    )

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


@event.listens_for(Person, "before_insert")
@event.listens_for(Person, "before_update")
def _follow_the_name(_mapper: Any, _connection: Any, person: Person) -> None:
    first, last = person.first_name or "", person.last_name or ""
    person.search_key = fold(f"{last} {first}".strip() or person.email)[:KEY_LENGTH]
    person.given_key = fold(f"{first} {last}".strip())[:KEY_LENGTH]


class PersonAddress(Model):
    """A further address of a person; mail goes to the main one, ``person.email``.

    ``email_key`` is empty until the address is confirmed: what waits for its link finds nobody and keeps nobody from
    the address. That no key is both here and in ``person`` sees `app.accounts.further` to.
    """

    __tablename__ = "person_address"
    __table_args__ = table_args(sa.Index("ix_person_address_person", "person_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str | None] = mapped_column(_key(254), unique=True)
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Membership(Model):
    """A person in a team; leaders hear of what their team does not answer."""

    __tablename__ = "membership"
    __table_args__ = table_args(sa.Index("ix_membership_person", "person_id", "team_id"))

    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    leads: Mapped[bool] = mapped_column(default=False)
    last_given_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    team: Mapped[Team] = relationship()


class SignIn(Model):
    """A signed-in browser or program; ends at logout, password change, deactivation or by age.

    ``token_hash`` is SHA-256 of the session token in the cookie, for a program of its present refresh token.
    ``recheck_by`` is set for sign-ins by Microsoft: until then Microsoft has to say once more that the person is there
    (abuse case A48). ``refresh_secret`` is what is asked with, encrypted; ``microsoft_session`` is the digest of their
    session there and ``login_hint`` which account it is, for signing out of both. ``is_strong``: a second factor was
    given at Microsoft.
    """

    __tablename__ = "sign_in"
    __table_args__ = table_args(
        sa.Index("ix_sign_in_person", "person_id"),
        sa.Index("ix_sign_in_recheck", "recheck_by"),
        sa.Index("ix_sign_in_microsoft_session", "microsoft_session"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    confirmed_at: Mapped[datetime]  # when a password or second factor was last given
    user_agent: Mapped[str] = mapped_column(sa.String(200), default="")
    network: Mapped[str] = mapped_column(sa.String(60), default="")
    kind: Mapped[SignInKind] = mapped_column(Word(SignInKind, 8), default=SignInKind.BROWSER)
    recheck_by: Mapped[datetime | None]
    refresh_secret: Mapped[str] = mapped_column(sa.Text, default="")
    microsoft_session: Mapped[str] = mapped_column(sa.String(64), default="")
    login_hint: Mapped[str] = mapped_column(sa.String(500), default="")
    is_strong: Mapped[bool] = mapped_column(default=False)


class Device(Model):
    """A phone or browser that is told of news by a push service, for as long as its sign-in lasts.

    ``token_hash`` is how it is found again; ``sealed`` what the push service knows it by, encrypted.
    """

    __tablename__ = "device"
    __table_args__ = table_args(
        sa.Index("ix_device_person", "person_id", "id"), sa.Index("ix_device_sign_in", "sign_in_id")
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    sign_in_id: Mapped[int] = mapped_column(sa.ForeignKey("sign_in.id", ondelete="CASCADE"))
    platform: Mapped[Platform] = mapped_column(Word(Platform, 8))
    name: Mapped[str] = mapped_column(sa.String(80), default="")
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    sealed: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class MicrosoftIdentity(Model):
    """Who a person is at Microsoft: directory and object, never an address (abuse case A46).

    ``upn`` is for people to recognise it. ``gave_role``: the person's role came from a token, so that it goes again
    when no token names it any more. ``photo_sha256`` is the picture that came from there: one the person chose stays.
    ``checked_at``: when Microsoft last said that they are there.
    """

    __tablename__ = "microsoft_identity"
    __table_args__ = table_args(sa.UniqueConstraint("tenant_id", "object_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(36))
    object_id: Mapped[str] = mapped_column(sa.String(36))
    upn: Mapped[str] = mapped_column(sa.String(254), default="")
    gave_role: Mapped[bool] = mapped_column(default=False)
    photo_sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    linked_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]


class OneTimeToken(Model):
    """A link that works once; found by its hash.

    ``sealed`` is the token itself, encrypted, until it is used or out of date: the mail with the link is written
    later than the token. ``detail`` is the address a link is about, where that is not the main one: the new one of a
    change, a further one, the further one a link for a new password goes to; ``former`` the main address until then.
    """

    __tablename__ = "one_time_token"
    __table_args__ = table_args(sa.Index("ix_one_time_token_person", "person_id", "purpose"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    purpose: Mapped[TokenPurpose] = mapped_column(Word(TokenPurpose))
    detail: Mapped[str] = mapped_column(sa.String(254), default="")
    former: Mapped[str] = mapped_column(sa.String(254), default="")
    sealed: Mapped[str] = mapped_column(sa.Text, default="")
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RecoveryCode(Model):
    """A code that replaces the second factor once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    used_at: Mapped[datetime | None]


class PersonWebhook(Model):
    """Where cards for one person go in Teams: an address that is a secret, encrypted and shown to nobody."""

    __tablename__ = "person_webhook"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    address: Mapped[str] = mapped_column(sa.Text)
    changed_at: Mapped[datetime]
