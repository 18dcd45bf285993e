"""What people, their staff and the shell may ask of this room."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.accounts import passwords
from app.accounts.addresses import Address
from app.accounts.words import Platform, Role
from app.core.schema import N_, Command, Id, Line, Maybe, OptionalId, refuse


def _storable(value: str) -> str:
    if "\x00" in value or any(0xD800 <= ord(sign) <= 0xDFFF for sign in value):
        raise PydanticCustomError("unwritable", "unwritable")
    return value


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        raise refuse(N_("Please choose one of the given time zones."))
    return value


# Blanks at the ends belong to a password, and nothing is cut off.
Password = Annotated[
    str,
    StringConstraints(strip_whitespace=False, min_length=1, max_length=passwords.MAX_LENGTH),
    AfterValidator(_storable),
]
Name = Annotated[Line, Field(max_length=80)]
GivenName = Annotated[Line, Field(min_length=1, max_length=80)]
Zone = Annotated[Line, Field(max_length=40), AfterValidator(_known_zone)]
Day = Maybe[date]
Level = Annotated[int, Field(ge=0, le=4), BeforeValidator(lambda value: 0 if value == "" else value)]


class Registration(Command):
    """What a new customer tells."""

    first_name: GivenName
    last_name: GivenName
    email: Address
    password: Password
    password_confirm: Annotated[str, StringConstraints(strip_whitespace=False)] | None = None

    @field_validator("password_confirm")
    @classmethod
    def _same(cls, value: str | None, known: ValidationInfo) -> str | None:
        if value is not None and value != known.data.get("password", value):
            raise refuse(N_("The two passwords differ."))
        return value


class FullRegistration(Registration):
    """A new customer who tells more of themselves than the page asks. Numbers of employees are given by staff."""

    phone: Annotated[Line, Field(max_length=40)] = ""
    company: Annotated[Line, Field(max_length=120)] = ""
    department: Name = ""
    position: Name = ""
    street_address: Annotated[Line, Field(max_length=160)] = ""
    postal_code: Annotated[Line, Field(max_length=20)] = ""
    city: Name = ""
    country: Annotated[Line, Field(max_length=60)] = ""
    language: Literal["de", "en"] | None = None
    time_zone: Zone | None = None


class NewDevice(Command):
    """A device to be told of news. `token`: what its push service knows it by; `name`: what its owner calls it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [json.loads('{"platform": "ios", "token": "f0e1d2c3b4a5", "name": "iPhone von Mia"}')]
        }
    )

    platform: Platform
    token: Annotated[str, StringConstraints(min_length=8, max_length=4096, pattern=r"^[\x20-\x7e]+$")]
    name: Name = ""


class Details(Command):
    """What a person's record says besides address, role and rights."""

    first_name: GivenName
    last_name: GivenName
    phone: Annotated[Line, Field(max_length=40)] = ""
    company: Annotated[Line, Field(max_length=120)] = ""
    department: Name = ""
    position: Name = ""
    employee_number: Maybe[Annotated[Line, Field(max_length=40)]] = None
    street_address: Annotated[Line, Field(max_length=160)] = ""
    postal_code: Annotated[Line, Field(max_length=20)] = ""
    city: Name = ""
    country: Annotated[Line, Field(max_length=60)] = ""
    language: Literal["de", "en"] = "de"
    time_zone: Zone = "Europe/Berlin"


class ChangeProfile(Details):
    """A person changes the own record."""

    version: int = Field(ge=1)
    single_keys: bool = False


class ChangePerson(Details):
    """Staff change somebody's record."""

    version: int = Field(ge=1)
    organisation_id: OptionalId = None
    manages_organisation: bool = False
    is_vip: bool = False


class NewPerson(Command):
    """Staff make an account; the person sets the password by a link."""

    first_name: GivenName
    last_name: GivenName
    email: Address
    role: Role = Role.CUSTOMER
    support_level: Level = 0
    team_ids: list[Id] = Field(default_factory=list, max_length=50)
    organisation_id: OptionalId = None
    phone: Annotated[Line, Field(max_length=40)] = ""
    company: Annotated[Line, Field(max_length=120)] = ""
    department: Name = ""
    language: Literal["de", "en"] = "de"
    send_welcome: bool = False


class ChangeRole(Command):
    role: Role
    support_level: Level = 0
    version: int = Field(ge=1)


class ChangeEmail(Command):
    email: Address


class Absence(Command):
    """Days away, both included; without an end until it is taken back. Empty: not absent."""

    absent_from: Day = None
    absent_until: Day = None
    deputy_id: OptionalId = None


class NewTeam(Command):
    name: Annotated[Line, Field(min_length=1, max_length=80)]
    is_confidential: bool = False
    auto_assign: bool = False


class ChangeTeam(NewTeam):
    is_active: bool = False
    is_default: bool = False
    version: int = Field(ge=1)


class NewOrganisation(Command):
    name: Annotated[Line, Field(min_length=1, max_length=120)]


class ChangeOrganisation(NewOrganisation):
    version: int = Field(ge=1)


class PeopleFilter(Command):
    """The people list: what to look for and which page."""

    q: Annotated[Line, Field(max_length=100)] = ""
    role: Maybe[Role] = None
    active: Literal["yes", "no", "all"] = "yes"
    team: OptionalId = None
    cursor: Annotated[Line, Field(max_length=500)] = ""
