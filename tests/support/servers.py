"""Private database, Redis and mail servers for the tests: loopback only, own data, stopped by process id.

    with MariaDB() as server:
        url = create_database(server.url, "faults")
        server.kill9()
        server.start()

`shared("mariadb")` gives the address of one server for the whole test run, also under pytest-xdist. There,
servers named in TEST_DATABASE_URLS (comma list) and TEST_REDIS_URL are used instead of private ones.
"""

from __future__ import annotations

import os
import re

from sqlalchemy import URL, Engine, create_engine, make_url, text

from tests.support import household
from tests.support.dovecot import Dovecot
from tests.support.engines import MariaDB, PostgreSQL, Redis
from tests.support.process import Process
from tests.support.server import Server

__all__ = [
    "Dovecot",
    "MariaDB",
    "PostgreSQL",
    "Redis",
    "Server",
    "available",
    "create_database",
    "drop_database",
    "left_out",
    "missing",
    "shared",
]

KINDS: dict[str, type[Server]] = {kind.name: kind for kind in (MariaDB, PostgreSQL, Redis, Dovecot)}
DIALECTS = {"mysql": "mariadb", "mariadb": "mariadb", "postgresql": "postgresql"}

_started_here: list[Server] = []


def available(name: str) -> bool:
    """Whether the tests can have this server ("mariadb", "postgresql", "redis", "dovecot")."""
    return _named(name) is not None or KINDS[name].installed()


def missing() -> list[tuple[str, str]]:
    """The servers the tests cannot have here, each with the Debian package that brings it."""
    return [(name, kind.package) for name, kind in KINDS.items() if not available(name)]


def left_out() -> str | None:
    """One line for the end of the test report, or None when every server is there."""
    gone = missing()
    if not gone:
        return None
    names, packages = ", ".join(name for name, _ in gone), " ".join(package for _, package in gone)
    return f"left out: everything that needs {names} (apt-get install {packages})"


def shared(name: str) -> str:
    """Return the address of the run's common server, started by whoever asks first.

    It stops when the last process of the run has ended. A test that stops or kills servers starts its own.
    """
    named = _named(name)
    if named is not None:
        return named
    root = household.join()
    record = root / f"shared-{name}"
    with household.locked(root):
        if record.exists():
            url, folder = record.read_text(encoding="utf-8").splitlines()
            process = Process.read(root / folder / "process")
            if process is not None and process.alive:
                return url
        server = KINDS[name]()
        server.start()
        _started_here.append(server)
        record.write_text(f"{server.url}\n{server.folder.name}\n", encoding="utf-8")
        return server.url


def create_database(base: str, name: str) -> str:
    """Create an empty database on a server, in place of one of the same name, and return its address.

    base: address of a server as in `Server.url`. name: lower-case letters, digits and underscores.
    """
    drop_database(base, name)
    url = make_url(base)
    if url.get_backend_name() == "postgresql":
        _administer(url, f'CREATE DATABASE "{name}"')
        return url.set(database=name).render_as_string(hide_password=False)
    _administer(url, f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    return url.set(database=name, query={"charset": "utf8mb4"}).render_as_string(hide_password=False)


def drop_database(base: str, name: str) -> None:
    """Remove a database if it is there, with whoever is still connected to it."""
    if not re.fullmatch(r"[a-z0-9_]{1,63}", name):
        raise ValueError(f"not a database name: {name!r}")
    url = make_url(base)
    if url.get_backend_name() == "postgresql":
        _administer(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    else:
        _administer(url, f"DROP DATABASE IF EXISTS `{name}`")


def _administer(url: URL, statement: str) -> None:
    """Run one statement outside transactions, from the database every server of the kind has."""
    home = "postgres" if url.get_backend_name() == "postgresql" else None
    engine: Engine = create_engine(url.set(database=home), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def _named(name: str) -> str | None:
    """The address the environment names for this kind of server."""
    if name == "redis":
        return os.environ.get("TEST_REDIS_URL") or None
    for entry in os.environ.get("TEST_DATABASE_URLS", "").split(","):
        if entry.strip() and DIALECTS.get(make_url(entry.strip()).get_backend_name()) == name:
            return entry.strip()
    return None
