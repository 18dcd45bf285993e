"""What a private server is: a process with its own folder and port on loopback."""

from __future__ import annotations

import getpass
import os
import pwd
import random
import secrets
import select
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import ClassVar, Self

from tests.support import household
from tests.support.process import Process

SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
POLLS, POLL_SECONDS = 1200, 0.05


class ServerDied(Exception):
    """A server ended while it started, or did not answer in time; carries the last lines it logged."""


def program(name: str, *folders: str) -> str | None:
    """Find a program in PATH, in the administrators' folders (not in every user's PATH) or in those given."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *SBIN, *folders]))


def free_port() -> int:
    """Pick a free loopback port.

    It lies below those the system gives to outgoing connections, so that a restart finds it free again.
    """
    while True:
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Server:
    """A private server. Its data outlives `stop` and `kill9` until `close` or the end of the test run.

    options: further command line arguments of the program.
    """

    name: ClassVar[str]
    package: ClassVar[str]
    account: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, *options: str) -> None:
        self.options = options
        self.folder = household.join() / f"{self.name}-{secrets.token_hex(3)}"
        self.log = self.folder / "log"
        self.port = free_port()
        self.user = self.account if os.geteuid() == 0 else getpass.getuser()
        self.process: Process | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    def installed(cls) -> bool:
        """Whether the machine has the programs."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The address clients connect to."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Lay out the data folder before the first start."""

    def command(self) -> list[str]:
        """The command line that runs the server in the foreground."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether a client gets through."""
        raise NotImplementedError

    def start(self) -> None:
        """Start and return when clients get through (at most a minute); ServerDied otherwise."""
        if self.process is not None:
            raise RuntimeError(f"{self.name} runs already")
        if not self.folder.exists():
            self._make_folder()
            self.prepare()
        self._child = self._popen(self.command())
        self.process = Process.of(self._child.pid)
        self.process.write(self.folder / "process")
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Ask the server to end properly; after 30 seconds it is killed."""
        if self.process is not None:
            self.process.send(signal.SIGCONT)
            self.process.send(self.stop_signal)
            self.process.ended_within(30)
            self.kill9()

    def kill9(self) -> None:
        """End the server and all its processes at once, without a chance to tidy up."""
        if self.process is not None:
            self.process.kill_family()
            self._forget()

    def restart(self) -> None:
        """Stop properly and start again on the same port with the same data."""
        self.stop()
        self.start()

    def suspend(self) -> None:
        """Freeze the server: connections stay open and nothing is answered (a hang, not a refusal)."""
        if self.process is not None:
            self.process.freeze_family()

    def resume(self) -> None:
        """Let a frozen server go on."""
        if self.process is not None:
            for member in reversed(self.process.family()):
                member.send(signal.SIGCONT)

    def close(self) -> None:
        """End the server at once and remove its data."""
        self.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run_tool(self, *command: str, seconds: float = 60) -> None:
        """Run one of its programs to the end, as the server's user; ServerDied when it fails or hangs."""
        child = self._popen(list(command))
        if not Process.of(child.pid).ended_within(seconds):
            child.kill()
        if child.wait() != 0:
            raise ServerDied(f"{command[0]}: {self._last_words()}")

    def own(self, path: Path) -> None:
        """Hand a file or folder to the user the server runs as."""
        if os.geteuid() == 0:
            shutil.chown(path, self.user, pwd.getpwnam(self.user).pw_gid)

    def _make_folder(self) -> None:
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.own(self.folder)

    def _popen(self, command: list[str]) -> subprocess.Popen[bytes]:
        as_root = os.geteuid() == 0
        with self.log.open("ab") as log:
            self.own(self.log)
            return subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": str(self.folder)},
                user=self.user if as_root else None,
                group=pwd.getpwnam(self.user).pw_gid if as_root else None,
                extra_groups=[] if as_root else None,
            )

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None and self._child is not None
        handle = os.pidfd_open(self.process.pid)
        try:
            for _ in range(POLLS):
                if self.answers():
                    return
                if select.select([handle], [], [], POLL_SECONDS)[0]:
                    break
        finally:
            os.close(handle)
        self.kill9()
        raise ServerDied(f"{self.name}: {self._last_words()}")

    def _forget(self) -> None:
        if self._child is not None:
            self._child.wait()
        (self.folder / "process").unlink(missing_ok=True)
        self.process = self._child = None

    def _last_words(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-1500:]
