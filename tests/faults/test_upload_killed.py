"""The web server dies while a large file comes in parts: whoever goes on loses nothing and makes one file (F36)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from flask import Flask

from app.core import clock
from app.jobs import housekeeping
from app.tickets.actions import uploading
from app.tickets.models import Attachment
from app.tickets.upload_models import UploadPart
from tests.faults import invariants
from tests.support.parts import BYTES, DATA, PARTS, at, begun, count, finished, put, sha, stored
from tests.support.programs import Program
from tests.support.relaying import wipe
from tests.support.running import HOST, Web
from tests.support.world import World

PART_POINTS = ("upload.part_stored", "web.committed")
FINISH_POINTS = ("upload.joined", "upload.finished")


@pytest.fixture
def folder(house: Flask, tmp_path: Path) -> Iterator[Path]:
    """A data folder of this run; what its processes wrote is gone afterwards."""
    yield tmp_path
    wipe()


@pytest.fixture
def phone(world: World, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A customer's program whose files come in parts of a thousand bytes."""
    monkeypatch.setattr(uploading, "PART", 1000)
    return Program(world.app, world.customer())


def dies(
    world: World, database_url: str, folder: Path, point: str, method: str, path: str, **sent: Any
) -> None:
    """Ask a server with the same database and files, which is killed in the middle of it."""
    files = f"file://{world.app.extensions['storage'].root}"
    token = sent.pop("token")
    headers = HOST | {"Authorization": f"Bearer {token}"} | sent.pop("headers", {})
    more = {"RATE_LIMITS": "off", "STORAGE_URL": files, "HD_FAULT": f"{point}:kill9"}
    with Web(database_url, folder, **more) as web, pytest.raises(requests.ConnectionError):
        requests.request(method, web.url(path), headers=headers, timeout=15, **sent)


def one_file_and_nothing_half(world: World, phone: Program, file: Any) -> None:
    """The file is there once, whole and readable; after a day it is all there is."""
    assert file.status_code == 201, file.text
    assert (count(Attachment), count(UploadPart)) == (1, 0)
    assert phone.get(f"/api/v1/attachments/{file.json['id']}/content").data == DATA
    bound = {"title": "Protokoll", "description": "Anbei.", "attachment_ids": [file.json["id"]]}
    assert phone.post("/api/v1/tickets", bound).status_code == 201
    invariants.hold(clock.now())
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        housekeeping.clear_ended()
        housekeeping.sweep_store(world.app.extensions["storage"])
    assert sha(DATA) in stored(world.app)
    assert not {sha(part) for part in PARTS} & stored(world.app)


@pytest.mark.parametrize("point", PART_POINTS)
def test_f36_a_part_whose_server_died_is_sent_again(
    world: World, database_url: str, folder: Path, phone: Program, point: str
) -> None:
    made = begun(phone, sha256=sha(DATA))
    put(phone, made, 1)
    sent = {"data": PARTS[1], "headers": {"Content-Type": BYTES}, "token": phone.access}
    dies(world, database_url, folder, point, "PUT", at(made, 2), **sent)
    arrived = phone.get(at(made)).json["received"]
    assert arrived == ([1, 2] if point == "web.committed" else [1])
    for number in (2, 3):
        told = put(phone, made, number)
    assert (told.json["received"], told.json["received_bytes"]) == ([1, 2, 3], len(DATA))
    world.relay()
    one_file_and_nothing_half(world, phone, finished(phone, made))


@pytest.mark.parametrize("point", FINISH_POINTS)
def test_f36_an_upload_whose_server_died_while_finishing_is_finished_once(
    world: World, database_url: str, folder: Path, phone: Program, point: str
) -> None:
    made = begun(phone)
    for number in (3, 1, 2):
        put(phone, made, number)
    dies(world, database_url, folder, point, "POST", f"{at(made)}/finish", json={}, token=phone.access)
    assert count(Attachment) == (1 if point == "upload.finished" else 0)
    assert phone.get(at(made)).json["received"] == [1, 2, 3]
    world.relay()
    one_file_and_nothing_half(world, phone, finished(phone, made))
