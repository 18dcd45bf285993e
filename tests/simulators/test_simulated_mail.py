"""The simulated Graph, mail: news of a folder, ids that change, mails that go out, and who may."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
import requests

from tools.simulated_microsoft import Mailbox, Microsoft

pytestmark = pytest.mark.sqlite_only
Caller = Callable[..., requests.Response]
SUPPORT = "support@musterfirma.example"
BOX = f"/users/{SUPPORT}"
DELTA = f"{BOX}/mailFolders/inbox/messages/delta"
STABLE = {"Prefer": 'IdType="ImmutableId"'}


def letter(subject: str = "Hallo", **lines: str) -> bytes:
    mail = EmailMessage()
    told = {"From": "Carla <carla@kunde.example>", "To": SUPPORT, "Subject": subject}
    for name, value in (told | {"Message-ID": f"<{subject}@kunde.example>"} | lines).items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Guten Tag")
    return mail.as_bytes()


def encoded(raw: bytes) -> dict[str, Any]:
    return {"data": base64.b64encode(raw), "headers": {"Content-Type": "text/plain"}}


@pytest.fixture
def box(microsoft: Microsoft) -> Mailbox:
    return microsoft.mailbox(SUPPORT)


def whole_round(graph: Caller, address: str, **more: Any) -> tuple[list[dict[str, Any]], str, int]:
    """All rows of a round, the link to the next one, and how many pages there were."""
    rows, pages = [], 0
    while True:
        told = graph("GET", address, **more).json()
        rows += told["value"]
        pages += 1
        if "@odata.deltaLink" in told:
            return rows, told["@odata.deltaLink"], pages
        address = told["@odata.nextLink"]


def test_a_folder_is_told_page_by_page_and_then_its_news(graph: Caller, box: Mailbox) -> None:
    for number in range(5):
        box.deliver(letter(f"n{number}"))
    wishes = {"headers": {"Prefer": "odata.maxpagesize=2"}}
    rows, link, pages = whole_round(graph, f"{DELTA}?$select=subject", **wishes)
    assert ([row["subject"] for row in rows], pages) == ([f"n{number}" for number in range(5)], 3)
    assert set(rows[0]) == {"@odata.type", "@odata.etag", "id", "subject"}
    assert whole_round(graph, link)[0] == []
    box.deliver(letter("new"))
    box.mark_read(rows[0]["id"])
    box.delete(rows[1]["id"])
    news, link, _ = whole_round(graph, link)
    assert [row.get("subject") for row in news] == ["new", "n0", None]
    assert (news[2]["id"], news[2]["@removed"]) == (rows[1]["id"], {"reason": "deleted"})
    assert whole_round(graph, link)[0] == []


def test_mail_that_comes_during_a_round_is_in_the_next(graph: Caller, box: Mailbox) -> None:
    for number in range(3):
        box.deliver(letter(f"n{number}"))
    wishes = {"headers": {"Prefer": "odata.maxpagesize=2"}}
    first = graph("GET", DELTA, **wishes).json()
    box.deliver(letter("meanwhile"))
    _, link, _ = whole_round(graph, first["@odata.nextLink"], **wishes)
    assert [row["subject"] for row in whole_round(graph, link)[0]] == ["meanwhile"]


def test_a_reader_may_want_new_mails_only(graph: Caller, box: Mailbox) -> None:
    first = box.deliver(letter("first"))
    _, link, _ = whole_round(graph, f"{DELTA}?changeType=created")
    box.mark_read(first)
    box.delete(first)
    box.deliver(letter("second"))
    assert [row["subject"] for row in whole_round(graph, link)[0]] == ["second"]


def test_old_mail_can_be_left_out(graph: Caller, box: Mailbox) -> None:
    box.deliver(letter("old"), received_at=datetime(2026, 1, 1, tzinfo=UTC))
    box.deliver(letter("new"), received_at=datetime(2026, 6, 1, tzinfo=UTC))
    rows, _, _ = whole_round(graph, f"{DELTA}?$filter=receivedDateTime ge 2026-03-01T00:00:00Z")
    assert [row["subject"] for row in rows] == ["new"]
    assert graph("GET", f"{DELTA}?$filter=isRead eq false").status_code == 400


def test_links_of_before_a_reset_are_gone(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    _, link, _ = whole_round(graph, DELTA)
    microsoft.forget_delta()
    told = graph("GET", link)
    assert (told.status_code, told.json()["error"]["code"]) == (410, "SyncStateNotFound")
    assert graph("GET", told.headers["Location"]).status_code == 200


def test_a_move_changes_the_id_unless_the_stable_one_is_asked_for(graph: Caller, box: Mailbox) -> None:
    box.deliver(letter())
    plain = graph("GET", f"{BOX}/messages").json()["value"][0]["id"]
    stable = graph("GET", f"{BOX}/messages", headers=STABLE).json()["value"][0]["id"]
    folder = graph("POST", f"{BOX}/mailFolders", json={"displayName": "Erledigt"}).json()["id"]
    moved = graph("POST", f"{BOX}/messages/{plain}/move", json={"destinationId": folder})
    assert (moved.status_code, moved.json()["parentFolderId"]) == (201, folder)
    assert moved.json()["id"] not in (plain, stable)
    gone = graph("GET", f"{BOX}/messages/{plain}")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "ErrorItemNotFound")
    assert graph("GET", f"{BOX}/messages/{stable}", headers=STABLE).json()["id"] == stable


def test_the_text_of_a_mail_comes_as_it_was_brought(graph: Caller, box: Mailbox) -> None:
    raw = letter().replace(b"\n", b"\r\n") + b"\xff\x00"
    message_id = box.deliver(raw)
    assert graph("GET", f"{BOX}/messages/{message_id}/$value").content == raw


def test_a_mail_is_found_by_its_message_id(graph: Caller, box: Mailbox) -> None:
    box.deliver(letter("a"))
    box.deliver(letter("b"))
    wanted = {"$filter": "internetMessageId eq '<b@kunde.example>'", "$select": "id,subject"}
    assert [one["subject"] for one in graph("GET", f"{BOX}/messages", params=wanted).json()["value"]] == ["b"]


def test_a_mail_can_be_marked_and_deleted(graph: Caller, box: Mailbox) -> None:
    message_id = box.deliver(letter())
    assert graph("PATCH", f"{BOX}/messages/{message_id}", json={"isRead": True}).json()["isRead"] is True
    assert box.messages()[0].is_read
    assert graph("DELETE", f"{BOX}/messages/{message_id}").status_code == 204
    assert (box.messages(), len(box.messages("deleteditems"))) == ([], 1)


def test_folders_are_found_by_known_names_and_made_once(graph: Caller, box: Mailbox) -> None:
    assert graph("GET", f"{BOX}/mailFolders/inbox").json()["displayName"] == "Posteingang"
    assert graph("POST", f"{BOX}/mailFolders", json={"displayName": "Neu"}).status_code == 201
    assert graph("POST", f"{BOX}/mailFolders", json={"displayName": "neu"}).status_code == 409
    names = [one["displayName"] for one in graph("GET", f"{BOX}/mailFolders?$top=50").json()["value"]]
    assert {"Posteingang", "Neu"} <= set(names)


def test_a_mail_is_sent_byte_for_byte_and_kept(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    carla = microsoft.people["customer"].mail
    raw = letter("Antwort", From=SUPPORT, To=carla, Bcc="still@kunde.example")
    assert graph("POST", f"{BOX}/sendMail", **encoded(raw)).status_code == 202
    assert mail_lines(box.sent[0])["message-id"] == "<Antwort@kunde.example>"
    wanted = {"$filter": "internetMessageId eq '<Antwort@kunde.example>'"}
    kept = graph("GET", f"{BOX}/mailFolders/sentitems/messages", params=wanted).json()["value"]
    assert len(kept) == 1
    arrived = microsoft.mailbox(carla).messages()[0].raw
    assert b"still@" not in arrived
    assert microsoft.outgoing[0].recipients == (carla, "still@kunde.example")


def mail_lines(raw: bytes) -> dict[str, str]:
    head = raw.partition(b"\n\n")[0].decode()
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in head.splitlines())}


def test_a_mail_in_json_is_sent_too(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    message = {
        "subject": "Grüße",
        "body": {"contentType": "HTML", "content": "<p>ja</p>"},
        "toRecipients": [{"emailAddress": {"address": microsoft.people["customer"].mail}}],
        "internetMessageHeaders": [{"name": "x-helpdesk", "value": "1"}],
        "attachments": [
            {"name": "a.txt", "contentType": "text/plain", "contentBytes": base64.b64encode(b"a").decode()}
        ],
    }
    assert (
        graph("POST", f"{BOX}/sendMail", json={"message": message, "saveToSentItems": False}).status_code
        == 202
    )
    assert (len(box.sent), box.messages("sentitems")) == (1, [])
    message["internetMessageHeaders"] = [{"name": "References", "value": "<x@y>"}]
    refused = graph("POST", f"{BOX}/sendMail", json={"message": message})
    assert refused.json()["error"]["code"] == "InvalidInternetMessageHeader"


def test_what_was_sent_can_appear_late(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    microsoft.sent_items_late = True
    assert (
        graph("POST", f"{BOX}/sendMail", **encoded(letter(From=SUPPORT, To="x@kunde.example"))).status_code
        == 202
    )
    assert (len(box.sent), box.messages("sentitems")) == (1, [])
    box.catch_up()
    assert len(box.messages("sentitems")) == 1


def test_a_draft_is_made_and_sent(graph: Caller, box: Mailbox) -> None:
    raw = letter("Entwurf", From=SUPPORT, To="x@kunde.example")
    made = graph("POST", f"{BOX}/messages", **encoded(raw))
    assert (made.status_code, len(box.drafts)) == (201, 1)
    assert made.json()["isDraft"] is True
    address = f"{BOX}/messages/{made.json()['id']}/send"
    assert graph("POST", address).status_code == 202
    assert (box.drafts, len(box.sent), len(box.messages("sentitems"))) == ([], 1, 1)
    assert graph("POST", address).status_code == 404


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"!!!", 400, "ErrorMimeContentInvalidBase64String"),
        (base64.b64encode(letter(From="else@musterfirma.example")), 403, "ErrorSendAsDenied"),
        (base64.b64encode(letter(From=SUPPORT, To="")), 400, "ErrorInvalidRecipients"),
        (b"QUFB" * 1_100_000, 413, "RequestEntityTooLarge"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    graph: Caller, box: Mailbox, raw: bytes, status: int, code: str
) -> None:
    told = graph("POST", f"{BOX}/sendMail", data=raw, headers={"Content-Type": "text/plain"})
    assert (told.status_code, told.json()["error"]["code"]) == (status, code)
    assert box.sent == []


def test_each_deed_needs_its_permission(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    message_id = box.deliver(letter())
    microsoft.grants_application = {"Mail.Read"}
    assert graph("GET", DELTA).status_code == 200
    told = [
        graph("POST", f"{BOX}/sendMail", **encoded(letter())),
        graph("PATCH", f"{BOX}/messages/{message_id}", json={"isRead": True}),
        graph("POST", f"{BOX}/messages/{message_id}/move", json={"destinationId": "archive"}),
    ]
    assert {(one.status_code, one.json()["error"]["code"]) for one in told} == {(403, "ErrorAccessDenied")}


def test_an_access_policy_closes_all_other_mailboxes(microsoft: Microsoft, graph: Caller) -> None:
    microsoft.allowed_mailboxes = {SUPPORT}
    assert graph("GET", DELTA).status_code == 200
    other = graph("GET", f"/users/{microsoft.people['agent'].upn}/mailFolders/inbox")
    assert (other.status_code, "RAOP" in other.json()["error"]["message"]) == (403, True)


def test_a_person_reads_the_own_mailbox_and_no_other(microsoft: Microsoft, graph: Caller) -> None:
    microsoft.grants_delegated |= {"Mail.Read"}
    agent = microsoft.people["agent"]
    microsoft.mailbox(agent.mail).deliver(letter("own"))
    assert [one["subject"] for one in graph("GET", "/me/messages", agent).json()["value"]] == ["own"]
    assert graph("GET", f"{BOX}/messages", agent).status_code == 403
    microsoft.grants_delegated |= {"Mail.Read.Shared"}
    assert graph("GET", f"{BOX}/messages", agent).status_code == 200


def test_a_mailbox_nobody_has_is_not_there(graph: Caller) -> None:
    told = graph("GET", "/users/nobody@musterfirma.example/mailFolders/inbox/messages/delta")
    assert (told.status_code, told.json()["error"]["code"]) == (404, "ErrorInvalidUser")


def test_broken_mail_is_shown_as_far_as_it_goes(graph: Caller, box: Mailbox) -> None:
    for raw in (
        b"",
        b"\xff\xfe",
        b"Subject: =?x?q?y\r\nFrom: a@, <\r\nDate: never\r\n\r\n",
        b"Content-Type: x/\r\n\r\n\x00",
    ):
        box.deliver(raw)
    assert len(whole_round(graph, DELTA)[0]) == 4
