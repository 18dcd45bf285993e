"""A program that speaks JSON with the house: signs in with a password or a token, and keeps its pair."""

from __future__ import annotations

import contextvars
from typing import Any

from flask import Flask

from app.accounts import actors, json_tokens, sign_ins
from app.accounts.json_tokens import TokenKind
from app.accounts.models import Person
from app.accounts.sign_ins import Browser
from app.accounts.words import SignInKind
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import run_unit
from tests.support.accounts import PASSWORD

AUTH = "/api/v1/auth"
LOGIN, REFRESH, LOGOUT, PROFILE = (f"{AUTH}/{name}" for name in ("login", "refresh", "logout", "profile"))
MICROSOFT = f"{AUTH}/microsoft"


class Caller:
    """A client without cookies that brings the same head with each call."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client(use_cookies=False)

    def proof(self) -> dict[str, str]:
        """The head that says who asks."""
        raise NotImplementedError

    def send(self, method: str, path: str, **options: Any) -> Any:
        """One call."""
        headers = self.proof() | dict(options.pop("headers", {}))
        db.session.rollback()
        answer = contextvars.Context().run(
            self.client.open, path, method=method, headers=headers, buffered=True, **options
        )
        db.session.rollback()
        return answer

    def get(self, path: str, **options: Any) -> Any:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """A change; ``body`` goes as JSON."""
        return self.send("POST", path, **(options if body is None else {"json": body} | options))


class Program(Caller):
    """Somebody signed in; ``access`` and ``refresh`` are the tokens it has."""

    def __init__(self, app: Flask, person: Person | None = None) -> None:
        super().__init__(app)
        self.access = self.refresh = ""
        if person is not None:
            self.take(signed_in_program(person))

    def take(self, refresh: str) -> None:
        """Go on with this refresh token and an access token that belongs to it."""
        self.refresh = refresh
        self.access = json_tokens.pair(refresh).access_token

    def proof(self) -> dict[str, str]:
        """Its access token, when it has one."""
        return bearer(self.access)

    def send(self, method: str, path: str, *, token: str | None = None, **options: Any) -> Any:
        """One call, with the access token unless another one (or "" for none) is given."""
        if token is None:
            return super().send(method, path, **options)
        access, self.access = self.access, token
        try:
            return super().send(method, path, **options)
        finally:
            self.access = access

    def login(self, email: str, password: str = PASSWORD, **fields: Any) -> Any:
        """Sign in with a password and keep the pair when it went well."""
        options = {name: fields.pop(name) for name in ("environ_overrides",) if name in fields}
        return self._kept(
            self.post(LOGIN, {"email": email, "password": password} | fields, token="", **options)
        )

    def renew(self, token: str | None = None) -> Any:
        """Spend the refresh token, or another one."""
        return self._kept(self.post(REFRESH, token=self.refresh if token is None else token))

    def come_by_microsoft(self, token: str, **options: Any) -> Any:
        """Bring an access token of Microsoft."""
        return self._kept(self.post(MICROSOFT, {"access_token": token}, token="", **options))

    def _kept(self, answer: Any) -> Any:
        if answer.status_code == 200:
            self.access, self.refresh = answer.json["access_token"], answer.json["refresh_token"]
        return answer


def bearer(token: str) -> dict[str, str]:
    """The head with a token, empty for none."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def signed_in_program(person: Person) -> str:
    """The refresh token of a program in which a person signed in this moment."""
    browser = Browser("Testprogramm/1", "192.0.2.0", SignInKind.PROGRAM)
    return run_unit(lambda: sign_ins.begin(person, browser))


def actor_of(refresh: str) -> Actor:
    """Whoever acts by a program with this refresh token."""
    found = actors.actor_for_access(json_tokens.pair(refresh).access_token)
    assert found is not None
    return found[0]


def ids(answer: Any) -> set[int]:
    """What a list names."""
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json["results"]}


def sign_in_of(refresh: str) -> int:
    """The sign-in a refresh token belongs to."""
    named = json_tokens.read(TokenKind.REFRESH, refresh)
    assert named is not None
    return named.sign_in_id


def refused(answer: Any, status: int, code: str) -> bool:
    """Whether an answer is a refusal in the one shape there is."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error", "code", "details", "request_id"}
    assert answer.json["error"]
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["code"] == code
    return True
