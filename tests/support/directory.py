"""The directory of the simulated Microsoft, and runs over it."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.import_models import PeopleFetch
from app.core.db import db
from app.jobs import directory
from tests.support.tenant import Tenant

DOMAIN = "musterfirma.example"


def run(**options: bool) -> PeopleFetch:
    """A run, and what is written of it."""
    directory.fetch(**options)
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(PeopleFetch).order_by(PeopleFetch.id.desc()).limit(1)).one()


def people_of(firm: Tenant) -> list[str]:
    """Those of the directory who get an account."""
    ms = firm.ms
    return [
        one.upn
        for one in ms.people.values()
        if one.enabled and not one.guest and one.tenant_id == ms.tenant_id
    ]


def many(firm: Tenant, number: int) -> None:
    for n in range(number):
        firm.ms.add_person(f"person{n}", f"person{n}@{DOMAIN}", given_name="Person", surname=f"Nr {n:03}")
