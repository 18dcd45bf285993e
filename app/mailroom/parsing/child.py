"""Parsing in a process of its own with limits on time and memory (A16, F27): a mail that kills it kills only it.

The processes are kept and used again (starting one costs as much as reading a hundred mails), each by one
caller at a time, and replaced after a while. They get no environment, no files and no secrets.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from app.mailroom.containers import Container
from app.mailroom.mail import Look, Mail, Part, Unreadable
from app.mailroom.parsing import limits, serving, wire
from app.mailroom.parsing.serving import Question, Wish
from app.mailroom.words import Obstacle

CPU_SECONDS = 10
MEMORY = 1024 * 1024 * 1024
_USES = 2000
_MAX_IDLE = 4
# Processor time is what is limited; the wall clock only ends what sleeps or starves.
_GRACE = 20.0
_CHUNK = 1024 * 1024
_ROOT = str(Path(__file__).resolve().parents[3])
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from app.mailroom.parsing import serving; serving.serve()"
)


def parse_isolated(raw: bytes, *, cpu_seconds: int = CPU_SECONDS, memory: int = MEMORY) -> Mail:
    """message.parse in another process. Safe to call from many threads and after a fork.

    Args:
        raw: the message.
        cpu_seconds: processor time it may use.
        memory: bytes of address space the process may use, itself included (about 60 MB).

    Raises:
        Unreadable: as message.parse; also when the process ran out of time or memory, or died twice.
    """
    return _mail(_asked(serving.WHOLE_MAIL, raw, cpu_seconds, memory))


def look_into_isolated(
    data: bytes,
    container: Container = Container.MAIL,
    *,
    pictures: Mapping[str, str] | None = None,
    remote: bool = False,
    cpu_seconds: int = CPU_SECONDS,
) -> Look:
    """inside.look in another process: who wrote what, without the bytes of the files.

    Args:
        data: the bytes of the file.
        container: what kind of file it is.
        pictures: when its HTML is to be shown, see markup.showing.clean; None leaves the HTML away.
        remote: whether pictures from the internet stay in it.
        cpu_seconds: processor time it may use.

    Raises:
        Unreadable: as parse_isolated.
    """
    question = Question(Wish.LOOK, container, pictures, remote)
    found = _asked(question, data, cpu_seconds, MEMORY)
    if not isinstance(found, Look):
        raise Unreadable(Obstacle.BROKEN, "answer")
    return found


def file_inside_isolated(data: bytes, container: Container, number: int) -> Part | None:
    """inside.file in another process: one file of a message, None when it has not that many.

    Args:
        number: from 1.

    Raises:
        Unreadable: as parse_isolated.
    """
    question = Question(Wish.FILE, container, number=number)
    return next(iter(_mail(_asked(question, data, CPU_SECONDS, MEMORY)).attachments), None)


def _mail(found: Mail | Look) -> Mail:
    if not isinstance(found, Mail):
        raise Unreadable(Obstacle.BROKEN, "answer")
    return found


def close_idle() -> None:
    """End the processes nobody is using; runs by itself when the interpreter ends."""
    _pool.close()


def _asked(question: Question, raw: bytes, cpu_seconds: int, memory: int) -> Mail | Look:
    limits.check_size(len(raw))
    try:
        return _ask(_pool.take(), question, raw, cpu_seconds, memory)
    except Unreadable as refusal:
        if refusal.reason is not Obstacle.DIED:
            raise
    # An idle process can have been killed by anything; the mail is guilty when a fresh one dies, too.
    return _ask(_pool.take(fresh=True), question, raw, cpu_seconds, memory)


def _ask(worker: _Worker, question: Question, raw: bytes, cpu_seconds: int, memory: int) -> Mail | Look:
    try:
        return worker.ask(question, raw, cpu_seconds, memory)
    except Unreadable as refusal:
        if refusal.reason is Obstacle.MEMORY:
            worker.end()
        raise
    except BaseException:
        # Interrupted between question and answer: the next answer would be the wrong one.
        worker.end()
        raise
    finally:
        _pool.give_back(worker)


class _Worker:
    """One parsing process, as its caller sees it."""

    def __init__(self) -> None:
        self.uses = 0
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
            [sys.executable, "-I", "-c", _BOOT, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("no pipes")
        self._pipes = (self._process.stdin, self._process.stdout)
        self._to, self._from = (pipe.fileno() for pipe in self._pipes)
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)

    @property
    def alive(self) -> bool:
        """Whether the process can be asked again."""
        return self._process.poll() is None

    def ask(self, question: Question, raw: bytes, cpu_seconds: int, memory: int) -> Mail | Look:
        """Have one message read.

        Raises:
            Unreadable: the mail is refused (the process lives on), or the process has ended over it.
        """
        self.uses += 1
        deadline = time.monotonic() + cpu_seconds * 6 + _GRACE
        try:
            told = question.told()
            self._write(serving.REQUEST.pack(len(told), len(raw), cpu_seconds, memory) + told, deadline)
            self._write(raw, deadline)
            kind, told_size, files_size = serving.ANSWER.unpack(self._read(serving.ANSWER.size, deadline))
            answer = self._read(told_size, deadline)
            files = self._read(files_size, deadline)
        except (BrokenPipeError, EOFError, TimeoutError) as error:
            raise self._obituary(error) from error
        return _opened(kind, answer, files)

    def end(self) -> None:
        """End the process and clear up behind it."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            pipe.close()

    def forget(self) -> None:
        """Drop a process that belongs to the parent of this one: close the pipes, leave it alone."""
        self._process.returncode = 0
        for pipe in self._pipes:
            pipe.close()

    def _obituary(self, error: Exception) -> Unreadable:
        if isinstance(error, TimeoutError):
            self.end()
            return Unreadable(Obstacle.TIMEOUT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        status = self._process.returncode
        self.end()
        if status == -signal.SIGXCPU:
            return Unreadable(Obstacle.CPU)
        return Unreadable(Obstacle.DIED, f"exit {status}")

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            _wait(self._to, select.POLLOUT, deadline)
            view = view[os.write(self._to, view[:_CHUNK]) :]

    def _read(self, size: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            _wait(self._from, select.POLLIN, deadline)
            chunk = os.read(self._from, min(_CHUNK, size - len(data)))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)


def _opened(kind: bytes, told: bytes, files: bytes) -> Mail | Look:
    """The answer of the process; one it cannot have given honestly counts as a broken mail."""
    try:
        if kind == serving.MAIL:
            return wire.load(told, files)
        if kind == serving.LOOK:
            return wire.load_look(told)
        reason, _, detail = told.decode().partition("\n")
        refusal = Unreadable(Obstacle(reason), detail)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(Obstacle.BROKEN, "answer") from error
    raise refusal


def _wait(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError


class _Pool:
    """The idle processes of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()

    def take(self, *, fresh: bool = False) -> _Worker:
        """An idle process that is alive, else (or when it has to be fresh) a new one."""
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle and not fresh else None
            if worker is None:
                worker = _Worker()
            elif not worker.alive:
                worker.end()
                continue
            with self._lock:
                self._busy.add(worker)
            return worker

    def give_back(self, worker: _Worker) -> None:
        """Keep the process for the next caller, unless it is dead, worn out or one too many."""
        with self._lock:
            self._busy.discard(worker)
            if worker.alive and worker.uses < _USES and len(self._idle) < _MAX_IDLE:
                self._idle.append(worker)
                return
        worker.end()

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def forget(self) -> None:
        """After a fork: the processes and their pipes belong to the parent."""
        for worker in (*self._idle, *self._busy):
            worker.forget()
        self.__init__()  # type: ignore[misc]  # the lock may be held by a thread that is not there any more


_pool = _Pool()
atexit.register(close_idle)
os.register_at_fork(after_in_child=_pool.forget)
