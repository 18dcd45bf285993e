"""A47: what comes back from Microsoft counts only if it was asked for, once, by this browser, and is what it says."""

from __future__ import annotations

import html
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.models import SignIn
from app.core import clock
from app.core.db import db
from app.web.auth import flows
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]

SCRIPT = "<script>alert(1)</script>"


def nobody_came_in(answer, browser):
    """A refusal without a sign-in, and without words of a stranger as markup."""
    assert answer.status_code == 400, answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0
    assert browser.get("/portal").headers["Location"].startswith("/auth/login")
    assert SCRIPT not in answer.text


def way_back(tenant, browser, who="customer"):
    return tenant.ms.visitor.choose(tenant.go(browser), tenant.ms.people[who])


def flow_cookie(answer):
    """The line that gives the browser its flow to keep."""
    return next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("hd-flow-"))


def with_query(address, **changed):
    """The way back with other words behind the question mark; None takes one out."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | changed
    kept = {name: value for name, value in query.items() if value is not None}
    return parts._replace(query=urlencode(kept)).geturl()


@pytest.mark.parametrize("state", [None, "", "somebody-elses", "x" * 9000])
def test_without_the_state_of_this_browser(tenant, state):
    browser = tenant.world.browser()
    nobody_came_in(tenant.come_back(browser, with_query(way_back(tenant, browser), state=state)), browser)


def test_with_the_state_of_another_browser(tenant):
    victim, attacker = tenant.world.browser(), tenant.world.browser()
    way_back(tenant, victim)
    nobody_came_in(tenant.come_back(victim, way_back(tenant, attacker)), victim)


def test_twice_with_the_same_state(tenant):
    browser = tenant.world.browser()
    begun = browser.get("/auth/microsoft")
    name, _equals, value = flow_cookie(begun).partition(";")[0].partition("=")
    address = tenant.ms.visitor.choose(begun.headers["Location"], tenant.ms.people["customer"])
    assert tenant.come_back(browser, address).status_code == 303
    assert browser.client.get_cookie(name) is None
    browser.client.set_cookie(name, value)
    assert tenant.come_back(browser, address).status_code == 400


def test_with_a_code_that_belongs_to_another_flow(tenant):
    browser, another = tenant.world.browser(), tenant.world.browser()
    stolen = tenant.ms.visitor.parameters(way_back(tenant, another, "admin"))["code"]
    nobody_came_in(tenant.come_back(browser, with_query(way_back(tenant, browser), code=stolen)), browser)


@pytest.mark.parametrize("code", [None, "", "guessed"])
def test_without_a_good_code(tenant, code):
    browser = tenant.world.browser()
    nobody_came_in(tenant.come_back(browser, with_query(way_back(tenant, browser), code=code)), browser)


def test_an_error_of_microsoft_is_told_in_our_words(tenant):
    browser = tenant.world.browser()
    address = with_query(
        way_back(tenant, browser), code=None, error="access_denied", error_description=SCRIPT
    )
    answer = tenant.come_back(browser, address)
    nobody_came_in(answer, browser)
    assert "abgebrochen" in answer.text
    assert html.escape(SCRIPT) not in answer.text


def test_somebody_who_changed_their_mind(tenant):
    browser = tenant.world.browser()
    answer = tenant.come_back(browser, tenant.ms.visitor.cancel(tenant.go(browser)))
    nobody_came_in(answer, browser)


FORGERIES = {
    "wrong audience": {"aud": "5a1e2c3d-9999-4000-8000-000000000000"},
    "several audiences": {"aud": ["5a1e2c3d-0000-4000-8000-0000000c11e7", "other"]},
    "wrong issuer": {"iss": "https://evil.example/v2.0"},
    "issuer of another tenant": {"iss": "https://login.microsoftonline.com/other/v2.0"},
    "no tenant": {"tid": None},
    "no object": {"oid": None},
    "out of date": {"exp": 1_000_000_000},
    "without an end": {"exp": None},
    "of the future": {"nbf": 4_000_000_000},
    "made tomorrow": {"iat": 4_000_000_000},
    "wrong nonce": {"nonce": "x" * 64},
    "no nonce": {"nonce": None},
    "an old version": {"ver": "1.0"},
}


@pytest.mark.parametrize("claims", FORGERIES.values(), ids=FORGERIES)
def test_claims_that_are_not_ours(tenant, claims):
    tenant.ms.next_claims(**claims)
    browser = tenant.world.browser()
    nobody_came_in(tenant.come_back(browser, way_back(tenant, browser)), browser)


def test_the_name_of_another_tenant(tenant):
    """Its issuer is right for it, but nobody let it in."""
    foreign = tenant.ms.people["foreign"].tenant_id
    tenant.ms.next_claims(tid=foreign, iss=tenant.ms.issuer(foreign))
    browser = tenant.world.browser()
    nobody_came_in(tenant.come_back(browser, way_back(tenant, browser)), browser)


@pytest.mark.parametrize(
    "kind", ["unknown_key", "borrowed_name", "old_key", "hs256_with_public_key", "alg_none"]
)
def test_signatures_that_are_not_microsofts(tenant, kind):
    tenant.ms.next_id_token(lambda person, claims: getattr(tenant.ms.forged, kind)(person, **claims))
    browser = tenant.world.browser()
    nobody_came_in(tenant.come_back(browser, way_back(tenant, browser)), browser)


def test_keys_that_were_changed_are_learnt(tenant):
    tenant.sign_in(tenant.ms.people["customer"])
    tenant.ms.keys.rotate(keep_old=True)
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        assert tenant.sign_in(tenant.ms.people["customer"]).status_code == 303


def test_the_flow_is_kept_where_only_this_browser_reaches_it(tenant):
    answer = tenant.world.browser().get("/auth/microsoft")
    cookie = flow_cookie(answer)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "code_verifier" not in cookie
    assert "code_challenge_method=S256" in answer.headers["Location"]
    assert "code_verifier" not in answer.headers["Location"]


def test_a47_a_browser_that_begins_again_and_again_keeps_only_a_few_flows(tenant):
    browser = tenant.world.browser()
    ways = [way_back(tenant, browser) for _ in range(12)]
    kept = browser.client._cookies if hasattr(browser, "client") else browser._cookies
    assert sum(cookie.decoded_key.startswith("hd-flow-") for cookie in kept.values()) == flows.MOST_KEPT
    assert tenant.come_back(browser, ways[0]).status_code == 400
    assert tenant.come_back(browser, ways[-1]).status_code == 303
