"""Clearing away: what has ended goes, everything else stays."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.accounts import tokens
from app.accounts.models import OneTimeToken, SignIn
from app.accounts.words import TokenPurpose
from app.core import clock, heartbeat, once
from app.core.db import db
from app.core.once import RequestKey
from app.core.uow import run_unit
from app.events.models import Delivery
from app.events.words import DeliveryState
from app.integrations.storage import FolderStorage
from app.jobs import cards, deadlines, hints, housekeeping, mail, people, rechecking, relay, scanning
from app.tickets.actions.files import StoredFile, receive
from app.tickets.models import Attachment, Presence
from app.tickets.words import PresenceMode
from app.web.admin.health import JOBS
from tests.support.statements import counted
from tests.support.world import World

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
S = DeliveryState


@pytest.fixture
def present(house: Flask) -> time_machine.Coordinates:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def deliver(target: str, state: DeliveryState, number: int) -> None:
    """A delivery made now."""
    row = Delivery(
        event_id=number,
        consumer="bell",
        target=target,
        state=state,
        created_at=clock.now(),
        since=clock.now(),
    )
    run_unit(lambda: db.session.add(row))


def test_every_job_of_the_timetable_can_be_asked_for_and_has_a_name(house: Flask) -> None:
    queue = house.extensions["celery"]
    assert all((cards, deadlines, hints, housekeeping, mail, people, rechecking, relay, scanning))
    assert {"relay", "sla", "housekeeping"} <= set(house.extensions["timetable"].names)
    for name in house.extensions["timetable"].names:
        assert name in queue.tasks, f"no task is called {name}"
        assert name in JOBS, f"the health page has no name for {name}"


def test_ended_sign_ins_go_and_open_ones_stay(present: time_machine.Coordinates, world: World) -> None:
    world.browser(world.customer())
    world.browser(world.customer())
    first = db.session.scalars(sa.select(sa.func.min(SignIn.id))).one()
    run_unit(lambda: db.session.execute(sa.update(SignIn).where(SignIn.id == first).values(expires_at=NOW)))
    present.shift(1)
    housekeeping.clear_ended()
    assert [row.id for row in db.session.scalars(sa.select(SignIn))] == [first + 1]


def test_links_go_a_month_after_they_ran_out(present: time_machine.Coordinates, world: World) -> None:
    person = world.customer()
    run_unit(lambda: tokens.issue(person.id, TokenPurpose.RESET))
    present.shift(timedelta(days=29))
    housekeeping.clear_ended()
    assert count(OneTimeToken) == 1
    present.shift(timedelta(days=2))
    housekeeping.clear_ended()
    assert count(OneTimeToken) == 0


def test_keys_of_requests_go_after_a_day(present: time_machine.Coordinates, world: World) -> None:
    run_unit(lambda: once.keep("me", "key", "body", {"status": 200}))
    present.shift(timedelta(hours=23))
    housekeeping.clear_ended()
    assert count(RequestKey) == 1
    present.shift(timedelta(hours=2))
    housekeeping.clear_ended()
    assert count(RequestKey) == 0


def test_a_key_is_new_after_a_day_also_before_it_is_cleared_away(
    present: time_machine.Coordinates, world: World
) -> None:
    run_unit(lambda: once.keep("me", "key", "body", {"status": 200}))
    present.shift(timedelta(hours=24, minutes=30))

    def again() -> None:
        assert once.recall("me", "key", "other") is None
        once.keep("me", "key", "other", {"status": 201})

    run_unit(again)
    assert run_unit(lambda: once.recall("me", "key", "other")) == {"status": 201}
    assert count(RequestKey) == 1


def test_presence_of_those_who_left_goes(present: time_machine.Coordinates, world: World) -> None:
    agent = world.agent()
    here = Presence(ticket_id=1, person_id=agent.id, mode=PresenceMode.READING, since=NOW, seen_at=NOW)
    run_unit(lambda: db.session.add(here))
    housekeeping.clear_ended()
    assert count(Presence) == 1
    present.shift(timedelta(hours=2))
    housekeeping.clear_ended()
    assert count(Presence) == 0


def test_uploads_that_nothing_took_go_after_a_day(present: time_machine.Coordinates, world: World) -> None:
    actor = world.actor(world.customer())
    file = StoredFile(sha(b"x"), 1, "x.txt", "text/plain")
    run_unit(lambda: receive(file, actor=actor, scanned=True))
    present.shift(timedelta(hours=23))
    housekeeping.clear_ended()
    assert count(Attachment) == 1
    present.shift(timedelta(hours=2))
    housekeeping.clear_ended()
    assert count(Attachment) == 0


def test_settled_inside_deliveries_go_after_a_month(present: time_machine.Coordinates, world: World) -> None:
    for number, (target, state) in enumerate(
        [("", S.SENT), ("", S.CANCELLED), ("", S.DEAD), ("", S.WAITING), ("7:", S.SENT), ("7:", S.DEAD)], 1
    ):
        deliver(target, state, number)
    present.shift(timedelta(days=31))
    deliver("", S.SENT, 99)
    assert housekeeping.clear_deliveries() == 2
    left = db.session.execute(sa.select(Delivery.target, Delivery.state).order_by(Delivery.id)).all()
    assert left == [("", S.DEAD), ("", S.WAITING), ("7:", S.SENT), ("7:", S.DEAD), ("", S.SENT)]


def test_clearing_goes_on_where_it_ended(
    present: time_machine.Coordinates, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.events import sweeping

    for number in range(1, 61):
        deliver("", S.SENT, number)
        present.shift(timedelta(hours=1))
    present.shift(timedelta(days=30))
    assert housekeeping.clear_deliveries() == 60
    monkeypatch.setattr(sweeping, "CHUNK", 10)
    for number in range(61, 66):
        deliver("", S.SENT, number)
    cleared_at = clock.now()
    present.shift(timedelta(days=31))
    with counted() as statements:
        assert housekeeping.clear_deliveries(cleared_at) == 5
    assert len([text for text in statements if text.startswith("DELETE")]) == 1


@pytest.fixture
def store(house: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    """A store of its own in place of the application's."""
    made = FolderStorage(tmp_path / "files")
    monkeypatch.setitem(house.extensions, "storage", made)
    return made


def put(store: FolderStorage, content: bytes, *, days_old: int) -> str:
    """Bytes in the store, written some days ago."""
    name = store.put(io.BytesIO(content), limit=1000).sha256
    then = clock.now().timestamp() - days_old * 86_400
    os.utime(store.root / name[:2] / name, (then, then))
    return name


def test_files_that_no_row_names_go(house: Flask, world: World, store: FolderStorage) -> None:
    lost, named, fresh = (put(store, content, days_old=2) for content in (b"lost", b"named", b"face"))
    young = put(store, b"young", days_old=0)
    actor = world.actor(world.customer())
    run_unit(lambda: receive(StoredFile(named, 5, "a.txt", "text/plain"), actor=actor, scanned=True))
    person = world.customer(avatar_sha256=fresh)
    assert person.id
    housekeeping.sweep_store(store)
    assert [store.exists(name) for name in (lost, named, fresh, young)] == [False, True, True, True]


def test_a_file_that_is_written_again_while_it_is_swept_stays(
    house: Flask, world: World, store: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = put(store, b"again", days_old=2)

    def named_while_somebody_came(_hashes: object) -> set[str]:
        os.utime(
            store.root / name[:2] / name
        )  # as an upload of the same bytes does; its row is not committed yet
        return set()

    monkeypatch.setattr(housekeeping, "NAMERS", (named_while_somebody_came,))
    assert housekeeping.sweep_batch(store, [name]) == 0
    assert store.exists(name)


def test_a_sweep_of_many_files_asks_in_batches(
    house: Flask, world: World, store: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 10)
    for number in range(25):
        put(store, str(number).encode(), days_old=2)
    with counted() as statements:
        housekeeping.sweep_store(store)
    assert not list(store.walk())
    assert len([text for text in statements if "avatar_sha256" in text]) == 3


def test_housekeeping_writes_its_diary_and_comes_again(house: Flask, world: World) -> None:
    housekeeping.clear()
    db.session.rollback()  # the task had a session of its own
    row = heartbeat.last("housekeeping")
    assert row is not None and row.succeeded_at is not None and row.error == ""
    assert row.due_at is not None and row.due_at > clock.now()
