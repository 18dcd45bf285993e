"""What programs may want of people; every name is that of the shape ``User``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from app.accounts.addresses import Address
from app.accounts.schemas import GivenName, Name, Zone
from app.accounts.words import Role
from app.core.schema import Command, Id, Line
from app.web.api.ticket_commands import example
from app.web.kit.json_lists import Paged

# What a field is called in the room.
FIELDS = {"employee_id": "employee_number"}
Language = Literal["de", "en"]
Level = Annotated[int, Field(ge=0, le=4)]
Phone = Annotated[Line, Field(max_length=40)]
Company = Annotated[Line, Field(max_length=120)]
Street = Annotated[Line, Field(max_length=160)]
PostalCode = Annotated[Line, Field(max_length=20)]
Country = Annotated[Line, Field(max_length=60)]
EmployeeId = Annotated[Line, Field(max_length=40)]


class UsersWanted(Paged):
    """`search`: the beginning of a first or last name or of an address."""

    search: Annotated[Line, Field(max_length=100)] = ""
    role: Role | None = None
    is_active: bool | None = None


class ProfileChange(Command):
    """What is to be different in the own record; what is missing or null stays, an empty text empties a field."""

    model_config = example(phone="030 1234", department="Einkauf")

    first_name: GivenName | None = None
    last_name: GivenName | None = None
    phone: Phone | None = None
    company: Company | None = None
    street_address: Street | None = None
    postal_code: PostalCode | None = None
    city: Name | None = None
    country: Country | None = None
    employee_id: EmployeeId | None = None
    department: Name | None = None
    position: Name | None = None
    language: Language | None = None
    time_zone: Zone | None = None


class UserChange(ProfileChange):
    """What is to be different in somebody's account; what is missing or null stays, an empty text empties a field."""

    model_config = example(department="Einkauf", role="support_agent", support_level=2)

    email: Address | None = None
    role: Role | None = None
    support_level: Level | None = None
    is_active: bool | None = None


class WholeUser(Command):
    """Everything of somebody's account that can be changed, at once."""

    model_config = example(
        **{
            "first_name": "Mia",
            "last_name": "Muster",
            "email": "mia.muster@firma.example",
            "role": "customer",
        },
        **{"support_level": 0, "phone": "", "company": "Firma", "street_address": "", "postal_code": ""},
        **{"city": "Kiel", "country": "", "employee_id": None, "department": "Einkauf", "position": ""},
        **{"language": "de", "time_zone": "Europe/Berlin", "is_active": True},
    )

    first_name: GivenName
    last_name: GivenName
    email: Address
    role: Role
    support_level: Level
    phone: Phone
    company: Company
    street_address: Street
    postal_code: PostalCode
    city: Name
    country: Country
    employee_id: EmployeeId | None
    department: Name
    position: Name
    language: Language
    time_zone: Zone
    is_active: bool


class NewUser(Command):
    """Somebody new. With `send_welcome` a mail brings the link to set a password; agents need a `support_level`."""

    model_config = example(
        first_name="Mia", last_name="Muster", email="mia.muster@firma.example", send_welcome=True
    )

    first_name: GivenName
    last_name: GivenName
    email: Address
    role: Role = Role.CUSTOMER
    support_level: Level = 0
    team_ids: Annotated[list[Id], Field(max_length=50)] = Field(default_factory=list)
    organisation_id: Id | None = None
    phone: Phone = ""
    company: Company = ""
    department: Name = ""
    language: Language = "de"
    send_welcome: bool = False


def changes(command: ProfileChange | WholeUser) -> dict[str, Any]:
    """What somebody wants to be different, under the names of the room; of a whole account that is everything."""
    given = command.model_dump(exclude_none=isinstance(command, ProfileChange))
    if "employee_id" in given:
        # A number that nobody has is none: two of them would be the same.
        given["employee_id"] = given["employee_id"] or None
    return {FIELDS.get(name, name): value for name, value in given.items()}
