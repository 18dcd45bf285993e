"""What people and other processes see of the simulated Microsoft: its pages, and its own door in JSON."""

from __future__ import annotations

import pytest
import requests

from tools.simulated_microsoft import Microsoft

pytestmark = pytest.mark.sqlite_only
SUPPORT = "support@musterfirma.example"
NOTICE = "Simuliertes Microsoft – keine echte Anmeldung"
MAIL = b"From: <script>@kunde.example\r\nSubject: <img src=x onerror=y>\r\n\r\n<script>\r\n"


def test_every_page_says_that_it_is_a_simulation(microsoft: Microsoft, web: requests.Session) -> None:
    message_id = microsoft.mailbox(SUPPORT).deliver(MAIL)
    for path in (
        "/",
        f"/view/mailboxes/{SUPPORT}/{message_id}",
        f"/{microsoft.tenant_id}/oauth2/v2.0/logout",
    ):
        for base in (microsoft.pages_url, microsoft.base_url):
            page = web.get(f"{base}{path}", timeout=10)
            assert page.status_code == 200
            assert NOTICE in page.text
            assert 'lang="en">Simulated Microsoft' in page.text
            assert "<script>" not in page.text
            assert "<img src=x" not in page.text
            assert "script-src" not in page.headers["Content-Security-Policy"]


def test_somebody_writes_a_mail_on_the_page(microsoft: Microsoft, web: requests.Session) -> None:
    form = {
        "to": SUPPORT,
        "from": "carla.kunde@musterfirma.example",
        "subject": "Drucker\r\nBcc: x",
        "text": "kaputt",
    }
    assert web.post(f"{microsoft.pages_url}/view/mail", data=form, timeout=10).status_code == 200
    assert microsoft.mailbox(SUPPORT).subjects() == ["Drucker Bcc: x"]


def test_buttons_break_things_and_mend_them(microsoft: Microsoft, web: requests.Session) -> None:
    page = f"{microsoft.pages_url}/view"
    web.post(f"{page}/fault", data={"kind": "429"}, timeout=10)
    assert [one.kind for one in microsoft.faults.waiting] == ["429"]
    web.post(f"{page}/calm", timeout=10)
    assert microsoft.faults.waiting == []
    web.post(f"{page}/people", data={"person": microsoft.people["agent"].object_id}, timeout=10)
    assert not microsoft.people["agent"].enabled
    web.post(f"{page}/rotate", timeout=10)
    assert len(microsoft.keys.published) == 3


def test_other_sites_cannot_press_buttons(microsoft: Microsoft, web: requests.Session) -> None:
    where = f"{microsoft.pages_url}/_simulator/reset"
    assert web.post(where, headers={"Origin": "https://evil.example"}, timeout=10).status_code == 403
    assert web.post(where, headers={"Host": "evil.example"}, timeout=10).status_code == 403
    assert web.post(where, headers={"Origin": microsoft.pages_url}, timeout=10).status_code == 200


def test_another_process_does_all_of_it_in_json(microsoft: Microsoft, web: requests.Session) -> None:
    base = f"{microsoft.pages_url}/_simulator"
    told = web.get(f"{base}/", timeout=10).json()
    assert (told["simulation"], told["authority"]) == (True, microsoft.authority)
    made = web.post(f"{base}/mailboxes/{SUPPORT}", data=MAIL, timeout=10).json()["id"]
    moved = web.post(
        f"{base}/mailboxes/{SUPPORT}/messages/{made}", json={"read": True, "folder": "archive"}, timeout=10
    )
    found = web.get(f"{base}/mailboxes/{SUPPORT}?folder=archive", timeout=10).json()["value"]
    assert (found[0]["id"], found[0]["read"]) == (moved.json()["id"], True)
    assert web.get(f"{base}/mailboxes/{SUPPORT}/sent", timeout=10).json() == {"value": []}
    assert web.get(f"{base}/cards", timeout=10).json() == {"value": []}
    web.post(f"{base}/faults", json={"kind": "503", "times": 2, "path": "/v1.0"}, timeout=10)
    assert microsoft.faults.waiting[0].times == 2
    web.delete(f"{base}/faults", timeout=10)
    web.post(f"{base}/people/agent", json={"enabled": False}, timeout=10)
    assert not microsoft.people["agent"].enabled
    web.post(f"{base}/settings", json={"grants_application": ["Mail.Read"]}, timeout=10)
    assert microsoft.grants_application == {"Mail.Read"}
    assert web.post(f"{base}/keys/rotate", timeout=10).json()["kid"] == microsoft.keys.current.kid
    assert web.post(f"{base}/settings", json={"people": []}, timeout=10).status_code == 400
    web.post(f"{base}/reset", timeout=10)
    assert microsoft.people["agent"].enabled
    assert microsoft.mailbox(SUPPORT).messages("archive") == []
