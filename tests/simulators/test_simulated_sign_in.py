"""The simulated Entra, asked by Microsoft's own library: codes, refresh tokens, sessions, refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
import time_machine

from tools.simulated_microsoft import Microsoft, Person

CALLBACK = "http://localhost:5000/auth/oauth_callback"
# The library recommends form_post, with which cookies that are only sent by links do not come along.
pytestmark = [pytest.mark.sqlite_only, pytest.mark.filterwarnings("ignore:response_mode:UserWarning")]
Maker = Callable[..., Any]


def begin(client: Any, **wishes: Any) -> Any:
    return client.initiate_auth_code_flow(["User.Read"], redirect_uri=CALLBACK, **wishes)


def sign_in(ms: Microsoft, client: Any, person: Person, **wishes: Any) -> Any:
    """The whole way with the library; what it hands to the application."""
    flow = begin(client, **wishes)
    address = ms.visitor.choose(flow["auth_uri"], person)
    return client.acquire_token_by_auth_code_flow(flow, ms.visitor.parameters(address))


def checked(ms: Microsoft, web: requests.Session, token: str) -> dict[str, Any]:
    """The claims of a token whose signature is checked with the published keys."""
    found = web.get(f"{ms.authority}/discovery/v2.0/keys", timeout=10).json()["keys"]
    keys = {one["kid"]: jwt.PyJWK(one) for one in found}
    return dict(
        jwt.decode(token, keys[jwt.get_unverified_header(token)["kid"]], ["RS256"], audience=ms.client_id)
    )


def test_an_agent_signs_in_by_the_library(
    microsoft: Microsoft, web: requests.Session, application: Maker
) -> None:
    agent = microsoft.people["agent"]
    told = sign_in(microsoft, application(), agent)
    claims = checked(microsoft, web, told["id_token"])
    assert (claims["oid"], claims["tid"]) == (agent.object_id, microsoft.tenant_id)
    assert claims["roles"] == ["Helpdesk.Agent"]
    assert claims["preferred_username"] == agent.upn
    assert claims["iss"] == f"{microsoft.base_url}/{microsoft.tenant_id}/v2.0"
    assert told["refresh_token"]


def test_the_answer_can_come_as_a_form(microsoft: Microsoft, application: Maker) -> None:
    client = application()
    flow = begin(client, response_mode="form_post")
    target, form = microsoft.visitor.choose_posting(flow["auth_uri"], microsoft.people["customer"])
    assert target == CALLBACK
    assert "access_token" in client.acquire_token_by_auth_code_flow(flow, form)


def test_browsers_are_sent_to_the_plain_listener_unless_asked_otherwise(
    microsoft: Microsoft, web: requests.Session
) -> None:
    where = f"{microsoft.authority}/v2.0/.well-known/openid-configuration"
    told = web.get(where, timeout=10).json()
    assert told["authorization_endpoint"].startswith(microsoft.pages_url)
    assert told["token_endpoint"].startswith(microsoft.base_url)
    microsoft.browser_over_tls = True
    try:
        told = web.get(where, timeout=10).json()
    finally:
        microsoft.browser_over_tls = False
    assert told["end_session_endpoint"].startswith(microsoft.base_url)


def test_a_second_sign_in_passes_without_a_question(microsoft: Microsoft, application: Maker) -> None:
    client = application()
    sign_in(microsoft, client, microsoft.people["agent"])
    assert "code=" in microsoft.visitor.open(begin(client)["auth_uri"])
    assert "code=" in microsoft.visitor.open(begin(client, prompt="none")["auth_uri"])


@pytest.mark.parametrize(
    "wishes", [{"prompt": "login"}, {"prompt": "select_account"}, {"login_hint": "else@x.example"}]
)
def test_a_second_sign_in_asks_when_it_is_told_to(
    microsoft: Microsoft, application: Maker, wishes: dict[str, str]
) -> None:
    client = application()
    sign_in(microsoft, client, microsoft.people["agent"])
    assert microsoft.visitor.open(begin(client, **wishes)["auth_uri"]) == ""


def test_a_session_that_is_too_old_is_not_used(microsoft: Microsoft, application: Maker) -> None:
    client = application()
    with time_machine.travel(datetime(2026, 11, 30, 8, tzinfo=UTC), tick=False) as clock:
        told = sign_in(microsoft, client, microsoft.people["agent"], max_age=60)
        assert told["id_token_claims"]["auth_time"]
        clock.shift(61)
        assert microsoft.visitor.open(begin(client, max_age=60)["auth_uri"]) == ""


def test_nobody_signed_in_and_no_question_allowed(microsoft: Microsoft, application: Maker) -> None:
    told = microsoft.visitor.open(begin(application(), prompt="none")["auth_uri"])
    assert microsoft.visitor.parameters(told)["error"] == "login_required"


def test_cancelling_goes_back_with_an_error(microsoft: Microsoft, application: Maker) -> None:
    flow = begin(application())
    told = microsoft.visitor.parameters(microsoft.visitor.cancel(flow["auth_uri"]))
    assert (told["error"], told["state"]) == ("access_denied", flow["state"])


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"redirect_uri": "https://evil.example/auth/oauth_callback"}, "50011"),
        ({"redirect_uri": "http://localhost:5000/elsewhere"}, "50011"),
        ({"client_id": "somebody"}, "700016"),
    ],
)
def test_the_browser_is_sent_to_registered_addresses_only(
    microsoft: Microsoft, web: requests.Session, application: Maker, changed: dict[str, str], number: str
) -> None:
    parts = urlsplit(begin(application())["auth_uri"])
    told = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    answer = web.get(f"{microsoft.pages_url}{parts.path}", params=told, allow_redirects=False, timeout=10)
    assert answer.status_code == 400
    assert f"AADSTS{number}" in answer.text


def test_a_proof_key_is_demanded(microsoft: Microsoft, web: requests.Session, application: Maker) -> None:
    parts = urlsplit(begin(application())["auth_uri"])
    told = {name: values[0] for name, values in parse_qs(parts.query).items() if "challenge" not in name}
    answer = web.get(f"{microsoft.pages_url}{parts.path}", params=told, allow_redirects=False, timeout=10)
    assert microsoft.visitor.parameters(answer.headers["Location"])["error"] == "invalid_request"


@pytest.mark.parametrize(("key", "number"), [("disabled", "50057"), ("foreign", "50020")])
def test_some_people_are_not_let_in(microsoft: Microsoft, application: Maker, key: str, number: str) -> None:
    with pytest.raises(ValueError, match=f"AADSTS{number}"):
        microsoft.visitor.choose(begin(application())["auth_uri"], microsoft.people[key])


def test_a_foreign_tenant_comes_in_by_the_common_door(microsoft: Microsoft, application: Maker) -> None:
    microsoft.multi_tenant = True
    foreign = microsoft.people["foreign"]
    told = sign_in(microsoft, application(authority=f"{microsoft.base_url}/common"), foreign)
    claims = jwt.decode(told["id_token"], options={"verify_signature": False})
    assert (claims["tid"], claims["email"]) == (foreign.tenant_id, microsoft.people["admin"].mail)
    assert claims["iss"] == microsoft.issuer(foreign.tenant_id)


def test_a_token_with_too_many_groups_names_none(microsoft: Microsoft, application: Maker) -> None:
    claims = sign_in(microsoft, application(), microsoft.people["crowded"])["id_token_claims"]
    assert "groups" not in claims
    assert claims["_claim_names"] == {"groups": "src1"}


def test_a_guest_can_be_told_from_a_member(microsoft: Microsoft, application: Maker) -> None:
    claims = sign_in(microsoft, application(), microsoft.people["guest"])["id_token_claims"]
    assert (claims["acct"], "#EXT#" in claims["preferred_username"]) == (1, True)
    assert claims["idp"]


def test_claims_and_tokens_of_the_next_answer_can_be_replaced(
    microsoft: Microsoft, application: Maker
) -> None:
    microsoft.next_claims(tid="another", email=None)
    told = sign_in(microsoft, application(), microsoft.people["agent"])
    assert told["id_token_claims"]["tid"] == "another"
    assert "email" not in told["id_token_claims"]
    microsoft.visitor.forget()
    microsoft.next_id_token(lambda person, claims: microsoft.forged.unknown_key(person, **claims))
    told = sign_in(microsoft, application(), microsoft.people["agent"])
    assert jwt.get_unverified_header(told["id_token"])["kid"] not in {
        key.kid for key in microsoft.keys.published
    }


@pytest.mark.parametrize(
    "kind", ["unknown_key", "borrowed_name", "old_key", "hs256_with_public_key", "alg_none"]
)
def test_no_forged_token_passes_a_check(microsoft: Microsoft, web: requests.Session, kind: str) -> None:
    token = getattr(microsoft.forged, kind)(microsoft.people["admin"], nonce="n")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["oid"] == microsoft.people["admin"].object_id
    with pytest.raises((jwt.InvalidTokenError, KeyError)):
        checked(microsoft, web, token)


def test_new_keys_appear_and_old_ones_stay_or_go(microsoft: Microsoft, web: requests.Session) -> None:
    token = microsoft.issue_id_token(microsoft.people["agent"])
    microsoft.keys.rotate()
    checked(microsoft, web, token)
    checked(microsoft, web, microsoft.issue_id_token(microsoft.people["agent"]))
    microsoft.keys.rotate(keep_old=False)
    with pytest.raises(KeyError):
        checked(microsoft, web, token)


def test_signing_out_ends_the_session_and_tells_applications(
    microsoft: Microsoft, web: requests.Session, application: Maker
) -> None:
    microsoft.front_channel_logout_urls = ["http://localhost:5000/auth/front_channel"]
    client = application()
    flow = begin(client)
    web.post(
        flow["auth_uri"],
        data={"person": microsoft.people["agent"].object_id},
        allow_redirects=False,
        timeout=10,
    )
    where = f"{microsoft.pages_url}/{microsoft.tenant_id}/oauth2/v2.0/logout"
    page = web.get(where, params={"post_logout_redirect_uri": "http://localhost:5000/"}, timeout=10).text
    assert "http://localhost:5000/auth/front_channel?iss=" in page
    assert "url=http://localhost:5000/" in page
    answer = web.get(begin(client, prompt="none")["auth_uri"], allow_redirects=False, timeout=10)
    assert "login_required" in answer.headers["Location"]


def test_signing_out_leads_to_this_machine_only(microsoft: Microsoft, web: requests.Session) -> None:
    where = f"{microsoft.pages_url}/{microsoft.tenant_id}/oauth2/v2.0/logout"
    page = web.get(where, params={"post_logout_redirect_uri": "https://evil.example/"}, timeout=10).text
    assert "evil" not in page


def test_a_token_for_our_own_application_names_it(microsoft: Microsoft, application: Maker) -> None:
    client = application()
    flow = client.initiate_auth_code_flow(
        [f"api://{microsoft.client_id}/access_as_user"], redirect_uri=CALLBACK
    )
    address = microsoft.visitor.choose(flow["auth_uri"], microsoft.people["agent"])
    told = client.acquire_token_by_auth_code_flow(flow, microsoft.visitor.parameters(address))
    claims = jwt.decode(told["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["scp"]) == (microsoft.client_id, "access_as_user")


def test_times_of_tokens_follow_a_stopped_clock(microsoft: Microsoft) -> None:
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False):
        token = microsoft.issue_id_token(microsoft.people["agent"])
    claims = jwt.decode(token, options={"verify_signature": False})
    assert datetime.fromtimestamp(claims["exp"], UTC) == datetime(2030, 1, 1, tzinfo=UTC) + timedelta(hours=1)
