"""The simulated Graph, subscriptions: a receiver proves itself, hears of mail, and has to renew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from werkzeug.wrappers import Request, Response

from tools.simulated_microsoft import Microsoft
from tools.simulated_microsoft.listeners import Listener

pytestmark = pytest.mark.sqlite_only
Caller = Callable[..., requests.Response]
SUPPORT = "support@musterfirma.example"
MAIL = b"From: a@kunde.example\r\nSubject: neu\r\n\r\nText\r\n"


class Receiver:
    """Takes notifications; echoes the token of a validation as it should, or as it should not."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.kind = "text/plain"
        self._listener = Listener("127.0.0.1", 0, self._answer)
        self.url = f"{self._listener.url}/hook"

    def _answer(self, environ: Any, start: Any) -> Any:
        request = Request(environ)
        token = request.args.get("validationToken")
        if token is None:
            self.heard += json.loads(request.get_data())["value"]
        return Response(token or "", 200 if token else 202, content_type=self.kind)(environ, start)

    def __enter__(self) -> Receiver:
        self._listener.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._listener.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def wishes(receiver: Receiver, **more: Any) -> dict[str, Any]:
    told = {
        "changeType": "created",
        "notificationUrl": receiver.url,
        "lifecycleNotificationUrl": receiver.url,
        "resource": f"users/{SUPPORT}/mailFolders('inbox')/messages",
        "expirationDateTime": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
        "clientState": "secret-state",
    }
    return told | more


def test_new_mail_is_told(microsoft: Microsoft, graph: Caller, receiver: Receiver) -> None:
    made = graph("POST", "/subscriptions", json=wishes(receiver))
    assert made.status_code == 201
    message_id = microsoft.mailbox(SUPPORT).deliver(MAIL)
    microsoft.mailbox(SUPPORT).deliver(MAIL, "archive")
    microsoft.settle()
    assert len(receiver.heard) == 1
    heard = receiver.heard[0]
    assert (heard["subscriptionId"], heard["clientState"]) == (made.json()["id"], "secret-state")
    assert (heard["changeType"], heard["resourceData"]["id"]) == ("created", message_id)
    assert microsoft.subscriptions.answers == [202]


@pytest.mark.parametrize(
    "wrong",
    [
        {"notificationUrl": "http://127.0.0.1:9/none"},
        {"notificationUrl": "https://elsewhere.example/hook"},
        {"expirationDateTime": "2020-01-01T00:00:00Z"},
        {"expirationDateTime": "2199-01-01T00:00:00Z"},
        {"expirationDateTime": "soon"},
        {"resource": "users"},
        {"changeType": "read"},
        {"clientState": "x" * 129},
    ],
)
def test_what_cannot_be_subscribed_is_refused(
    graph: Caller, receiver: Receiver, wrong: dict[str, str]
) -> None:
    assert graph("POST", "/subscriptions", json=wishes(receiver, **wrong)).status_code == 400


def test_a_receiver_that_answers_in_html_is_refused(graph: Caller, receiver: Receiver) -> None:
    receiver.kind = "text/html"
    told = graph("POST", "/subscriptions", json=wishes(receiver))
    assert (told.status_code, told.json()["error"]["code"]) == (400, "ValidationError")


def test_a_subscription_is_renewed_and_ended(microsoft: Microsoft, graph: Caller, receiver: Receiver) -> None:
    made = graph("POST", "/subscriptions", json=wishes(receiver)).json()
    address = f"/subscriptions/{made['id']}"
    microsoft.subscriptions.lifecycle(made["id"])
    microsoft.mailbox(SUPPORT).deliver(MAIL)
    microsoft.settle()
    assert [one.get("lifecycleEvent") for one in receiver.heard] == ["reauthorizationRequired"]
    later = (datetime.now(UTC) + timedelta(days=5)).isoformat()
    told = graph("PATCH", address, json={"expirationDateTime": later}).json()
    assert told["expirationDateTime"] > made["expirationDateTime"]
    microsoft.mailbox(SUPPORT).deliver(MAIL)
    microsoft.settle()
    assert len(receiver.heard) == 2
    assert [one["id"] for one in graph("GET", "/subscriptions").json()["value"]] == [made["id"]]
    assert graph("DELETE", address).status_code == 204
    assert graph("GET", address).status_code == 404


def test_a_subscription_needs_the_right_to_read(
    microsoft: Microsoft, graph: Caller, receiver: Receiver
) -> None:
    microsoft.grants_application = {"Mail.Send"}
    assert graph("POST", "/subscriptions", json=wishes(receiver)).status_code == 403
