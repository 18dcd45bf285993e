"""Standing jobs: due times in the database, asked for once, caught up once after a stop (F09, F10, F29)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from app.core import heartbeat
from app.core.lease import lease
from app.core.uow import run_unit
from app.jobs import timetable
from app.jobs.beat import Timekeeper
from app.jobs.standing import run_if_due, run_standing
from app.jobs.timetable import Timetable

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
PLAN = {"sla": "60s", "relay": "10s", "auto-close": "7 * * * *", "nightly": "30 2 * * *"}


@pytest.fixture
def clock(house: Flask) -> time_machine.Coordinates:
    """A clock that only moves when told."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def own_timetable(house: Flask) -> Iterator[None]:
    """The application's timetable is back afterwards."""
    before = house.extensions["timetable"]
    yield
    timetable.use(house, before)


@pytest.fixture
def plan(house: Flask, clock: time_machine.Coordinates) -> Timetable:
    """A timetable of its own in place of the application's."""
    made = Timetable(PLAN, "Europe/Berlin")
    timetable.use(house, made)
    made.hang_up()
    return made


class Queue:
    """Takes requests for jobs, or refuses them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_down = False

    def send(self, name: str) -> None:
        if self.is_down:
            raise ConnectionRefusedError("no broker")
        self.asked.append(name)


def do(name: str) -> None:
    """Do a job as the worker would, with nothing to do in it."""
    run_standing(name, 60, lambda: None)


def test_a_new_installation_begins_its_rhythms_now_and_its_nightly_work_at_night(plan: Timetable) -> None:
    assert {b.name: b.due_at for b in heartbeat.all_beats()} == {
        "sla": START + timedelta(seconds=60),
        "relay": START + timedelta(seconds=10),
        "auto-close": START + timedelta(minutes=7),
        "nightly": datetime(2026, 11, 21, 1, 30, tzinfo=UTC),
    }


def test_what_is_due_is_asked_for_once(plan: Timetable, clock: time_machine.Coordinates) -> None:
    queue = Queue()
    clock.shift(60)
    assert plan.ask(queue.send) == ["relay", "sla"]
    assert plan.ask(queue.send) == []
    do("sla")
    clock.shift(59)
    assert "sla" not in plan.ask(queue.send)
    clock.shift(1)
    assert "sla" in plan.ask(queue.send)


def test_after_two_hours_of_silence_each_due_job_runs_once(
    plan: Timetable, clock: time_machine.Coordinates
) -> None:
    queue = Queue()
    clock.shift(timedelta(hours=2))
    again = Timetable(PLAN, "Europe/Berlin")
    again.hang_up()
    assert sorted(again.ask(queue.send)) == ["auto-close", "relay", "sla"]
    for name in ("auto-close", "sla"):
        do(name)
    for _ in range(3):
        clock.shift(5)
        again.ask(queue.send)
    assert sorted(set(queue.asked)) == ["auto-close", "relay", "sla"]
    assert queue.asked.count("auto-close") == queue.asked.count("sla") == 1


def test_two_schedulers_ask_once(plan: Timetable, clock: time_machine.Coordinates) -> None:
    one, two = Queue(), Queue()
    clock.shift(60)
    for _ in range(3):
        plan.ask(one.send)
        Timetable(PLAN, "Europe/Berlin").ask(two.send)
    assert sorted(one.asked + two.asked) == ["relay", "sla"]


def test_a_request_that_nobody_took_up_is_repeated_after_a_minute(
    plan: Timetable, clock: time_machine.Coordinates
) -> None:
    queue = Queue()
    clock.shift(60)
    plan.ask(queue.send)
    clock.shift(59)
    plan.ask(queue.send)
    assert queue.asked.count("sla") == 1
    clock.shift(2)
    plan.ask(queue.send)
    assert queue.asked.count("sla") == 2


def test_a_broker_that_is_down_delays_a_job_and_loses_none(
    plan: Timetable, clock: time_machine.Coordinates
) -> None:
    queue = Queue()
    clock.shift(60)
    queue.is_down = True
    assert plan.ask(queue.send) == []
    queue.is_down = False
    clock.shift(5)
    assert "sla" in plan.ask(queue.send)


def test_a_second_request_that_was_under_way_finds_the_job_done(
    house: Flask, plan: Timetable, clock: time_machine.Coordinates
) -> None:
    runs: list[int] = []
    clock.shift(61)
    assert run_if_due("sla", 60, lambda: runs.append(1))
    assert not run_if_due("sla", 60, lambda: runs.append(1))
    clock.shift(60)
    assert run_if_due("sla", 60, lambda: runs.append(1))
    assert runs == [1, 1]


def test_two_workers_never_do_a_standing_job_at_once(plan: Timetable) -> None:
    runs: list[bool] = []
    assert run_standing("sla", 60, lambda: runs.append(run_standing("sla", 60, lambda: None)))
    assert runs == [False]


def test_a_dead_workers_job_is_free_again_when_its_lease_ends(
    plan: Timetable, clock: time_machine.Coordinates
) -> None:
    holder = lease("job.sla", 60)
    assert holder.__enter__()  # and dies without leaving
    assert not run_standing("sla", 60, lambda: None)
    clock.shift(61)
    assert run_standing("sla", 60, lambda: None)


def fail() -> None:
    raise RuntimeError("the disk is full")


def test_a_job_that_failed_says_so_and_is_tried_again_soon(
    plan: Timetable, clock: time_machine.Coordinates
) -> None:
    with pytest.raises(RuntimeError):
        run_standing("nightly", 60, fail)
    row = heartbeat.last("nightly")
    assert row is not None and row.error == "RuntimeError: the disk is full" and row.succeeded_at is None
    assert row.due_at == START + timedelta(minutes=5)
    clock.shift(timedelta(minutes=5))
    assert run_standing("nightly", 60, lambda: None)
    row = heartbeat.last("nightly")
    assert row is not None and row.error == "" and row.succeeded_at == START + timedelta(minutes=5)
    assert row.due_at == datetime(2026, 11, 21, 1, 30, tzinfo=UTC)


def test_a_changed_setting_moves_what_is_not_yet_due(
    plan: Timetable, clock: time_machine.Coordinates
) -> None:
    do("nightly")
    clock.shift(timedelta(hours=1))
    Timetable(PLAN | {"nightly": "0 5 * * *"}, "Europe/Berlin").hang_up()
    row = heartbeat.last("nightly")
    assert row is not None and row.due_at == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_what_is_overdue_stays_owed_when_the_scheduler_starts_again(
    plan: Timetable, clock: time_machine.Coordinates
) -> None:
    clock.shift(timedelta(days=2))
    Timetable(PLAN, "Europe/Berlin").hang_up()
    assert heartbeat.due(["nightly"]) == ["nightly"]


@pytest.mark.parametrize(
    "night", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)]
)
def test_a_nightly_job_runs_once_in_the_night_of_a_clock_change(house: Flask, night: datetime) -> None:
    queue = Queue()
    with time_machine.travel(night, tick=False) as clock:
        plan = Timetable({"nightly": "30 2 * * *"}, "Europe/Berlin")
        timetable.use(house, plan)
        plan.hang_up()
        for _ in range(24 * 6):
            for name in plan.ask(queue.send):
                do(name)
            clock.shift(timedelta(minutes=10))
    assert queue.asked == ["nightly"]


def test_a_clock_that_jumps_back_an_hour_repeats_no_job(
    plan: Timetable, clock: time_machine.Coordinates
) -> None:
    queue = Queue()
    clock.shift(timedelta(hours=2))
    plan.ask(queue.send)
    do("auto-close")
    clock.shift(-timedelta(hours=1))
    for _ in range(6):
        plan.ask(queue.send)
        clock.shift(timedelta(minutes=10))
    assert queue.asked.count("auto-close") == 1


def test_the_scheduler_goes_on_when_the_database_is_away(
    house: Flask, plan: Timetable, clock: time_machine.Coordinates, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = house.extensions["celery"]
    sent: list[str] = []
    monkeypatch.setattr(queue, "send_task", lambda name, **_: sent.append(name))
    keeper = Timekeeper(queue)

    def broken() -> None:
        raise OSError("no database")

    monkeypatch.setattr(plan, "hang_up", broken)
    assert keeper.tick() == 5.0
    monkeypatch.undo()
    monkeypatch.setattr(queue, "send_task", lambda name, **_: sent.append(name))
    clock.shift(60)
    keeper.tick()
    assert "sla" in sent
    beat = heartbeat.last("beat")
    assert beat is not None and beat.succeeded_at == START + timedelta(seconds=60)


def test_two_processes_may_note_the_first_beat_at_once(house: Flask) -> None:
    run_unit(lambda: heartbeat.begin("new"))
    run_unit(lambda: heartbeat.begin("new"))
    run_unit(lambda: heartbeat.end("new", "x" * 900))
    row = heartbeat.last("new")
    assert row is not None and len(row.error) == 500 and row.due_at is None
