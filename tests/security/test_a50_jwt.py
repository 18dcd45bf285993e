"""A50: a token opens something only when it is ours, whole, in time and of the right kind, and its sign-in stands."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.accounts import json_tokens
from app.accounts.access import person_for
from app.accounts.actions import people, signing_out
from app.accounts.actors import SHELL
from app.accounts.words import Need, Role
from app.core import crypto
from app.core.environment import environment, use
from app.core.uow import run_unit
from tests.support.accounts import ANOTHER, PASSWORD, give_password, reload
from tests.support.programs import PROFILE, Program, refused, sign_in_of

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY = "own"


def claims_of(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(program.access, options={"verify_signature": False})
    return found


def signed(claims: dict[str, Any], headers: dict[str, Any] | None = None, key: Any = KEY) -> str:
    """A token with our key (or another one) and whatever else is wished for."""
    secret = crypto.keys(json_tokens.PURPOSE)[0] if key is KEY else key
    return jwt.encode(claims, secret, algorithm="HS256", headers=headers)


def by_hand(head: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(head).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def without(name: str) -> Callable[[Program], str]:
    return lambda program: signed({key: value for key, value in claims_of(program).items() if key != name})


def with_claims(**wishes: Any) -> Callable[[Program], str]:
    return lambda program: signed(claims_of(program) | wishes)


def with_head(**wishes: Any) -> Callable[[Program], str]:
    return lambda program: signed(claims_of(program), wishes)


def public_key_as_secret(program: Program) -> str:
    """HS256 with what everybody may read of a key that signs with RS256."""
    pem = rsa.generate_private_key(65537, 2048).public_key()
    shown = pem.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    unsigned = by_hand({"alg": "HS256", "typ": "JWT"}, claims_of(program)).rstrip(".")
    mac = base64.urlsafe_b64encode(hmac.digest(shown, unsigned.encode(), "sha256")).rstrip(b"=").decode()
    return f"{unsigned}.{mac}"


def by_rsa(program: Program) -> str:
    key = rsa.generate_private_key(65537, 2048)
    return jwt.encode(claims_of(program), key, algorithm="RS256")


FORGED: dict[str, Callable[[Program], str]] = {
    "alg none": lambda program: by_hand({"alg": "none", "typ": "JWT"}, claims_of(program)),
    "alg None in capitals": lambda program: by_hand({"alg": "NoNe", "typ": "JWT"}, claims_of(program)),
    "no signature": lambda program: program.access.rpartition(".")[0] + ".",
    "another key": lambda program: signed(claims_of(program), key=b"x" * 32),
    "an empty key": lambda program: by_hand({"alg": "HS256", "typ": "JWT"}, claims_of(program), b"\0" * 32),
    "a public key as the shared one": public_key_as_secret,
    "signed by RSA": by_rsa,
    "HS512 with our key": lambda program: jwt.encode(
        claims_of(program), crypto.keys(json_tokens.PURPOSE)[0] * 2, algorithm="HS512"
    ),
    "kid of a file": with_head(kid="../../dev/null"),
    "kid that is SQL": with_head(kid="' UNION SELECT 'x"),
    "jku": with_head(jku="https://evil.example/keys"),
    "jwk": with_head(jwk={"kty": "oct", "k": "eA"}),
    "x5u": with_head(x5u="https://evil.example/chain"),
    "crit": with_head(crit=["exp"], exp=1),
    "b64 false": with_head(b64=False),
    "another typ in the head": with_head(typ="at+jwt"),
    "no exp": without("exp"),
    "no iat": without("iat"),
    "no iss": without("iss"),
    "no aud": without("aud"),
    "no sub": without("sub"),
    "no jti": without("jti"),
    "no sid": without("sid"),
    "no typ": without("typ"),
    "sub as a number": lambda program: signed(claims_of(program) | {"sub": int(claims_of(program)["sub"])}),
    "sid as a number": lambda program: signed(claims_of(program) | {"sid": int(claims_of(program)["sid"])}),
    "sid in digits of another script": with_claims(sid="١"),
    "sid beyond any": with_claims(sid="9" * 19),
    "sid none": with_claims(sid="0"),
    "sub of somebody else": with_claims(sub="1"),
    "another audience": with_claims(aud="helpdesk-page"),
    "several audiences": with_claims(aud=["helpdesk-api", "other"]),
    "another issuer": with_claims(iss="https://evil.example"),
    "a refresh token": lambda program: program.refresh,
    "another kind": with_claims(typ="id"),
    "kind in a list": with_claims(typ=["access"]),
    "exp as text": with_claims(exp="never"),
    "exp beyond any": with_claims(exp=1e400),
    "made in the future": with_claims(iat=int(NOW.timestamp()) + 3600),
    "out of date": with_claims(exp=int(NOW.timestamp()) - 31),
    "not yet": with_claims(nbf=int(NOW.timestamp()) + 3600),
    "no token": lambda _program: "x.y.z",
    "much too long": lambda program: program.access + "x" * 5000,
}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("name", FORGED)
def test_a50_a_token_that_is_not_exactly_ours_opens_nothing(world, name):
    with time_machine.travel(NOW, tick=False):
        world.admin()
        program = Program(world.app, world.customer())
        assert program.get(PROFILE).status_code == 200
        answer = program.get(PROFILE, token=FORGED[name](program))
        assert refused(answer, 401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def log_out(_world: Any, _person: Any, program: Program) -> None:
    program.post("/api/v1/auth/logout")


def log_out_elsewhere(world: Any, person: Any, _program: Program) -> None:
    other = world.browser(person)
    other.get("/auth/sign-ins")
    assert other.post("/auth/sign-ins/end-others").status_code == 303


def change_password(world: Any, person: Any, _program: Program) -> None:
    other = world.browser(person)
    other.get("/auth/password")
    assert other.post("/auth/password", {"current": PASSWORD, "password": ANOTHER}).status_code == 303


def log_out_everywhere(world: Any, person: Any, _program: Program) -> None:
    assert Program(world.app, person).post("/api/v1/auth/logout-everywhere").status_code == 204


def change_password_by_program(world: Any, person: Any, _program: Program) -> None:
    body = {"current": PASSWORD, "new": ANOTHER}
    assert Program(world.app, person).post("/api/v1/auth/password", body).status_code == 204


def deactivate(_world: Any, person: Any, _program: Program) -> None:
    run_unit(lambda: people.deactivate(person_for(SHELL, person.id, Need.MANAGE), actor=SHELL))


def end_by_staff(_world: Any, person: Any, _program: Program) -> None:
    run_unit(lambda: signing_out.end_all_of(reload(person), actor=SHELL))


def spend_twice(_world: Any, _person: Any, program: Program) -> None:
    old = program.refresh
    program.renew()
    program.renew(old)


@pytest.mark.parametrize(
    "ending",
    [
        log_out,
        log_out_elsewhere,
        log_out_everywhere,
        change_password,
        change_password_by_program,
        deactivate,
        end_by_staff,
        spend_twice,
    ],
)
def test_a50_both_tokens_end_with_their_sign_in(world, ending):
    mia = give_password(world.customer())
    program = Program(world.app, mia)
    assert program.get(PROFILE).status_code == 200
    ending(world, mia, program)
    assert refused(program.get(PROFILE), 401, "not_signed_in")
    assert refused(program.renew(), 401, "not_signed_in")


def test_a50_the_role_is_that_of_the_database_and_not_of_the_token(world):
    anna = world.agent()
    program = Program(world.app, anna)
    assert "role" not in claims_of(program)
    assert program.get(PROFILE).json["role"] == "support_agent"

    def demote() -> None:
        found = reload(anna)
        found.role, found.support_level = Role.CUSTOMER, 0

    run_unit(demote)
    assert program.get(PROFILE).json["role"] == "customer"


def test_a50_a_token_made_before_the_key_was_changed_still_opens(world):
    program = Program(world.app, world.customer())
    before = environment()
    changed = replace(before, secret_key="another-key-of-the-house-0123456789abcdef")
    use(replace(changed, secret_key_fallbacks=(before.secret_key,)))
    try:
        assert program.get(PROFILE).status_code == 200
        assert program.renew().status_code == 200
        use(changed)
        assert program.get(PROFILE).status_code == 200
    finally:
        use(before)
    assert refused(program.get(PROFILE), 401, "not_signed_in")


def test_a50_half_a_minute_between_clocks_is_forgiven(world):
    with time_machine.travel(NOW, tick=False) as clock:
        program = Program(world.app, world.customer())
        clock.shift(timedelta(minutes=15, seconds=29))
        assert program.get(PROFILE).status_code == 200
        clock.shift(timedelta(seconds=2))
        assert refused(program.get(PROFILE), 401, "not_signed_in")


def test_a50_the_sign_in_of_a_browser_is_opened_by_no_token(world):
    """A token names a row; only rows of programs count."""
    mia = world.customer()
    world.browser(mia)
    program = Program(world.app, mia)
    browser_row = sign_in_of(program.refresh) - 1
    token = json_tokens.issue(json_tokens.TokenKind.ACCESS, browser_row, mia.id)
    assert refused(program.get(PROFILE, token=token), 401, "not_signed_in")
    stale = json_tokens.issue(json_tokens.TokenKind.REFRESH, browser_row, mia.id)
    assert refused(program.renew(stale), 401, "not_signed_in")


def test_a50_a_refresh_token_opens_no_page(world):
    program = Program(world.app, world.customer())
    browser = world.browser()
    with browser.client.session_transaction() as session:
        session["sid"] = program.refresh
    assert browser.get("/auth/profile").status_code == 303


@pytest.mark.parametrize(
    "header",
    ["Basic {}", "{}", "Bearer", "Bearer {} x", "Token {}", "Bearer {},Bearer {}"],
)
def test_a50_a_token_comes_in_one_way_only(world, header):
    program = Program(world.app, world.customer())
    given = {"Authorization": header.format(program.access, program.access)}
    assert refused(program.get(PROFILE, token="", headers=given), 401, "not_signed_in")
    for place in (
        {"query_string": {"access_token": program.access}},
        {"headers": {"X-API-Key": program.access}},
    ):
        assert refused(program.get(PROFILE, token="", **place), 401, "not_signed_in")
    program.client = world.app.test_client()
    program.client.set_cookie("helpdesk", program.access)
    assert refused(program.get(PROFILE, token=""), 401, "not_signed_in")
