"""The folder that all servers of one test run live in, shared by the worker processes of that run."""

from __future__ import annotations

import fcntl
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

_lifelines: dict[Path, int] = {}


def run_id() -> str:
    """Name this test run: the same in every pytest-xdist worker and in every process a test starts."""
    known = os.environ.get("HD_TEST_RUN") or os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
    return os.environ.setdefault("HD_TEST_RUN", known[:16])


def home(run: str) -> Path:
    """The folder of a run; root keeps it in /tmp whatever TMPDIR says: the servers' users must get there."""
    return Path("/tmp" if os.geteuid() == 0 else tempfile.gettempdir()) / f"hd-servers-{run}"


def join() -> Path:
    """Enter the run's folder, made at need, and keep it alive until this process ends."""
    root = home(run_id())
    if _lifelines.get(root) is None:
        with _locked_and_made(root):
            _lifelines[root] = _hold_lifeline(root)
    return root


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep the other processes of the run out while servers come and go."""
    with (root / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _locked_and_made(root: Path) -> Iterator[None]:
    """Like `locked`, for a folder that may not exist yet or may be swept away while we wait for the lock."""
    while True:
        root.mkdir(exist_ok=True)
        try:
            root.chmod(
                0o711
            )  # servers run as other users when the tests run as root; a umask may have cut this
            lock = (root / "lock").open("a")
        except FileNotFoundError:
            continue
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                current = (root / "lock").stat().st_ino
            except FileNotFoundError:
                continue
            if current == os.fstat(lock.fileno()).st_ino:
                yield
                return


def _hold_lifeline(root: Path) -> int:
    """Open the run's pipe for writing; the first one to come also starts the janitor that reads it."""
    pipe = root / "lifeline"
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        os.mkfifo(pipe, 0o600)
    except OSError:  # nobody reads it: the janitor was killed
        pass
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writing = os.open(pipe, os.O_WRONLY)
    # setsid --fork: a Ctrl-C meant for the tests must not reach it, and it is nobody's child to collect.
    # Its standard output is read to the end, which comes when it has written down who it is.
    subprocess.run(
        ["setsid", "--fork", sys.executable, "-m", "tests.support.janitor", str(root)],
        cwd=PROJECT,
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    os.close(reading)
    return writing
