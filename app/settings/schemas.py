"""The groups of settings with their defaults and limits."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from app.core.schema import Line, Maybe

Link = Annotated[Line, Field(max_length=300, pattern=r"^(https?://|/|$)")]


class Group(BaseModel):
    """A group of settings that is shown, checked and saved together."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    name: ClassVar[str]


class Site(Group):
    """What people see of the organisation: name and ways to reach it."""

    name = "site"

    title: Annotated[Line, Field(max_length=60)] = ""
    accent: Annotated[Line, Field(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    logo_url: Annotated[Line, Field(max_length=300, pattern=r"^(/[A-Za-z0-9].*)?$")] = ""
    support_email: Annotated[Line, Field(max_length=254)] = ""
    support_phone: Annotated[Line, Field(max_length=40)] = ""
    emergency_phone: Annotated[Line, Field(max_length=40)] = ""
    hours: Annotated[Line, Field(max_length=120)] = ""
    teams_url: Link = ""
    docs_url: Link = ""
    imprint_url: Link = ""
    privacy_url: Link = ""


class TicketRules(Group):
    """How tickets live: days, windows, who may hand on."""

    name = "tickets"

    close_after_days: int = Field(7, ge=1, le=365)
    reopen_within_days: int = Field(14, ge=0, le=365)
    rating_within_days: int = Field(30, ge=1, le=365)
    undo_seconds: int = Field(15, ge=0, le=120)
    correct_within_minutes: int = Field(5, ge=0, le=60)
    agents_hand_on: bool = False
    agents_see_all_teams: bool = False


class MailRules(Group):
    """Limits of automatic mail."""

    name = "mail"

    automatic_per_hour: int = Field(5, ge=1, le=100)
    automatic_per_hour_in_all: int = Field(2000, ge=10, le=100_000)
    acknowledge: bool = True
    bounces_until_muted: int = Field(2, ge=1, le=20)


class CardRules(Group):
    """How many cards a channel in Teams gets one by one."""

    name = "cards"

    at_once: int = Field(5, ge=1, le=50)


class SignInRules(Group):
    """How people may get in."""

    name = "sign_in"

    self_registration: bool = True
    admins_need_second_factor: bool = False


GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
Guid = Annotated[Line, Field(pattern=rf"^({GUID})?$")]
Guids = Annotated[Line, Field(max_length=2000, pattern=rf"^({GUID}(\s*,\s*{GUID})*)?$")]
# App roles by their value, groups by their id, with commas between.
Named = Annotated[Line, Field(max_length=1000, pattern=r"^[A-Za-z0-9._ ,-]*$")]


class Microsoft(Group):
    """The app registration at Microsoft, and who comes in by it as what (docs/microsoft.md).

    ``client_secret`` is encrypted where it is stored, and in clear where the environment says it. ``mailboxes``: the
    addresses the application may read and send from although its permission opens all. ``fetch_people``: everybody of
    the directory gets an account, and their record comes from there (docs/people.md).
    """

    name = "microsoft"

    tenant_id: Guid = ""
    client_id: Guid = ""
    client_secret: Annotated[str, Field(max_length=2000)] = ""
    secret_expires_on: Maybe[date] = None
    further_tenants: Guids = ""
    mailboxes: Annotated[Line, Field(max_length=4000)] = ""
    sign_up: bool = True
    fetch_people: bool = False
    admins: Named = "Helpdesk.Admin"
    team_leaders: Named = "Helpdesk.TeamLeader"
    agents: Named = "Helpdesk.Agent"
    agents_2: Named = "Helpdesk.Agent.2"
    agents_3: Named = "Helpdesk.Agent.3"
    agents_4: Named = "Helpdesk.Agent.4"


GROUPS: tuple[type[Group], ...] = (Site, TicketRules, MailRules, CardRules, SignInRules, Microsoft)
