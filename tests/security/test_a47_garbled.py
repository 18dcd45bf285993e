"""A47: JSON of another shape than Microsoft's, from whoever stands between, lets nobody in and breaks nothing."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from app.accounts.models import SignIn
from app.core.db import db
from app.integrations.entra_line import Line, Reply
from app.jobs import microsoft as asking
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.programs import MICROSOFT, Program, refused
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]
ELSEWHERE = {
    "jwks_uri": "http://169.254.169.254/keys",
    "authorization_endpoint": "https://login.example/authorize",
    "token_endpoint": "http://169.254.169.254/token",
    "issuer": "https://login.example/v2.0",
}


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "text",
    ["[]", '"x"', "null", "5", "{}", '{"id_token":5}', '{"access_token":[1],"id_token":null}', "[" * 500]
    + ['{"access_token":"x","expires_in":"²","id_token":"a.b.c"}', '{"error":[1]}'],
)
def test_a47_tokens_of_another_shape(tenant, monkeypatch, text):
    browser = tenant.world.browser()
    back = tenant.ms.visitor.choose(tenant.go(browser), tenant.ms.people["customer"])
    monkeypatch.setattr(Line, "post", lambda *_args, **_options: Reply(200, text, {}))
    assert tenant.come_back(browser, back).status_code in (400, 503)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0


@pytest.mark.sqlite_only
@pytest.mark.parametrize("told", [{}, {"jwks_uri": 5}, ELSEWHERE], ids=["nothing", "number", "elsewhere"])
def test_a47_a_directory_that_describes_itself_strangely(tenant, monkeypatch, told):
    token = tenant.ms.issue_access_token(tenant.ms.people["customer"])
    asked = Line.json
    monkeypatch.setattr(Line, "get", lambda *_args, **_options: Reply(200, json.dumps(told), {}))
    monkeypatch.setattr(Line, "json", lambda line, url: told if "/.well-known/" in url else asked(line, url))
    answer = Program(tenant.world.app).post(MICROSOFT, {"access_token": token}, token="")
    assert refused(answer, 503, "unavailable")
    assert tenant.world.browser().get("/auth/microsoft").status_code in (303, 503)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "keys", [5, "x", {}, [5, None, "x", {"kty": "RSA"}, {"kty": "RSA", "kid": "a", "n": 5}]]
)
def test_a47_keys_of_another_shape(tenant, monkeypatch, keys):
    token = tenant.ms.issue_access_token(tenant.ms.people["customer"])
    asked = Line.json
    told = {"keys": keys}
    monkeypatch.setattr(Line, "json", lambda line, url: asked(line, url) if "/.well-known/" in url else told)
    assert asking.entra() is not None
    answer = Program(tenant.world.app).post(MICROSOFT, {"access_token": token}, token="")
    assert answer.status_code in (401, 503)
