"""Redis is bell and counter, never memory: stopped, frozen, emptied, nothing is lost and nobody waits (F11, F12)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.errors import TooMany
from app.core.rates import Limiter
from app.events.models import Backlog, Delivery
from app.events.words import DeliveryState
from app.tickets.models import Ticket
from tests.faults import invariants
from tests.support.accounts import PASSWORD, give_password
from tests.support.engines import Redis
from tests.support.relaying import wipe
from tests.support.running import Visitor, Web, Worker, until
from tests.support.world import World

pytestmark = [pytest.mark.servers, pytest.mark.sqlite_only]
LONG = 120.0
PATIENCE = 5.0  # seconds; a request waits at most one for Redis, the rest is for a machine that is busy


@pytest.fixture
def server() -> Iterator[Redis]:
    """A Redis of this test alone."""
    if not Redis.installed():
        pytest.skip(f"redis is not installed ({Redis.package})")
    with Redis() as made:
        yield made


# The limiter by itself


def took(work: object) -> float:
    """Seconds a call takes."""
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began


def test_limits_are_counted_across_processes(server: Redis) -> None:
    one, two = Limiter(server.url), Limiter(server.url)
    for limiter in (one, two, one):
        limiter.hit("3/minute", "sign-in", "a")
    with pytest.raises(TooMany):
        two.hit("3/minute", "sign-in", "a")
    two.hit("3/minute", "sign-in", "b")


@pytest.mark.parametrize("how", ["stopped", "frozen", "full"])
def test_f11_without_redis_limits_are_counted_here_and_nobody_waits(server: Redis, how: str) -> None:
    limiter = Limiter(server.url)
    limiter.hit("3/minute", "sign-in", "a")
    if how == "stopped":
        server.kill9()
    elif how == "frozen":
        server.suspend()
    else:
        with redis.Redis(port=server.port) as client:
            client.config_set("maxmemory", "1")
    assert took(lambda: limiter.hit("3/minute", "sign-in", "a")) < PATIENCE / 2
    assert took(lambda: limiter.hit("3/minute", "sign-in", "a")) < 0.1
    with pytest.raises(TooMany):
        limiter.hit("3/minute", "sign-in", "a")


def test_f12_an_emptied_redis_counts_anew_and_goes_on(server: Redis) -> None:
    limiter = Limiter(server.url)
    limiter.hit("3/minute", "sign-in", "a")
    with redis.Redis(port=server.port) as client:
        client.flushall()
        client.script_flush()
        limiter.hit("3/minute", "sign-in", "a")
        assert client.dbsize() == 1


# The whole product


@pytest.fixture
def folder(house: Flask, tmp_path: Path) -> Iterator[Path]:
    """A data folder of this run; what its processes wrote is gone afterwards."""
    yield tmp_path
    wipe()


def waiting() -> int:
    """What the relay still owes: events to spread, deliveries to try."""
    db.session.rollback()
    owed = sa.select(sa.func.count()).select_from(Delivery)
    states = (DeliveryState.WAITING, DeliveryState.SENDING)
    return (db.session.scalar(sa.select(sa.func.count()).select_from(Backlog)) or 0) + (
        db.session.scalar(owed.where(Delivery.state.in_(states), Delivery.attempts == 0)) or 0
    )


def ask(visitor: Visitor, title: str) -> float:
    """Make a request in the portal; returns the seconds it took."""
    visitor.get("/portal/new")
    began = time.perf_counter()
    answer = visitor.post("/portal/new", title=title, description="Seit heute früh.", impact="medium")
    assert answer.status_code == 303, answer.text[-1000:]
    return time.perf_counter() - began


def failed_sign_in(web: Web) -> float:
    """Try a wrong password, which is counted; returns the seconds it took."""
    stranger = web.visitor()
    stranger.get("/auth/login")
    began = time.perf_counter()
    answer = stranger.post("/auth/login", email="niemand@firma.example", password="falsch-falsch")
    assert answer.status_code in (422, 429)
    return time.perf_counter() - began


def test_f11_f12_the_house_goes_on_without_redis(
    world: World, database_url: str, folder: Path, server: Redis
) -> None:
    mia = give_password(world.customer(email="mia@firma.example"))
    more = {"REDIS_URL": server.url, "SCHEDULE_RELAY": "2s", "RATE_LIMITS": "on"}
    with Worker(database_url, folder, **more), Web(database_url, folder, **more) as web:
        visitor = web.visitor()
        visitor.sign_in(mia.email, PASSWORD)
        ask(visitor, "mit Redis")
        until(lambda: waiting() == 0, LONG, "the worker works with Redis")

        server.suspend()  # hangs, does not refuse
        times = [ask(visitor, f"eingefroren {number}") for number in range(3)]
        times += [failed_sign_in(web) for _ in range(2)]
        began = time.perf_counter()
        told = visitor.get("/health").json()
        times.append(time.perf_counter() - began)
        assert told["services"]["redis"] == "error" and told["status"] == "degraded"
        assert max(times) < PATIENCE, times
        server.resume()
        until(lambda: waiting() == 0, LONG, "what was asked meanwhile is told")

        server.kill9()  # refuses, and has forgotten everything when it is back
        times = [ask(visitor, f"gestoppt {number}") for number in range(3)] + [failed_sign_in(web)]
        assert max(times) < PATIENCE, times
        server.start()
        until(lambda: waiting() == 0, LONG, "what was asked meanwhile is told")

        with redis.Redis(port=server.port) as client:
            client.flushall()
        ask(visitor, "geleert")
        until(lambda: waiting() == 0, LONG, "what was asked meanwhile is told")
        assert visitor.get("/portal").status_code == 200, "nobody was signed out"
    db.session.rollback()
    titles = set(db.session.scalars(sa.select(Ticket.title)))
    assert len(titles) == 8
    invariants.hold(clock.now())
