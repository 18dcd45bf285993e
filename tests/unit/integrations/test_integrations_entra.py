"""Microsoft Entra over real sockets: what is asked, what is believed, and which words its refusals become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from app.core import clock
from app.core.uow import UnitError, unit_of_work
from app.integrations.entra import Entra
from app.integrations.entra_claims import SignInRefused
from app.integrations.microsoft import Registration
from app.integrations.outcome import RetryLater, Undeliverable
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tools.simulated_microsoft import Microsoft

__all__ = ["microsoft", "microsoft_of_this_run"]
pytestmark = pytest.mark.sqlite_only

BACK = "http://localhost/auth/oauth_callback"


@pytest.fixture
def registration(microsoft: Microsoft) -> Iterator[Registration]:
    yield Registration(
        client_id=microsoft.client_id,
        tenant_id=microsoft.tenant_id,
        client_secret=microsoft.client_secret,
        authority=microsoft.base_url,
        graph_url=microsoft.graph_url,
        ca_file=microsoft.ca_file,
    )


@pytest.fixture
def entra(registration: Registration) -> Entra:
    return Entra(registration)


def came_back(ms: Microsoft, entra: Entra, who: str = "customer", **wishes: Any) -> Any:
    """Somebody signs in; what ``finish`` makes of it."""
    flow = entra.begin(BACK, **wishes)
    address = ms.visitor.choose(flow["auth_uri"], ms.people[who])
    return entra.finish(flow, ms.visitor.parameters(address))


def test_somebody_signs_in_and_is_who_the_directory_says(microsoft: Microsoft, entra: Entra) -> None:
    person = microsoft.people["agent"]
    found = came_back(microsoft, entra, "agent", scopes=["User.Read"])
    claims = found.claims
    assert (claims.tenant_id, claims.object_id) == (microsoft.tenant_id, person.object_id)
    assert (claims.upn, claims.name, claims.roles) == (person.upn, person.name, {"Helpdesk.Agent"})
    assert not claims.is_guest
    assert not claims.has_more_groups
    assert found.granted.text
    assert found.granted.refresh_token


def test_the_way_there_carries_pkce_state_and_nonce_and_nothing_secret(entra: Entra) -> None:
    flow = entra.begin(BACK, prompt="login", max_age=0, login_hint="mia@musterfirma.example")
    for part in (
        "code_challenge_method=S256",
        "state=",
        "nonce=",
        "prompt=login",
        "max_age=0",
        "login_hint=",
    ):
        assert part in flow["auth_uri"]
    assert flow["code_verifier"] not in flow["auth_uri"]
    assert entra.registration.client_secret not in flow["auth_uri"]


def test_a_certificate_proves_us_as_a_secret_does(microsoft: Microsoft, registration: Registration) -> None:
    made = microsoft.make_client_certificate()
    with_certificate = replace(
        registration, client_secret="", certificate=made.certificate, private_key=made.private_key
    )
    assert Entra(with_certificate).app_token()


def test_the_application_keeps_its_token_and_asks_again_when_told(microsoft: Microsoft, entra: Entra) -> None:
    first = entra.app_token()
    assert entra.app_token() == first
    assert entra.app_token(fresh=True) != first
    with time_machine.travel(clock.now() + timedelta(minutes=56), tick=False):
        assert entra.app_token() != first


def test_what_was_agreed_to_is_read_from_the_applications_token(microsoft: Microsoft, entra: Entra) -> None:
    microsoft.grants_application.clear()
    microsoft.grants_application.add("Mail.Send")
    assert entra.app_permissions() == {"Mail.Send"}


def test_a_refresh_says_who_somebody_is_by_now(microsoft: Microsoft, entra: Entra) -> None:
    granted = came_back(microsoft, entra, "agent").granted
    microsoft.change(microsoft.people["agent"], roles=["Helpdesk.Admin"])
    again, claims = entra.refresh(granted.refresh_token)
    assert again.text
    assert claims is not None
    assert claims.roles == {"Helpdesk.Admin"}


def test_a_disabled_account_is_refused_for_good(microsoft: Microsoft, entra: Entra) -> None:
    granted = came_back(microsoft, entra).granted
    microsoft.disable(microsoft.people["customer"])
    with pytest.raises(SignInRefused) as refused:
        entra.refresh(granted.refresh_token)
    assert refused.value.reason == "ended"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"client_secret": "falsch"}, "client_secret"),
        ({"client_id": "5a1e2c3d-0000-4000-8000-00000000beef"}, "registration"),
        ({"tenant_id": "5a1e2c3d-0000-4000-8000-00000000beef"}, "registration"),
    ],
)
def test_what_is_wrong_with_the_registration_has_a_word(
    registration: Registration, wrong: dict[str, str], reason: str
) -> None:
    entra = Entra(replace(registration, **wrong))
    with pytest.raises(SignInRefused) as refused:
        entra.look()
        entra.app_token()
    assert refused.value.reason == reason


@pytest.mark.parametrize("fault", ["503", "500", "429", "html", "cut_json", "cut", "hang_up"])
def test_an_outage_is_worth_another_try(microsoft: Microsoft, entra: Entra, fault: str) -> None:
    microsoft.faults.add(fault, times=20)
    with pytest.raises(RetryLater):
        entra.app_token()
    microsoft.faults.clear()
    assert entra.app_token()


def test_a_busy_entra_is_left_alone_as_long_as_it_asks(microsoft: Microsoft, entra: Entra) -> None:
    microsoft.faults.add("429", times=5, retry_after=30)
    with pytest.raises(RetryLater) as later:
        entra.look()
    assert later.value.at is not None
    assert later.value.at > clock.now() + timedelta(seconds=20)


def test_an_authority_that_is_nobodys_is_not_spoken_to(registration: Registration) -> None:
    elsewhere = replace(registration, authority="https://login.evil.example", graph_url="https://x.example")
    with pytest.raises((RetryLater, Undeliverable)):
        Entra(elsewhere).look()


def test_nobody_asks_inside_a_unit(house: Any, entra: Entra) -> None:
    with pytest.raises(UnitError), unit_of_work():
        entra.app_token()


def test_a_token_for_our_programs_is_believed(microsoft: Microsoft, entra: Entra) -> None:
    token = microsoft.issue_access_token(microsoft.people["customer"])
    claims = entra.claims_of_access_token(token)
    assert claims.object_id == microsoft.people["customer"].object_id
    assert claims.scopes == {"access_as_user"}


def test_no_other_token_is(microsoft: Microsoft, entra: Entra) -> None:
    person = microsoft.people["customer"]
    for token in (
        microsoft.issue_id_token(person),
        microsoft.issue_access_token(person, "graph"),
        microsoft.issue_access_token(None),
        microsoft.issue_access_token(person, tid="5a1e2c3d-0000-4000-8000-0000000f4e16"),
        microsoft.issue_access_token(person, exp=1_000_000_000),
        microsoft.issue_access_token(person, key=microsoft.keys.unknown()),
        microsoft.issue_access_token(person, algorithm="none"),
        "a.b.c",
        "",
        "ä" * 50,
    ):
        with pytest.raises(SignInRefused):
            entra.claims_of_access_token(token)


def test_unknown_keys_are_asked_for_once_a_minute_at_most(microsoft: Microsoft, entra: Entra) -> None:
    person = microsoft.people["customer"]
    entra.claims_of_access_token(microsoft.issue_access_token(person))
    microsoft.log.clear()
    for number in range(20):
        token = microsoft.issue_access_token(person, headers={"kid": f"invented-{number}"})
        with pytest.raises(SignInRefused):
            entra.claims_of_access_token(token)
    assert len([one for one in microsoft.log if "/keys" in one.path]) == 0


def test_the_secret_is_in_no_text_of_ours(entra: Entra) -> None:
    assert entra.registration.client_secret not in repr(entra.registration)
