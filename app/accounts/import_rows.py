"""A line of a file of people as what it says: words of tables become words of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from app.accounts.addresses import Address
from app.accounts.schemas import Level, Name
from app.accounts.words import Role
from app.core.language import Lazy, lazy_gettext
from app.core.schema import N_, Command, Line, Maybe, refuse, sentences
from app.core.text import fold

ROLES = {
    **dict.fromkeys(("kunde", "kundin", "customer"), Role.CUSTOMER),
    **dict.fromkeys(("agent", "agentin", "supportagent"), Role.SUPPORT_AGENT),
    **dict.fromkeys(("teamleitung", "teamleiter", "teamleiterin", "teamleader"), Role.TEAM_LEADER),
    **dict.fromkeys(("administrator", "administratorin", "administration", "admin"), Role.ADMIN),
}
LANGUAGES = {
    **dict.fromkeys(("de", "deutsch", "german"), "de"),
    **dict.fromkeys(("en", "englisch", "english"), "en"),
}
ANSWERS = {
    **dict.fromkeys(("ja", "j", "yes", "y", "true", "wahr", "1", "x", "aktiv", "active"), True),
    **dict.fromkeys(("nein", "n", "no", "false", "falsch", "0", "inaktiv", "inactive"), False),
}
FIELD_NAMES: dict[str, Lazy] = {
    "email": lazy_gettext("E-mail address"),
    "first_name": lazy_gettext("First name"),
    "last_name": lazy_gettext("Last name"),
    "phone": lazy_gettext("Phone"),
    "company": lazy_gettext("Company"),
    "department": lazy_gettext("Department"),
    "position": lazy_gettext("Position"),
    "employee_number": lazy_gettext("Employee number"),
    "street_address": lazy_gettext("Street and number"),
    "postal_code": lazy_gettext("Postal code"),
    "city": lazy_gettext("City"),
    "country": lazy_gettext("Country"),
    "language": lazy_gettext("Language"),
    "role": lazy_gettext("Role"),
    "support_level": lazy_gettext("Support level"),
    "organisation": lazy_gettext("Organisation"),
    "manager": lazy_gettext("Manager"),
    "is_active": lazy_gettext("Active"),
}


def _one_of(words: Mapping[str, Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        plain = "".join(letter for letter in fold(value) if letter.isalnum())
        if plain not in words:
            raise refuse(N_("This word is not known here."))
        return words[plain]

    return read


class Row(Command):
    """What a line says; an empty cell says nothing and changes nothing."""

    email: Address
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None
    company: Annotated[Line, Field(max_length=120)] | None = None
    department: Name | None = None
    position: Name | None = None
    employee_number: Annotated[Line, Field(max_length=40)] | None = None
    street_address: Annotated[Line, Field(max_length=160)] | None = None
    postal_code: Annotated[Line, Field(max_length=20)] | None = None
    city: Name | None = None
    country: Annotated[Line, Field(max_length=60)] | None = None
    language: Annotated[Literal["de", "en"] | None, BeforeValidator(_one_of(LANGUAGES))] = None
    role: Annotated[Role | None, BeforeValidator(_one_of(ROLES))] = None
    support_level: Level = 0
    organisation: Annotated[Line, Field(max_length=120)] | None = None
    manager: Maybe[Address] = None
    is_active: Annotated[bool | None, BeforeValidator(_one_of(ANSWERS))] = None


def row_of(cells: Mapping[str, str]) -> tuple[Row | None, str]:
    """What a line says, or why that cannot be understood."""
    try:
        return Row.model_validate(cells), ""
    except ValidationError as error:
        parts = (f"{FIELD_NAMES[name]}: {' '.join(texts)}" for name, texts in sentences(error).items())
        return None, " ".join(parts)
