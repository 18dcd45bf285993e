"""The simulated Teams workflow takes the product's own cards and refuses what Teams refuses."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from app.integrations.cards import Button, card, envelope
from tools.simulated_microsoft import Microsoft
from tools.simulated_microsoft.cards import KIND

pytestmark = pytest.mark.sqlite_only


def message(**changed: Any) -> dict[str, Any]:
    content = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": "t"}],
    } | changed
    return {"type": "message", "attachments": [{"contentType": KIND, "content": content}]}


def test_a_card_of_the_helpdesk_is_taken_and_shown(microsoft: Microsoft, web: requests.Session) -> None:
    made = card(
        "Neues <b>Ticket</b>", [("Nummer", "42")], "Text", [Button("Öffnen", "http://localhost/tickets/42")]
    )
    kind = {"Content-Type": "application/json; charset=utf-8"}
    assert web.post(microsoft.teams_url(), data=envelope(made), headers=kind, timeout=10).status_code == 202
    assert microsoft.cards[0].card["version"] == "1.4"
    assert "42" in microsoft.cards[0].texts
    page = web.get(microsoft.pages_url, timeout=10).text
    assert 'href="http://localhost/tickets/42"' in page
    assert "<b>Ticket" not in page


@pytest.mark.parametrize(
    "changed",
    [
        {"version": "1.6"},
        {"version": "new"},
        {"type": "MessageCard"},
        {"body": []},
        {"body": [{"type": "Iframe"}]},
        {"body": [{"type": "TextBlock"}]},
        {"body": [{"type": "FactSet", "facts": [{"title": "a"}]}]},
        {"actions": [{"type": "Action.OpenUrl", "title": "x", "url": "javascript:alert(1)"}]},
        {"body": [{"type": "Container", "items": [{"type": "Action.OpenUrl"}]}]},
        {"body": "text"},
    ],
)
def test_a_card_teams_does_not_know_is_refused(
    microsoft: Microsoft, web: requests.Session, changed: dict[str, Any]
) -> None:
    told = web.post(microsoft.teams_url(), json=message(**changed), timeout=10)
    assert (told.status_code, microsoft.cards) == (400, [])


def test_the_envelope_counts_as_well(microsoft: Microsoft, web: requests.Session) -> None:
    url, good = microsoft.teams_url(), message()
    assert web.post(url, json=good["attachments"][0]["content"], timeout=10).status_code == 400
    assert (
        web.post(url, data="{", headers={"Content-Type": "application/json"}, timeout=10).status_code == 400
    )
    assert web.post(url, data="text", headers={"Content-Type": "text/plain"}, timeout=10).status_code == 415
    assert web.post(url.replace("sig=", "sig=0"), json=good, timeout=10).status_code == 401
    big = message(body=[{"type": "TextBlock", "text": "x" * 29_000}])
    assert web.post(url, json=big, timeout=10).status_code == 413
    assert web.post(microsoft.teams_url("leute"), json=good, timeout=10).status_code == 202
    assert [one.name for one in microsoft.cards] == ["leute"]
