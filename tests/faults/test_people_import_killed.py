"""Workers that die in the middle of a file of people: no line is lost and none is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.accounts import import_queries, people_files
from app.accounts.actions import importing
from app.accounts.actors import SHELL
from app.accounts.import_models import PeopleImport
from app.accounts.import_words import ImportState
from app.accounts.models import Person
from app.core.db import db
from app.core.uow import run_unit
from tests.support.accounts import facts
from tests.support.relaying import KILLED, Worker, wipe
from tests.support.world import World

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
# Longer than the lease of a file.
LATER = timedelta(minutes=4)
LINES = "".join(f"p{n}@firma.example;Person{n};boss@firma.example\n" for n in range(6))
TEXT = f"E-Mail;Nachname;Vorgesetzte(r)\nboss@firma.example;Boss;\nalt@firma.example;Neu;\n{LINES}"


@pytest.fixture
def worker(house: Flask, database_url: str, tmp_path: Path) -> Iterator[Worker]:
    yield Worker(database_url, tmp_path)
    wipe()


@pytest.mark.parametrize("point", ["people.taken_in", "people.line_done"])
def test_a_worker_killed_again_and_again_loses_and_doubles_no_line(
    world: World, worker: Worker, point: str
) -> None:
    with time_machine.travel(START, tick=False):
        world.customer(email="alt@firma.example", last_name="Alt")
        file = people_files.read(TEXT.encode())
        lines = import_queries.judged(file, SHELL, close_missing=False)
        wishes = importing.Wishes(send_welcome=True)
        made = run_unit(partial(importing.keep, file, lines, "leute.csv", wishes, actor=SHELL))
        run_unit(partial(importing.start, made.id, actor=SHELL))
    moment = START
    for _ in range(5):
        moment += LATER
        assert worker.run(moment, fault=f"{point}:kill9", work="people") == KILLED
    assert worker.run(moment + LATER, work="people") == 0
    db.session.rollback()
    db.session.expire_all()
    done = db.session.get_one(PeopleImport, made.id)
    assert (done.state, done.created, done.updated, done.refused) == (ImportState.DONE, 7, 1, 0)
    boss = db.session.scalars(sa.select(Person).where(Person.email == "boss@firma.example")).one()
    count = sa.select(sa.func.count()).where(Person.manager_id == boss.id)
    assert db.session.scalar(count) == 6
    assert (len(facts("person.created")), len(facts("person.welcomed"))) == (7, 7)
    assert len(facts("people.imported")) == 1
