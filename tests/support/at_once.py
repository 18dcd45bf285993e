"""The same work in several threads that start together."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask

from app.core.db import db

THREADS = 4


def at_once(app: Flask, work: Callable[[], object], times: int = THREADS) -> list[BaseException]:
    """Run the same work in several threads that start together; returns what went wrong."""
    start, failures = threading.Barrier(times), []

    def run() -> None:
        with app.app_context():
            try:
                start.wait(10)
                work()
            except BaseException as error:  # told by the test
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    failures += [TimeoutError(f"{thread.name} is still at it") for thread in threads if thread.is_alive()]
    db.session.rollback()
    return failures
