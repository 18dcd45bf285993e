"""The queue: Celery over Redis, or over a folder on this machine when there is no Redis; same tasks either way.

Truth lives in the database: tasks carry no data worth losing, and a lost task is found again by the next tick.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from celery import Celery, Task
from flask import Flask

from app.jobs import timetable

REDIS_TIMEOUT = 1.0


def make_queue(
    app: Flask, *, redis_url: str, data_dir: Path, time_zone: str, schedules: Mapping[str, str]
) -> Celery:
    """Make the Celery application whose tasks run inside this Flask application.

    Args:
        app: the application whose context tasks run in.
        redis_url: broker address; empty for folders below ``data_dir``.
        data_dir: where the folder broker lives.
        time_zone: zone of the timetable.
        schedules: name of each standing job → its rhythm.
    """

    class FlaskTask(Task):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    queue = Celery("helpdesk", task_cls=FlaskTask, set_as_current=True)
    queue.set_default()  # the current application is per thread, and the bell rings from one of its own
    queue.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        timezone=time_zone,
        enable_utc=True,
        beat_scheduler="app.jobs.beat:Timekeeper",
        **_broker(redis_url, data_dir / "queue"),
    )
    queue.house = app
    app.extensions["celery"] = queue
    timetable.use(app, timetable.Timetable(schedules, time_zone))
    return queue


def be_patient(queue: Celery) -> None:
    """For the worker and the scheduler: wait for a Redis that hangs instead of giving up on single commands.

    A worker whose acknowledgement timed out while its other connection lived would never ask for work again.
    A machine that is gone without a word is noticed by the keep-alive of its connections.
    """
    options = dict(queue.conf.broker_transport_options)
    if "socket_timeout" not in options:
        return
    del options["socket_timeout"]
    keep_alive = {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}
    options |= {"socket_keepalive": True, "socket_keepalive_options": keep_alive}
    queue.conf.broker_transport_options = options


def _broker(redis_url: str, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    if redis_url:
        options = {
            "socket_timeout": REDIS_TIMEOUT,
            "socket_connect_timeout": REDIS_TIMEOUT,
            "visibility_timeout": 3600,
        }
        return {"broker_url": redis_url, "broker_transport_options": options}
    for name in ("messages", "control"):
        (folder / name).mkdir(exist_ok=True)
    return {
        "broker_url": "filesystem://localhost",
        "broker_transport": "app.jobs.folder:Transport",
        "broker_transport_options": {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.2,
        },
    }
