"""The product as it runs: a web server and a worker with its scheduler, each a process family that tests may kill."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import requests

from tests.support.process import Process
from tests.support.server import free_port

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
KEY = "a-key-that-only-tests-would-ever-use-0123456789"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
POLL_SECONDS = 0.1


def until(happened: Callable[[], Any], seconds: float, what: str = "") -> float:
    """Wait until something is so; returns how long that took.

    Args:
        happened: asked again and again.
        seconds: after which the test fails.
        what: named in the failure.
    """
    pause, began = threading.Event(), time.monotonic()
    while not happened():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} seconds: {what or happened}")
        pause.wait(POLL_SECONDS)
    return time.monotonic() - began


class Running:
    """A process family of the product.

    Args:
        database_url, data_dir: shared with the test.
        more: further environment variables, such as REDIS_URL or HD_FAULT.
    """

    def __init__(self, database_url: str, data_dir: Path, **more: str) -> None:
        self.said = data_dir / f"{type(self).__name__.lower()}.log"
        self.environment = {
            "PATH": os.environ["PATH"],
            "FLASK_ENV": "development",
            "SECRET_KEY": KEY,
            "DATABASE_URL": database_url,
            "DATA_DIR": str(data_dir),
            "SITE_URL": "http://localhost",
            "LOG_LEVEL": "WARNING",
        } | more
        self.process: Process | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """The command line."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it; returns at once."""
        with self.said.open("ab") as log:
            self._child = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.process = Process.of(self._child.pid)

    def kill9(self) -> None:
        """End the whole family at once."""
        if self.process is not None and self._child is not None:
            self.process.kill_family()
            self._child.wait()
        self.process = self._child = None

    def stop(self) -> None:
        """Ask it to end; after half a minute it is killed."""
        if self.process is not None:
            self.process.send(signal.SIGTERM)
            self.process.ended_within(30)
        self.kill9()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill9()


class Worker(Running):
    """A Celery worker with the scheduler inside and one process that works."""

    def command(self) -> list[str]:
        celery = str(TOOLS / "celery")
        options = ("--beat", "--concurrency=1", "--loglevel=WARNING", "--without-gossip", "--without-mingle")
        return [celery, "-A", "app.celery_app", "worker", *options]


class Web(Running):
    """The web server with four threads."""

    def __init__(self, database_url: str, data_dir: Path, **more: str) -> None:
        self.port = free_port()
        more = {"PORT": str(self.port), "WEB_CONCURRENCY": "1", "WEB_THREADS": "8"} | more
        super().__init__(database_url, data_dir, **more)

    def command(self) -> list[str]:
        return [str(TOOLS / "gunicorn"), "-c", "deploy/gunicorn.conf.py", "app:create_app()"]

    def start(self) -> None:
        """Start it and wait until it answers."""
        super().start()
        assert self.process is not None
        handle = os.pidfd_open(self.process.pid)
        try:
            until(
                lambda: self._answers() or select.select([handle], [], [], 0)[0], 60, "the web server answers"
            )
        finally:
            os.close(handle)
        assert self.process.alive, self.said.read_text(encoding="utf-8")[-2000:]

    def _answers(self) -> bool:
        try:
            return requests.get(self.url("/health/live"), headers=HOST, timeout=2).ok
        except requests.RequestException:
            return False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def visitor(self) -> Visitor:
        """A browser that keeps its cookies."""
        return Visitor(self)


HOST = {"Host": "localhost"}


class Visitor:
    """Somebody at the web server, over a real connection."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.session = requests.Session()
        self.session.headers.update(HOST)
        self.token = ""

    def get(self, path: str, timeout: float = 15) -> requests.Response:
        """Read a page and remember its token."""
        answer = self.session.get(self.web.url(path), timeout=timeout, allow_redirects=False)
        found = TOKEN.search(answer.text)
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, timeout: float = 15, **fields: str) -> requests.Response:
        """Send a form."""
        fields = {"csrf_token": self.token} | fields
        return self.session.post(self.web.url(path), data=fields, timeout=timeout, allow_redirects=False)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in with a password."""
        self.get("/auth/login")
        answer = self.post("/auth/login", email=email, password=password)
        assert answer.status_code == 303, f"{answer.status_code} {answer.text[:300]}"
        self.get("/auth/profile")
