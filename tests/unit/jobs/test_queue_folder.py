"""The queue's folder: messages appear whole, and one that cannot be read stops nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.transport.filesystem import Channel as LibraryChannel

from app.jobs.folder import Channel

pytestmark = pytest.mark.sqlite_only
Opened = Callable[[], Any]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a channel on one folder, as each process has its own."""
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    folders = {"data_folder_in": str(tmp_path / "messages"), "data_folder_out": str(tmp_path / "messages")}
    options = folders | {"control_folder": str(tmp_path / "control")}
    connections: list[Connection] = []

    def open_one() -> Any:
        made = Connection(
            "filesystem://localhost", transport="app.jobs.folder:Transport", transport_options=options
        )
        connections.append(made)
        return made.channel()

    yield open_one
    for connection in connections:
        connection.release()


def drained(channel: Any) -> list[Any]:
    found = []
    try:
        while True:
            found.append(channel._get("celery"))
    except Empty:
        return found


def test_messages_come_in_the_order_in_which_they_were_sent(opened: Opened) -> None:
    channel = opened()
    for number in range(20):
        channel._put("celery", {"n": number})
    assert [message["n"] for message in drained(opened())] == list(range(20))


def test_what_is_still_being_written_is_not_met(opened: Opened, tmp_path: Path) -> None:
    half = tmp_path / "messages" / "000000000000001_x.celery.msg.draft"
    half.write_text('{"n": ')
    assert drained(opened()) == []
    assert half.exists()


def test_a_message_nobody_can_read_is_passed_over(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "messages" / "000000000000001_x.celery.msg").write_text("")
    channel = opened()
    channel._put("celery", {"n": 1})
    with pytest.raises(ValueError, match="Expecting value"):
        LibraryChannel._get(channel, "celery")  # what would end a worker
    (tmp_path / "messages" / "000000000000001_x.celery.msg").write_text("{")
    assert drained(channel) == [{"n": 1}]


def test_many_writers_and_readers_lose_and_double_nothing(opened: Opened) -> None:
    writers, each = 4, 100
    over, found, failed = threading.Event(), [], []  # type: ignore[var-annotated]

    def write(first: int) -> None:
        channel = opened()
        for number in range(first, first + each):
            channel._put("celery", {"n": number, "words": "x" * 5000})

    def read() -> None:
        channel = opened()
        try:
            while not over.is_set():
                found.extend(message["n"] for message in drained(channel))
        except Exception as error:
            failed.append(error)

    writing = [threading.Thread(target=write, args=(n * each,)) for n in range(writers)]
    reading = [threading.Thread(target=read) for _ in range(2)]
    for thread in [*reading, *writing]:
        thread.start()
    for thread in writing:
        thread.join()
    over.set()
    for thread in reading:
        thread.join()
    found += [message["n"] for message in drained(opened())]
    assert failed == []
    assert sorted(found) == list(range(writers * each))


def test_a_table_of_queues_that_is_being_written_is_waited_for(opened: Opened, tmp_path: Path) -> None:
    table = tmp_path / "control" / "celery.exchange"
    table.write_text("")
    timer = threading.Timer(0.1, lambda: table.write_text('[["celery", "", "celery"]]'))
    timer.start()
    assert [row.queue for row in opened().get_table("celery")] == ["celery"]
    opened()._queue_bind("celery", "celery", "", "celery")
    timer.join()
    assert issubclass(Channel, LibraryChannel)
