"""What can happen to people, teams and sign-ins.

Facts that lead to a mail with a link carry the id of the one-time token; `app.accounts.tokens.link_for` tells the link.
"""

from __future__ import annotations

from datetime import date

from app.events.kinds import Fact


class TeamCreated(Fact):
    kind = "team.created"
    name: str


class TeamChanged(Fact):
    kind = "team.changed"
    fields: list[str]


class MemberAdded(Fact):
    kind = "team.member_added"
    person_id: int
    leads: bool = False


class MemberRemoved(Fact):
    kind = "team.member_removed"
    person_id: int


class OrganisationCreated(Fact):
    kind = "organisation.created"
    name: str


class OrganisationChanged(Fact):
    kind = "organisation.changed"
    fields: list[str]


class PersonCreated(Fact):
    """``how``: people (by staff), registration, mail, shell, import (a file), entra (the directory)."""

    kind = "person.created"
    role: str
    how: str


class PersonWelcomed(Fact):
    """A first link to set a password is on its way."""

    kind = "person.welcomed"
    token_id: int


class PersonChanged(Fact):
    """``how``: import, entra; empty for people by hand."""

    kind = "person.changed"
    fields: list[str]
    how: str = ""


class RoleChanged(Fact):
    kind = "person.role_changed"
    before: str
    after: str
    level_before: int
    level_after: int


class OwnWebhookSet(Fact):
    """Cards about the own tickets go to an address in Teams; which one stays secret."""

    kind = "person.webhook_set"


class OwnWebhookRemoved(Fact):
    kind = "person.webhook_removed"


class PersonDeactivated(Fact):
    """``how``: as ``PersonChanged``."""

    kind = "person.deactivated"
    how: str = ""


class PersonActivated(Fact):
    """``how``: as ``PersonChanged``."""

    kind = "person.activated"
    how: str = ""


class AbsenceChanged(Fact):
    kind = "person.absence_changed"
    absent_from: date | None
    absent_until: date | None
    deputy_id: int | None


class RegistrationStarted(Fact):
    """Somebody registered; the link that confirms the address is on its way."""

    kind = "registration.started"
    token_id: int


class RegistrationConfirmed(Fact):
    kind = "registration.confirmed"


class RegistrationRefused(Fact):
    """``reason``: closed, ours (an address of the helpdesk itself), inactive."""

    kind = "registration.refused"
    reason: str


class SignInSucceeded(Fact):
    """``factor``: what was given besides the password: none, code, recovery_code; microsoft in place of both."""

    kind = "sign_in.succeeded"
    sign_in_id: int
    factor: str = "none"


class SignInFailed(Fact):
    """``reason``: password, code, unverified, at_microsoft; by Microsoft see `app.accounts.words.Refusal`."""

    kind = "sign_in.failed"
    reason: str


class SignInEnded(Fact):
    """``how``: sign_out, by_person, microsoft (signed out there), token_reused (a spent one came again, A51)."""

    kind = "sign_in.ended"
    sign_in_id: int
    how: str


class SignInsEnded(Fact):
    """``how``: by_person, by_staff, microsoft (it says that the person may no longer)."""

    kind = "sign_in.all_ended"
    count: int
    how: str


class PasswordConfirmed(Fact):
    """Who they are was proved once more: by the password, at Microsoft, or with a code."""

    kind = "password.confirmed"


class MicrosoftConnected(Fact):
    """The account at Microsoft. ``how``: by_person, address (their sign-in name is the address), new, fetched."""

    kind = "person.connected"
    how: str


class MicrosoftDisconnected(Fact):
    kind = "person.disconnected"


class PasswordNotNeeded(Fact):
    """A link for a new password was asked for somebody who signs in with Microsoft; they are told so."""

    kind = "password.not_needed"


class PasswordChanged(Fact):
    """``how``: changed (with the old one), reset (by link), shell."""

    kind = "password.changed"
    how: str
    ended_sign_ins: int


class PasswordResetRequested(Fact):
    """``how``: forgotten, registered_again, by_staff."""

    kind = "password.reset_requested"
    token_id: int
    how: str = "forgotten"


class PasswordResetRefused(Fact):
    """``reason``: unknown, inactive."""

    kind = "password.reset_refused"
    reason: str


class EmailChangeRequested(Fact):
    """The link goes to the new address, a warning to the present one."""

    kind = "email.change_requested"
    token_id: int


class EmailChangeRefused(Fact):
    """``reason``: taken, ours."""

    kind = "email.change_refused"
    reason: str


class EmailChanged(Fact):
    """``token_id``: the row that knows both addresses. ``how``: confirmed, by_staff, and where the former main address
    stays as a further one, made_main, made_main_by_staff."""

    kind = "email.changed"
    token_id: int
    how: str


class FurtherAddressRequested(Fact):
    """The link goes to the further address, a warning to the main one. ``reason``: taken, ours; then no link goes."""

    kind = "email.further_requested"
    token_id: int
    reason: str = ""


class FurtherAddressAdded(Fact):
    """``token_id``: the row that knows the address. ``how``: confirmed, by_staff."""

    kind = "email.further_added"
    further_id: int
    token_id: int
    how: str


class FurtherAddressRemoved(Fact):
    """``token_id``: the row that knows the address. ``how``: by_person, by_staff."""

    kind = "email.further_removed"
    further_id: int
    token_id: int
    how: str


class FurtherAddressWithdrawn(Fact):
    """An address that still waited for its confirmation was taken back. ``how``: by_person, by_staff."""

    kind = "email.further_withdrawn"
    further_id: int
    how: str


class SecondFactorEnrolled(Fact):
    kind = "totp.enrolled"
    ended_sign_ins: int


class SecondFactorRemoved(Fact):
    kind = "totp.removed"
    ended_sign_ins: int
    by_staff: bool = False


class RecoveryCodesRenewed(Fact):
    kind = "totp.codes_renewed"
    ended_sign_ins: int


class DeviceAdded(Fact):
    """A device is told of news. ``moved``: it was somebody else's until now."""

    kind = "device.added"
    device_id: int
    platform: str
    moved: bool = False


class DeviceRemoved(Fact):
    """``how``: by_person, too_many, moved (somebody else uses it now)."""

    kind = "device.removed"
    device_id: int
    how: str


class LinkShown(Fact):
    """An administrator looked at somebody's one-time link to hand it over."""

    kind = "person.link_shown"
    token_id: int
    purpose: str
