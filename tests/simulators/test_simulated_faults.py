"""Every fault of the simulated Microsoft does what its name says (F23)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tools.simulated_microsoft import KINDS, Mailbox, Microsoft

pytestmark = pytest.mark.sqlite_only
Caller = Callable[..., requests.Response]
SUPPORT = "support@musterfirma.example"
BOX = f"/users/{SUPPORT}"
DELTA = f"{BOX}/mailFolders/inbox/messages/delta"
RAW = (
    f"From: {SUPPORT}\r\nTo: x@kunde.example\r\nMessage-ID: <1@h.example>\r\nSubject: s\r\n\r\nt\r\n".encode()
)


@pytest.fixture
def box(microsoft: Microsoft) -> Mailbox:
    box = microsoft.mailbox(SUPPORT)
    box.deliver(RAW)
    return box


def send(graph: Caller) -> requests.Response:
    return graph(
        "POST", f"{BOX}/sendMail", data=base64.b64encode(RAW), headers={"Content-Type": "text/plain"}
    )


@pytest.mark.parametrize(
    ("kind", "retry_after", "status", "said"),
    [
        ("429", 7, 429, "7"),
        ("429", None, 429, "30"),
        ("503", 5, 503, "5"),
        ("503", None, 503, None),
        ("500", None, 500, None),
        ("504", None, 504, None),
        ("401", None, 401, None),
    ],
)
def test_a_status_is_said_instead_of_doing_it(
    microsoft: Microsoft,
    graph: Caller,
    box: Mailbox,
    kind: str,
    retry_after: int | None,
    status: int,
    said: str | None,
) -> None:
    microsoft.faults.add(kind, retry_after=retry_after)
    told = send(graph)
    assert (told.status_code, told.headers.get("Retry-After"), box.sent) == (status, said, [])
    assert told.json()["error"]["code"]
    assert send(graph).status_code == 202


def test_a_mail_can_be_accepted_and_the_answer_lost(
    microsoft: Microsoft, graph: Caller, box: Mailbox
) -> None:
    microsoft.faults.add("504_done")
    assert (send(graph).status_code, len(box.sent)) == (504, 1)
    microsoft.faults.add("hang_up_done")
    with pytest.raises(requests.ConnectionError):
        send(graph)
    assert (len(box.sent), len(box.messages("sentitems"))) == (2, 2)


def test_a_connection_can_end_before_anything_is_done(
    microsoft: Microsoft, graph: Caller, box: Mailbox
) -> None:
    microsoft.faults.add("hang_up")
    with pytest.raises(requests.ConnectionError):
        send(graph)
    assert box.sent == []
    assert microsoft.log[-1].status == 499


def test_the_state_of_a_reader_can_be_forgotten(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    link = graph("GET", DELTA).json()["@odata.deltaLink"]
    microsoft.faults.add("410", path="/delta$")
    told = graph("GET", link)
    assert (told.status_code, told.json()["error"]["code"]) == (410, "SyncStateNotFound")
    assert len(graph("GET", told.headers["Location"]).json()["value"]) == 1


def test_garbage_comes_with_a_good_status(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    for kind in ("html", "cut_json"):
        microsoft.faults.add(kind)
        told = graph("GET", DELTA)
        assert told.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            told.json()


def test_an_answer_can_be_cut_in_the_middle(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    microsoft.faults.add("cut")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        graph("GET", DELTA)


def test_pages_can_lead_in_a_circle(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    microsoft.faults.add("next_link_loop", times=2)
    told = graph("GET", DELTA).json()
    assert "@odata.deltaLink" not in told
    assert graph("GET", told["@odata.nextLink"]).json()["@odata.nextLink"] == told["@odata.nextLink"]


def test_an_answer_can_be_slow_or_never_come(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    microsoft.faults.add("slow", seconds=0.05)
    assert graph("GET", DELTA).elapsed.total_seconds() >= 0.05
    microsoft.faults.add("hang")
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(graph, "GET", DELTA)
        with pytest.raises(TimeoutError):
            held.result(0.1)
        microsoft.faults.release()
        assert isinstance(held.exception(10), requests.ConnectionError)


def test_a_mail_can_lose_its_id_between_two_looks(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    stable = {"Prefer": 'IdType="ImmutableId"'}
    before = graph("GET", DELTA, headers=stable).json()
    microsoft.faults.add("id_changed", path="/messages/")
    assert (
        graph("GET", f"{BOX}/messages/{before['value'][0]['id']}/$value", headers=stable).status_code == 404
    )
    news = graph("GET", before["@odata.deltaLink"], headers=stable).json()["value"]
    assert {"@removed" in one for one in news} == {True, False}


def test_faults_wait_for_the_request_they_are_meant_for(
    microsoft: Microsoft, graph: Caller, box: Mailbox
) -> None:
    microsoft.faults.add("500", times=2, method="POST", path="/sendMail$")
    assert graph("GET", DELTA).status_code == 200
    assert [send(graph).status_code for _ in range(3)] == [500, 500, 202]
    assert [used[0] for used in microsoft.faults.used] == ["500", "500"]


def test_faults_by_the_dice_are_the_same_for_the_same_seed(
    microsoft: Microsoft, graph: Caller, box: Mailbox
) -> None:
    def statuses(seed: int) -> list[int]:
        microsoft.faults.random(seed, ("500", "429"), 0.5)
        return [graph("GET", DELTA).status_code for _ in range(12)]

    assert statuses(7) == statuses(7) != statuses(8)
    microsoft.faults.clear()
    assert graph("GET", DELTA).status_code == 200


def test_only_known_faults_can_be_asked_for(microsoft: Microsoft) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        microsoft.faults.add("earthquake")
    with pytest.raises(ValueError, match="no such fault"):
        microsoft.faults.random(1, ("earthquake",), 1.0)
    assert len(set(KINDS)) == len(KINDS)


def test_the_token_endpoint_can_fail_as_well(microsoft: Microsoft, web: requests.Session) -> None:
    microsoft.faults.add("503", path="/token$", retry_after=3)
    assert web.post(f"{microsoft.authority}/oauth2/v2.0/token", data={}, timeout=10).status_code == 503


def test_a_mailbox_answers_only_so_many_at_once(microsoft: Microsoft, graph: Caller, box: Mailbox) -> None:
    microsoft.parallel_limit = 1
    microsoft.faults.add("hang")
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(graph, "GET", DELTA)
        with pytest.raises(TimeoutError):
            held.result(0.1)
        crowded = graph("GET", DELTA)
        microsoft.faults.release()
        held.exception(10)
    assert (crowded.status_code, crowded.json()["error"]["code"]) == (429, "ApplicationThrottled")
    assert crowded.headers["Retry-After"]
    assert graph("GET", DELTA).status_code == 200
