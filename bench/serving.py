"""The processes under measurement: two web workers and a Celery worker of the product, on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

PROJECT = Path(__file__).resolve().parents[1]
SECRET = "a-key-that-only-the-bench-would-ever-use-0123456789"  # noqa: S105 secures nothing
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Serving:
    """Web workers (and a Celery worker) on a database, ended with the block.

    Args:
        url: the database.
        worker: start a Celery worker with its beat as well.
    """

    def __init__(self, url: str, *, worker: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hd-bench-"))
        self.port = _free_port()
        self._environment = os.environ | {
            "DATABASE_URL": url,
            "SECRET_KEY": SECRET,
            "FLASK_ENV": "development",
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "PORT": str(self.port),
            "DATA_DIR": str(self.folder),
            "RATE_LIMITS": "off",
            "REDIS_URL": "",
            "LOG_LEVEL": "WARNING",
            "WEB_CONCURRENCY": "2",
        }
        self._processes = [self._start("-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "bench.app:make()")]
        if worker:
            self._processes.append(
                self._start(
                    *("-m", "celery", "-A", "app.celery_app", "worker", "-B", "--pool", "threads", "-c", "2"),
                    *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"),
                )
            )

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *words], cwd=PROJECT, env=self._environment, stdout=log, stderr=log
            )

    def __enter__(self) -> Serving:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(30)

    def web_workers(self) -> list[int]:
        """Process ids of the web workers (not of their master)."""
        return children(self._processes[0].pid)

    def celery_processes(self) -> list[int]:
        """Process ids of the Celery worker and what it started."""
        first = self._processes[1].pid
        return [first, *children(first)]


def children(pid: int) -> list[int]:
    """Processes that a process started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def cpu_seconds(pids: list[int]) -> float:
    """Processor time these processes have used."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def resident_mb(pid: int) -> float:
    """Memory a process holds, in megabytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
