"""Parsing in a process of its own: the same result, and nothing a mail does to it reaches us."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from mail_samples import MESSAGES, raw

from app.mailroom.mail import Unreadable
from app.mailroom.parsing import child, limits, message, serving, wire
from app.mailroom.words import Obstacle


@pytest.fixture(autouse=True)
def _no_process_left() -> Iterator[None]:
    yield
    child.close_idle()


def test_isolated_parsing_gives_what_parsing_gives() -> None:
    for name in MESSAGES:
        assert child.parse_isolated(raw(name)) == message.parse(raw(name)), name


def test_a_refusal_comes_back_with_its_reason() -> None:
    with pytest.raises(Unreadable) as refusal:
        child.parse_isolated(b"Subject: " + b"x" * 70_000 + b"\r\n\r\n")
    assert refusal.value.reason is Obstacle.HEADER_LINE
    assert "65536" in refusal.value.detail


def test_a_message_over_the_limit_never_reaches_the_process() -> None:
    with pytest.raises(Unreadable) as refusal:
        child.parse_isolated(bytes(limits.MAX_MESSAGE + 1))
    assert refusal.value.reason is Obstacle.TOO_LARGE


def test_a_mail_that_eats_memory_is_refused_and_the_next_one_read() -> None:
    big = b"From: a@x.example\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 8_000_000
    with pytest.raises(Unreadable) as refusal:
        child.parse_isolated(big, memory=100 * 1024 * 1024)
    assert refusal.value.reason is Obstacle.MEMORY
    assert child.parse_isolated(b"Subject: x\r\n\r\nHallo").text == "Hallo"


def test_a16_a_mail_that_eats_time_is_refused_and_the_next_one_read() -> None:
    bomb = b"Content-Type: text/html\r\n\r\n" + b"<" * 1_900_000
    with pytest.raises(Unreadable) as refusal:
        child.parse_isolated(bomb, cpu_seconds=0)
    assert refusal.value.reason is Obstacle.CPU
    assert child.parse_isolated(b"Subject: x\r\n\r\nHallo").text == "Hallo"


def _kill_idle() -> None:
    for worker in child._pool._idle:
        os.kill(worker._process.pid, signal.SIGKILL)
        worker._process.wait()


def test_an_idle_process_that_died_is_replaced() -> None:
    child.parse_isolated(b"Subject: x\r\n\r\nHallo")
    _kill_idle()
    assert child.parse_isolated(b"Subject: x\r\n\r\nHallo").text == "Hallo"


def test_f27_a_mail_that_kills_the_process_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_BOOT", "import os, sys; sys.stdin.buffer.read(9); os._exit(3)")
    with pytest.raises(Unreadable) as refusal:
        child.parse_isolated(b"Subject: x\r\n\r\nHallo")
    assert refusal.value.reason is Obstacle.DIED
    assert refusal.value.detail == "exit 3"


def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_BOOT", "import sys; sys.stdin.buffer.read()")
    monkeypatch.setattr(child, "_GRACE", 0.2)
    with pytest.raises(Unreadable) as refusal:
        child.parse_isolated(b"Subject: x\r\n\r\nHallo", cpu_seconds=0)
    assert refusal.value.reason is Obstacle.TIMEOUT


@pytest.mark.parametrize("answer", [b"M" + b"\0" * 16, b"U" + b"\0" * 16])
def test_an_answer_that_is_none_is_a_broken_mail(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    said = f"sys.stdout.buffer.write({answer!r}); sys.stdout.flush()"
    boot = f"import sys; sys.stdin.buffer.read(24); {said}; sys.stdin.buffer.read()"
    monkeypatch.setattr(child, "_BOOT", boot)
    with pytest.raises(Unreadable) as refusal:
        child.parse_isolated(b"")
    assert refusal.value.reason is Obstacle.BROKEN


def test_many_threads_get_their_own_answers() -> None:
    wrong: list[str] = []

    def work(number: int) -> None:
        for turn in range(20):
            text = f"Hallo {number} {turn}"
            if child.parse_isolated(f"Subject: x\r\n\r\n{text}".encode()).text != text:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_after_a_fork_the_child_starts_its_own_process() -> None:
    child.parse_isolated(b"Subject: x\r\n\r\nHallo")
    forked = os.fork()
    if forked == 0:
        status = 1
        try:
            status = 0 if child.parse_isolated(b"Subject: x\r\n\r\nKind").text == "Kind" else 2
            child.close_idle()
        finally:
            os._exit(status)
    assert os.waitpid(forked, 0)[1] == 0
    assert child.parse_isolated(b"Subject: x\r\n\r\nEltern").text == "Eltern"


def test_a_process_is_replaced_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_USES", 1)
    child.parse_isolated(b"Subject: x\r\n\r\nHallo")
    assert child._pool._idle == []


def test_the_answer_of_the_process_is_plain_data() -> None:
    kind, told, files = serving.answer(raw("synthetic/outlook-desktop-reply-de.eml"))
    assert kind == serving.MAIL
    assert told.startswith(b"{")
    assert [len(data) for data in files] == [70]
    assert wire.load(told, b"".join(files)) == message.parse(raw("synthetic/outlook-desktop-reply-de.eml"))
    assert serving.answer(b"Subject: " + b"x" * 70_000)[0] == serving.REFUSED
