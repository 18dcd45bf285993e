"""What machines are told about us: /health, /health/live, /health/ready, /metrics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from pydantic import SecretStr

from app.core import clock, heartbeat, ready
from app.core.uow import run_unit
from tests.support.statements import counted
from tests.support.world import World

SERVICES = ["database", "redis", "celery", "scheduler", "mail", "ai_service"]


@pytest.fixture
def healthy(world: World) -> World:
    """A house whose scheduler and worker were at it just now."""

    def beat() -> None:
        heartbeat.beat("beat")
        heartbeat.begin("relay")
        heartbeat.end("relay")

    run_unit(beat)
    return world


def told(world: World, path: str = "/health", **headers: str) -> tuple[int, Any]:
    answer = world.browser().client.get(path, headers=headers)
    return answer.status_code, answer.get_json()


def test_health_names_every_service(healthy: World) -> None:
    status, body = told(healthy)
    assert status == 200 and list(body) == ["services", "status", "timestamp"]
    assert sorted(body["services"]) == sorted(SERVICES)
    assert body["status"] == "healthy" and body["timestamp"].endswith("Z")
    assert body["services"] | {"database": "ok", "celery": "ok", "scheduler": "ok"} == body["services"]
    assert {body["services"][name] for name in ("redis", "mail", "ai_service")} == {"disabled"}


def test_a_silent_scheduler_and_worker_degrade(healthy: World) -> None:
    with time_machine.travel(clock.now() + timedelta(seconds=91), tick=False):
        status, body = told(healthy)
    assert (status, body["status"]) == (200, "degraded")
    assert (body["services"]["scheduler"], body["services"]["celery"]) == ("error", "error")


def test_a_job_that_failed_degrades(healthy: World) -> None:
    run_unit(lambda: heartbeat.end("relay", "OperationalError: boom"))
    assert told(healthy)[1]["services"]["scheduler"] == "error"


def test_only_administrators_are_told_what_is_wrong(world: World) -> None:
    assert "errors" not in told(world)[1]
    for person in (world.customer(), world.agent(), world.leader()):
        assert "errors" not in world.browser(person).get("/health").get_json()
    errors = world.browser(world.admin()).get("/health").get_json()["errors"]
    assert set(errors) == {"celery", "scheduler"}
    assert errors["scheduler"] == "Der Zeitplan hat sich seit über einer Minute nicht gemeldet."


def test_without_the_database_health_says_so(healthy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "database", lambda: "(2003) Can't connect to root:secret@db")
    answer = healthy.browser().client.get("/health")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    body = answer.get_json()
    assert body["status"] == "unhealthy" and body["services"]["database"] == "error"
    assert "secret" not in answer.get_data(as_text=True)


def test_tables_of_another_version_are_not_ready(healthy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(healthy, "/health/ready") == (200, {"status": "ok"})
    monkeypatch.setattr(ready, "revision", lambda: "0000")
    answer = healthy.browser().client.get("/health/ready")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert told(healthy)[1]["services"]["database"] == "error"


def test_a_process_is_alive_without_asking_anybody(world: World) -> None:
    with counted() as statements:
        assert told(world, "/health/live") == (200, {"status": "ok"})
    assert statements == []


def test_health_is_cheap(healthy: World) -> None:
    with counted() as statements:
        told(healthy)
    assert len(statements) <= 9, "\n".join(statements)


def test_a_mail_route_in_trouble_is_said(
    healthy: World, house: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.extensions["settings"], "smtp_host", "mail.firma.example")
    assert told(healthy)[1]["services"]["mail"] == "ok"


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Basic right-token-0123456789", "Bearer ä"])
def test_metrics_are_closed_to_strangers(
    world: World, house: Flask, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    for token in ("", "right-token-0123456789"):
        monkeypatch.setattr(house.extensions["settings"], "metrics_token", SecretStr(token))
        headers = {"Authorization": given.encode().decode("latin-1")} if given else {}
        assert world.browser().client.get("/metrics", headers=headers).status_code == 404
    for person in (world.customer(), world.agent(), world.leader()):
        assert world.browser(person).get("/metrics").status_code == 404


def test_metrics_open_to_the_token_and_to_administrators(
    healthy: World, house: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.extensions["settings"], "metrics_token", SecretStr("right-token-0123456789"))
    headers = {"Authorization": "Bearer right-token-0123456789"}
    by_token = healthy.browser().client.get("/metrics", headers=headers)
    by_right = healthy.browser(healthy.admin()).get("/metrics")
    for answer in (by_token, by_right):
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200 and answer.content_type.startswith("text/plain")
        assert "helpdesk_backlog_events" in text and "helpdesk_beat_age_seconds" in text
        assert 'helpdesk_service_ok{service="database"} 1.0' in text
        assert 'helpdesk_job_success_timestamp_seconds{job="relay"}' in text
    with counted() as statements:
        healthy.browser().client.get("/metrics", headers=headers)
    assert len(statements) <= 14, "\n".join(statements)
