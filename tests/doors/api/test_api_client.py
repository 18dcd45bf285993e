"""The client in Python that is documented does what it says, against a running server."""

from __future__ import annotations

import hashlib
import importlib.util
import socket
from datetime import timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import time_machine

from app.accounts.models import Person
from app.core.clock import now
from tests.support.accounts import PASSWORD, give_password
from tests.support.receivers import EXAMPLES
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """docs/examples/helpdesk.py."""
    found = importlib.util.spec_from_file_location("helpdesk", EXAMPLES / "helpdesk.py")
    assert found is not None and found.loader is not None
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


@pytest.fixture
def lea(world: World) -> Person:
    return give_password(world.agent(first_name="Lea", last_name="Vogt"))


@pytest.fixture
def desk(example: ModuleType, address: str, lea: Person, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client, signed in as Lea."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return example.Helpdesk.signed_in(address, lea.email, PASSWORD)


def test_it_opens_answers_and_follows(desk: Any, world: World) -> None:
    begin = desk.call("GET", "/events")["next_after"]
    photo = desk.upload("notiz.txt", b"Raum 7", "text/plain")
    wanted = {"title": "Drucker", "description": "Siehe Notiz.", "attachment_ids": [photo["id"]]}
    ticket = desk.call("POST", "/tickets", wanted, key="one-and-the-same")
    assert desk.call("POST", "/tickets", wanted, key="one-and-the-same")["id"] == ticket["id"]
    desk.call("POST", f"/tickets/{ticket['number']}/comments", {"content": "Ich komme vorbei."})
    assert [file["filename"] for file in ticket["attachments"]] == ["notiz.txt"]
    world.relay()
    with time_machine.travel(now() + timedelta(minutes=1)):
        kinds = [event["kind"] for event in desk.events(begin)]
    assert kinds.count("ticket.opened") == 1 and "ticket.reply_added" in kinds


def test_a_large_file_goes_in_parts(desk: Any) -> None:
    data = bytes(range(256)) * 21_000
    file = desk.upload("protokoll.bin", data, "application/octet-stream")
    assert (file["size"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    wanted = {"title": "Protokoll", "description": "Anbei.", "attachment_ids": [file["id"]]}
    assert len(desk.call("POST", "/tickets", wanted)["attachments"]) == 1


def test_it_goes_on_when_the_helpdesk_comes_back(
    desk: Any, example: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, paused = desk.base, []

    def pause(seconds: int) -> None:
        paused.append(seconds)
        if len(paused) == 2:
            desk.base = there

    monkeypatch.setattr(example, "time", SimpleNamespace(sleep=pause))
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        desk.base = f"http://127.0.0.1:{nobody_listens.getsockname()[1]}/api/v1"
        file = desk.upload("protokoll.bin", b"x" * 6_000_000, "application/octet-stream")
    assert (file["size"], paused) == (6_000_000, [1, 5])


def test_it_gives_up_in_the_end(desk: Any, example: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[int] = []
    monkeypatch.setattr(example, "time", SimpleNamespace(sleep=paused.append))
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        desk.base = f"http://127.0.0.1:{nobody_listens.getsockname()[1]}/api/v1"
        with pytest.raises(example.requests.ConnectionError):
            desk.call("GET", "/tickets")
    assert paused == [1, 5, 15]


def test_it_turns_pages_and_renews_its_pair_on_the_way(desk: Any, world: World) -> None:
    mia = world.customer()
    made = {world.ticket(mia, title=f"Nr. {n}").id for n in range(7)}
    before = desk.pair["refresh_token"]
    desk.pair["access_token"] += "x"
    assert {row["id"] for row in desk.rows("/tickets", limit=3, sort="created_at")} == made
    assert desk.pair["refresh_token"] != before


def test_a_refusal_says_what_and_where(desk: Any, example: ModuleType) -> None:
    with pytest.raises(example.Refused) as refused:
        desk.call("POST", "/tickets", {"title": "Ohne Beschreibung"})
    assert (refused.value.status, refused.value.code) == (422, "invalid")
    assert "description" in refused.value.details and refused.value.request_id


def test_a_change_made_on_an_older_version_is_refused(desk: Any, example: ModuleType, world: World) -> None:
    at = f"/tickets/{world.ticket(world.customer()).id}"
    version = desk.call("GET", at)["version"]
    desk.call("PATCH", at, {"priority": "high"}, if_match=f'"{version}"')
    with pytest.raises(example.Refused) as refused:
        desk.call("PATCH", at, {"priority": "low"}, if_match=f'"{version}"')
    assert (refused.value.status, refused.value.code) == (412, "stale")


def test_it_is_of_no_use_after_leaving(desk: Any, example: ModuleType) -> None:
    desk.leave()
    with pytest.raises(example.Refused) as refused:
        desk.call("GET", "/tickets")
    assert refused.value.status == 401
