"""What the queue is told: nothing patient in a request, nothing impatient in a worker."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from celery import Celery
from flask import Flask

from app.jobs.queue import be_patient, make_queue


@pytest.fixture
def made(tmp_path: Path) -> tuple[Celery, Celery]:
    """A queue over Redis and one over a folder; Celery's current application stays what it was."""
    from celery import current_app

    before = current_app._get_current_object()
    queues = tuple(
        make_queue(Flask("x"), redis_url=url, data_dir=tmp_path, time_zone="Europe/Berlin", schedules={})
        for url in ("redis://127.0.0.1:1/0", "")
    )
    before.set_current()
    return queues


def test_a_lost_worker_loses_no_task_and_gets_one_at_a_time(made: tuple[Celery, Celery]) -> None:
    for queue in made:
        assert queue.conf.task_acks_late and queue.conf.task_reject_on_worker_lost
        assert queue.conf.worker_prefetch_multiplier == 1
        assert queue.conf.accept_content == ["json"]
        assert queue.conf.beat_scheduler == "app.jobs.beat:Timekeeper"


def test_publishing_gives_up_soon_and_a_worker_waits(made: tuple[Celery, Celery]) -> None:
    over_redis, over_folder = made
    assert over_redis.conf.broker_transport_options["socket_timeout"] == 1.0
    assert not over_redis.conf.task_publish_retry
    be_patient(over_redis)
    options = over_redis.conf.broker_transport_options
    assert "socket_timeout" not in options and options["socket_keepalive"]
    assert options["socket_keepalive_options"][socket.TCP_KEEPIDLE] == 30
    assert options["visibility_timeout"] == 3600
    before = dict(over_folder.conf.broker_transport_options)
    be_patient(over_folder)
    assert over_folder.conf.broker_transport_options == before


def test_the_folder_is_made(made: tuple[Celery, Celery], tmp_path: Path) -> None:
    assert (tmp_path / "queue" / "messages").is_dir() and (tmp_path / "queue" / "control").is_dir()
    with made[1].connection_for_write() as connection:
        connection.ensure_connection(max_retries=1)
