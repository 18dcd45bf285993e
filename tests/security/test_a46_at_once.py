"""A46: many at the same moment make one account with one identity, and break nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from app.accounts import sign_ins
from app.accounts.actions import connecting
from app.accounts.actions import microsoft as entering
from app.accounts.actors import actor_for_id
from app.accounts.models import MicrosoftIdentity, Person, SignIn
from app.accounts.sign_ins import Browser
from app.core.actor import NOBODY
from app.core.db import db
from app.core.uow import run_unit
from app.jobs import microsoft as asking
from tests.support.at_once import THREADS, at_once
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]


@pytest.fixture
def carla(tenant):
    """Somebody of the directory as they arrive."""
    token = tenant.ms.issue_access_token(tenant.ms.people["customer"])
    return asking.arrival_of(asking.entra().claims_of_access_token(token))


def count(model):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_a46_first_sign_ins_at_once_make_one_account(tenant, carla):
    come = partial(run_unit, partial(entering.enter, carla, Browser(), actor=NOBODY))
    assert at_once(tenant.world.app, come) == []
    assert (count(MicrosoftIdentity), count(Person), count(SignIn)) == (1, 1, THREADS)


def test_a46_an_account_is_joined_once(tenant, carla):
    tenant.world.customer(email=carla.upn, verified_at=None)
    come = partial(run_unit, partial(entering.enter, carla, Browser(), actor=NOBODY))
    assert at_once(tenant.world.app, come) == []
    assert (count(MicrosoftIdentity), count(Person)) == (1, 1)


def test_a46_connecting_in_two_windows_connects_once(tenant, carla):
    mia = tenant.world.customer()
    run_unit(lambda: sign_ins.begin(mia, Browser()))
    number = db.session.scalars(sa.select(SignIn.id)).one()
    actor = replace(actor_for_id(mia.id), sign_in_id=number)
    db.session.rollback()
    connect = partial(run_unit, partial(connecting.connect_own, carla, actor=actor))
    assert at_once(tenant.world.app, connect) == []
    assert count(MicrosoftIdentity) == 1
