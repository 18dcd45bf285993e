"""A49: nobody is somebody because a header says so."""

from __future__ import annotations

import pytest

HEADERS = [
    {"X-Remote-User": "admin"},
    {"Remote-User": "admin"},
    {"X-Forwarded-User": "petra@firma.example"},
    {"X-Forwarded-Email": "petra@firma.example"},
    {"X-MS-CLIENT-PRINCIPAL-NAME": "petra@firma.example"},
    {"X-MS-CLIENT-PRINCIPAL-ID": "1"},
    {"X-Original-URL": "/auth/login"},
    {"X-Rewrite-URL": "/auth/login"},
    {"Authorization": "Basic cGV0cmE6cGV0cmE="},
    {"Cookie": "user_id=1; remember_token=1|x"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: next(iter(headers)))
def test_a49_identity_headers_are_ignored(world, headers):
    world.admin(email="petra@firma.example")
    browser = world.browser()
    for path in ("/people", "/auth/profile", "/auth/sign-ins"):
        answer = browser.get(path, headers=headers)
        assert answer.headers["Location"].startswith("/auth/login")
    browser.get("/auth/login")
    assert browser.post("/people/new", {}, headers=headers).status_code == 401


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a49_the_method_is_the_one_that_was_sent(world, name):
    browser = world.browser(world.customer())
    assert browser.get("/auth/logout", headers={name: "POST"}).status_code == 405
    assert browser.get("/auth/profile?_method=POST").status_code == 200
