"""The simulated token endpoint: what it gives for codes, refresh tokens, secrets and certificates, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import requests
import time_machine

from tools.simulated_microsoft import Microsoft

CALLBACK = "http://localhost:5000/auth/oauth_callback"
GRAPH = "https://graph.microsoft.com/.default"
pytestmark = [pytest.mark.sqlite_only, pytest.mark.filterwarnings("ignore:response_mode:UserWarning")]
Maker = Callable[..., Any]


@pytest.fixture
def post(microsoft: Microsoft, web: requests.Session) -> Callable[..., dict[str, Any]]:
    """Asks the token endpoint with our name and secret, unless told otherwise."""

    def ask(**form: str) -> dict[str, Any]:
        ours = {"client_id": microsoft.client_id, "client_secret": microsoft.client_secret}
        told = web.post(f"{microsoft.authority}/oauth2/v2.0/token", data=ours | form, timeout=10).json()
        return dict(told)

    return ask


def code_for(ms: Microsoft, client: Any) -> tuple[str, str]:
    """A fresh code with its proof key."""
    flow = client.initiate_auth_code_flow(["User.Read"], redirect_uri=CALLBACK)
    address = ms.visitor.choose(flow["auth_uri"], ms.people["agent"])
    return ms.visitor.parameters(address)["code"], flow["code_verifier"]


def redeemed(post: Maker, code: str, verifier: str, /, **form: str) -> dict[str, Any]:
    told = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
    }
    return dict(post(**told | form))


def test_a_code_counts_once(microsoft: Microsoft, application: Maker, post: Maker) -> None:
    code, verifier = code_for(microsoft, application())
    assert "access_token" in redeemed(post, code, verifier)
    assert redeemed(post, code, verifier)["error_codes"] == [54005]


def test_a_code_expires(microsoft: Microsoft, application: Maker, post: Maker) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 8, tzinfo=UTC), tick=False) as clock:
        code, verifier = code_for(microsoft, application())
        clock.shift(601)
        assert redeemed(post, code, verifier)["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ({"code_verifier": "x" * 43}, 501481),
        ({"code_verifier": ""}, 501481),
        ({"redirect_uri": "http://localhost:6000/auth/oauth_callback"}, 500112),
        ({"code": "foreign"}, 70000),
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": ""}, 7000218),
        ({"client_id": "somebody"}, 700016),
        ({"grant_type": "password"}, 70003),
    ],
)
def test_a_code_needs_all_that_belongs_to_it(
    microsoft: Microsoft, application: Maker, post: Maker, form: dict[str, str], number: int
) -> None:
    code, verifier = code_for(microsoft, application())
    assert redeemed(post, code, verifier, **form)["error_codes"] == [number]


@pytest.fixture
def refresh_token(microsoft: Microsoft, application: Maker, post: Maker) -> str:
    return str(redeemed(post, *code_for(microsoft, application()))["refresh_token"])


def test_a_refresh_token_brings_new_tokens(microsoft: Microsoft, post: Maker, refresh_token: str) -> None:
    told = post(grant_type="refresh_token", refresh_token=refresh_token, scope="openid User.Read")
    assert told["refresh_token"] != refresh_token
    assert told["id_token"]
    assert "access_token" in post(grant_type="refresh_token", refresh_token=refresh_token)


def test_a_refresh_token_may_count_once(microsoft: Microsoft, post: Maker, refresh_token: str) -> None:
    microsoft.refresh_once = True
    newer = post(grant_type="refresh_token", refresh_token=refresh_token)["refresh_token"]
    assert post(grant_type="refresh_token", refresh_token=refresh_token)["error"] == "invalid_grant"
    assert post(grant_type="refresh_token", refresh_token=newer)["error"] == "invalid_grant"


def test_somebody_who_was_disabled_gets_no_tokens(
    microsoft: Microsoft, post: Maker, refresh_token: str
) -> None:
    microsoft.disable(microsoft.people["agent"])
    told = post(grant_type="refresh_token", refresh_token=refresh_token)
    assert (told["error"], told["error_codes"]) == ("invalid_grant", [50057])
    assert told["error_description"].startswith("AADSTS50057: ")


def test_sign_ins_that_were_revoked_are_over(microsoft: Microsoft, post: Maker, refresh_token: str) -> None:
    microsoft.sign_ins.revoke(microsoft.people["agent"])
    assert post(grant_type="refresh_token", refresh_token=refresh_token)["error_codes"] == [50173]


def test_a_refresh_token_expires(microsoft: Microsoft, application: Maker, post: Maker) -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False) as clock:
        old = redeemed(post, *code_for(microsoft, application()))["refresh_token"]
        clock.shift(91 * 86_400)
        assert post(grant_type="refresh_token", refresh_token=old)["error_codes"] == [70043]


def test_the_library_refreshes_silently(microsoft: Microsoft, application: Maker) -> None:
    client = application()
    flow = client.initiate_auth_code_flow(["User.Read"], redirect_uri=CALLBACK)
    address = microsoft.visitor.choose(flow["auth_uri"], microsoft.people["agent"])
    client.acquire_token_by_auth_code_flow(flow, microsoft.visitor.parameters(address))
    account = client.get_accounts()[0]
    told = client.acquire_token_silent(["User.Read"], account, force_refresh=True)
    assert told["token_source"] == "identity_provider"


def test_the_application_gets_a_token_of_its_own(microsoft: Microsoft, application: Maker) -> None:
    microsoft.grants_application = {"Mail.Read", "Mail.Send"}
    told = application().acquire_token_for_client([GRAPH])
    claims = jwt.decode(told["access_token"], options={"verify_signature": False})
    assert (claims["roles"], claims["idtyp"]) == (["Mail.Read", "Mail.Send"], "app")


def test_the_secret_may_stand_in_the_header(microsoft: Microsoft, web: requests.Session) -> None:
    told = web.post(
        f"{microsoft.authority}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials", "scope": GRAPH},
        auth=(microsoft.client_id, microsoft.client_secret),
        timeout=10,
    )
    assert told.json()["token_type"] == "Bearer"


def test_an_application_asks_for_everything_it_was_given_or_nothing(post: Maker) -> None:
    told = post(grant_type="client_credentials", scope="https://graph.microsoft.com/Mail.Read")
    assert told["error"] == "invalid_scope"


def test_a_secret_can_run_out(microsoft: Microsoft, application: Maker) -> None:
    microsoft.secret_expired = True
    told = application().acquire_token_for_client([GRAPH])
    assert (told["error"], told["error_codes"]) == ("invalid_client", [7000222])


@pytest.mark.parametrize("newer", [False, True])
def test_a_certificate_stands_in_for_the_secret(
    microsoft: Microsoft, application: Maker, newer: bool
) -> None:
    made = microsoft.make_client_certificate()
    credential = {"private_key": made.private_key, "thumbprint": made.thumbprint}
    if newer:
        credential = {"private_key": made.private_key, "public_certificate": made.certificate}
    assert "access_token" in application(credential).acquire_token_for_client([GRAPH])


def test_a_certificate_must_be_registered(microsoft: Microsoft, application: Maker) -> None:
    made = microsoft.make_client_certificate()
    microsoft.certificates.clear()
    credential = {"private_key": made.private_key, "thumbprint": made.thumbprint}
    assert application(credential).acquire_token_for_client([GRAPH])["error_codes"] == [700027]


def test_an_unknown_tenant_is_told_so(microsoft: Microsoft, web: requests.Session) -> None:
    told = web.get(f"{microsoft.base_url}/nobody/v2.0/.well-known/openid-configuration", timeout=10)
    assert (told.status_code, told.json()["error_codes"]) == (400, [90002])
