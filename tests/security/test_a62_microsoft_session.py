"""A62: a session that Microsoft still had is no proof of who sits there now."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import sign_ins
from app.accounts.models import SignIn
from app.core import clock
from app.core.db import db
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]
CONFIRM = "/auth/confirm-password"


@pytest.fixture
def carla(tenant):
    """Somebody of the directory; her browser is ``tenant.hers``."""
    tenant.hers = tenant.world.browser()
    return tenant.ms.people["customer"]


def is_asked_again(browser):
    """Whether a sensitive page wants a proof first."""
    browser.get("/auth/profile")
    return browser.get("/auth/microsoft/connect").headers["Location"].startswith(CONFIRM)


def test_a62_a_sign_in_whose_age_nobody_told_is_no_proof(tenant, carla):
    tenant.sign_in(carla, tenant.hers)
    assert db.session.scalars(sa.select(SignIn.confirmed_at)).one() == sign_ins.NEVER
    assert is_asked_again(tenant.hers)


def test_a62_who_signed_in_at_microsoft_in_these_minutes_is_not_asked_again(tenant, carla):
    tenant.ms.optional_claims.add("auth_time")
    tenant.sign_in(carla, tenant.hers)
    assert not is_asked_again(tenant.hers)


def test_a62_an_older_session_at_microsoft_is_no_proof(tenant, carla):
    tenant.ms.next_claims(auth_time=int(time.time()) - 3600)
    tenant.sign_in(carla, tenant.hers)
    assert is_asked_again(tenant.hers)


def test_a62_a_proof_at_microsoft_counts_for_ten_minutes(tenant, carla):
    tenant.sign_in(carla, tenant.hers)
    tenant.sign_in(carla, tenant.hers, "/auth/microsoft/confirm")
    assert not is_asked_again(tenant.hers)
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        assert is_asked_again(tenant.hers)
