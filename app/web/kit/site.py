"""What every page says of the organisation: name, colour, ways to reach it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g

from app.core.environment import environment
from app.settings.queries import get as settings
from app.settings.queries import known
from app.settings.schemas import Site


@dataclass(frozen=True, slots=True)
class SiteView:
    """The organisation as templates see it."""

    name: str
    accent: str
    logo_url: str
    support_email: str
    support_phone: str
    hours: str
    imprint_url: str
    privacy_url: str


def site_view() -> SiteView:
    """The organisation of this installation."""
    stored = known(Site) if g.get("database_down") else settings(Site)
    return SiteView(
        name=stored.title or environment().app_name,
        accent=stored.accent,
        logo_url=stored.logo_url,
        support_email=stored.support_email,
        support_phone=stored.support_phone,
        hours=stored.hours,
        imprint_url=stored.imprint_url,
        privacy_url=stored.privacy_url,
    )
