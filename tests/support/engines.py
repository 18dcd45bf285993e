"""The private databases and Redis, each with the settings the tests want."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import psycopg
import pymysql

from tests.support.server import Server, program


class MariaDB(Server):
    """MariaDB as the product asks for it: utf8mb4 and READ COMMITTED.

    What was committed outlives `kill9`, not a power cut.
    """

    name = "mariadb"
    package = "mariadb-server"
    account = "mysql"

    @classmethod
    def installed(cls) -> bool:
        return None not in (program("mariadbd"), program("mariadb-install-db"))

    @property
    def url(self) -> str:
        return f"mysql+pymysql://root@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        self.run_tool(
            str(program("mariadb-install-db")),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--innodb-log-file-size=32M",
            "--loose-innodb-flush-method=nosync",
        )

    def command(self) -> list[str]:
        return [
            str(program("mariadbd")),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--transaction-isolation=READ-COMMITTED",
            "--default-time-zone=+00:00",
            "--max-connections=200",
            "--innodb-log-file-size=32M",
            # Written to the system at each commit, never flushed to the disk: fast, and safe from kill -9.
            "--innodb-flush-log-at-trx-commit=2",
            "--loose-innodb-flush-method=nosync",
            *self.options,
        ]

    def answers(self) -> bool:
        try:
            pymysql.connect(host="127.0.0.1", port=self.port, user="root", connect_timeout=2).close()
        except pymysql.err.OperationalError:
            return False
        return True


class PostgreSQL(Server):
    """PostgreSQL without passwords on loopback.

    What was committed outlives `kill9`, not a power cut.
    """

    name = "postgresql"
    package = "postgresql"
    account = "postgres"
    stop_signal = signal.SIGINT  # ends sessions; SIGTERM would wait for every client to leave

    @classmethod
    def installed(cls) -> bool:
        return None not in (cls.program("postgres"), cls.program("initdb"))

    @classmethod
    def program(cls, name: str) -> str | None:
        """Find a server program, which Debian keeps out of every PATH; the newest version wins."""
        versions = sorted(
            Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name)
        )
        return program(name, *map(str, versions))

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        self.run_tool(
            str(self.program("initdb")),
            *("-D", str(self.folder / "data"), "-U", "postgres", "--auth=trust", "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8"),
        )

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "timezone": "UTC",
            "fsync": "off",
            "full_page_writes": "off",
        }
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        server = str(self.program("postgres"))
        return [server, "-D", str(self.folder / "data"), "-p", str(self.port), *arguments, *self.options]

    def answers(self) -> bool:
        try:
            psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Server):
    """Redis that keeps nothing on disk."""

    name = "redis"
    package = "redis-server"
    account = "redis"

    @classmethod
    def installed(cls) -> bool:
        return program("redis-server") is not None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        server = str(program("redis-server"))
        place = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        return [server, *place, "--save", "", "--appendonly", "no", *self.options]

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as client:
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False
