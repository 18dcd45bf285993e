"""Memory of all processes over a mixed load: `python -m bench.memory --database URL --minutes 60`.

Two web workers and a Celery worker with its scheduler run on a filled database; every scene is asked for in turn, so
many times a second. A line is printed at the start, every few minutes, and at the end.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from bench.load import make_scenes
from bench.serving import Serving, resident_mb

LINE_SECONDS = 300


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--per-second", type=float, default=20)
    given = parser.parse_args()
    with Serving(given.database, worker=True) as server:
        works = [work for _client, work in make_scenes(given.database, server.port).values()]
        say(0, server)
        sent = load(works, given.minutes * 60, 1 / given.per_second, server)
        say(sent, server)


def load(works: Sequence[Callable[[], object]], seconds: float, gap: float, server: Serving) -> int:
    """Ask for every scene in turn until the time is over; returns how many requests were sent.

    Args:
        gap: seconds from one request to the next.
    """
    began = time.monotonic()
    told, sent = began, 0
    while time.monotonic() - began < seconds:
        works[sent % len(works)]()
        sent += 1
        if time.monotonic() - told > LINE_SECONDS:
            told = time.monotonic()
            say(sent, server)
        time.sleep(max(0.0, began + sent * gap - time.monotonic()))
    return sent


def say(sent: int, server: Serving) -> None:
    """One line: requests so far, and megabytes resident of each process."""
    web = [round(resident_mb(pid)) for pid in server.web_workers()]
    worker = [round(resident_mb(pid)) for pid in server.celery_processes()]
    print(f"{time.strftime('%H:%M')} {sent:>7,} requests, web {web} MB, worker {worker} MB", flush=True)


if __name__ == "__main__":
    main()
