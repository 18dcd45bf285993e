"""The queue in a folder of this machine: the library's, but nobody meets a file that is still being written.

A worker that reads half a message ends with an error; with a web server that rings often this happens within minutes.
"""

from __future__ import annotations

import itertools
import os
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from kombu.transport import filesystem
from kombu.utils.json import dumps

from app.core import log

T = TypeVar("T")
TRIES, PAUSE_SECONDS = 50, 0.02
_sent = itertools.count()


class Channel(filesystem.Channel):
    """Messages appear whole, in the order in which they were sent."""

    def _put(self, queue: Any, payload: Any, **_options: Any) -> None:  # type: ignore[override]
        name = f"{round(time.monotonic() * 1000):015}-{next(_sent):09}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        draft = folder / f"{name}.draft"  # readers look at the end of a name
        draft.write_text(dumps(payload), encoding="utf-8")
        os.replace(draft, folder / name)

    def _get(self, queue: Any, timeout: Any = None) -> Any:
        """The next message. One that cannot be read is lost like any other: the database asks again."""
        while True:
            try:
                return super()._get(queue)
            except ValueError as error:
                log.get(__name__).warning("message_unreadable", error=str(error)[:200])

    def get_table(self, exchange: str) -> Any:
        return _when_written(partial(super().get_table, exchange))

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        _when_written(partial(super()._queue_bind, exchange, routing_key, pattern, queue))


class Transport(filesystem.Transport):
    """What ``broker_transport`` names."""

    Channel = Channel


def _when_written(work: Callable[[], T]) -> T:
    """Read the table of queues, again while another process has emptied it to write it anew."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except ValueError:
            time.sleep(PAUSE_SECONDS)
    return work()
