"""The private servers of the test rig: start, kill, restart, freeze, share; a killed run leaves no trace."""

from __future__ import annotations

import imaplib
import os
import secrets
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from app.core.uow import loose_writes
from tests.support import household, servers
from tests.support.process import Process
from tests.support.server import Server, ServerDied

pytestmark = [pytest.mark.servers, pytest.mark.sqlite_only]

ALL = ["mariadb", "postgresql", "redis", "dovecot"]
NO_RETRY = Retry(NoBackoff(), 0)
BOX, WORD = "support@hd.example", "fictional"


def need(name: str) -> type[Server]:
    """The kind of server, or a skip where the machine has none."""
    kind = servers.KINDS[name]
    if not kind.installed():
        pytest.skip(f"{name} is not installed ({kind.package})")
    return kind


@pytest.fixture(params=["mariadb", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A private database server."""
    with need(request.param)() as server:
        yield server


@pytest.fixture
def engine(database: Server) -> Iterator[Engine]:
    """Connections to an empty database on it."""
    engine = create_engine(servers.create_database(database.url, "rig"), pool_pre_ping=True)
    yield engine
    engine.dispose()


def refused(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("name", ALL)
def test_a_server_starts_stops_and_starts_again_on_its_port(name: str) -> None:
    with need(name)() as server:
        port, first = server.port, server.process
        assert first is not None and first.alive
        server.restart()
        assert server.answers()
        assert (server.port, first.alive) == (port, False)
        server.stop()
        assert refused(port)
    assert not server.folder.exists()


@pytest.mark.parametrize("name", ALL)
def test_a_killed_server_is_gone_at_once_and_comes_back(name: str) -> None:
    with need(name)() as server:
        assert server.process is not None
        family = server.process.family()
        server.kill9()
        assert refused(server.port)
        assert not [member for member in family if member.alive]
        server.start()
        assert server.answers()


def test_what_was_committed_outlives_a_kill(database: Server, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY)"))
    with loose_writes(), engine.connect() as connection:
        for number in range(50):
            connection.execute(text("INSERT INTO note VALUES (:number)"), {"number": number})
            connection.commit()
        connection.execute(text("INSERT INTO note VALUES (99)"))
        database.kill9()
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    database.start()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM note")) == 50


def test_the_databases_run_as_the_product_asks(database: Server, engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 'Grüße 😀'")) == "Grüße 😀"
        assert connection.get_isolation_level() == "READ COMMITTED"
        if database.name == "mariadb":
            assert connection.scalar(text("SELECT @@character_set_database")) == "utf8mb4"
            assert "STRICT_TRANS_TABLES" in str(connection.scalar(text("SELECT @@sql_mode")))
        else:
            assert connection.scalar(text("SELECT lower('ÄÖÜ')")) == "äöü"


def test_creating_a_database_again_empties_it(database: Server) -> None:
    for _ in range(2):
        engine = create_engine(servers.create_database(database.url, "twice"))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY)"))
        engine.dispose()


def test_a_database_name_cannot_carry_sql() -> None:
    with pytest.raises(ValueError, match="not a database name"):
        servers.create_database("postgresql+psycopg://postgres@127.0.0.1:1", 'a"; DROP')


def test_a_frozen_redis_hangs_and_then_goes_on() -> None:
    with (
        need("redis")() as server,
        redis.Redis(port=server.port, socket_timeout=0.2, retry=NO_RETRY) as client,
    ):
        client.set("bell", 1)
        server.suspend()
        with pytest.raises(redis.exceptions.TimeoutError):
            client.get("bell")
        server.resume()
        assert client.get("bell") == b"1"


def test_redis_takes_further_options_and_forgets_when_killed() -> None:
    kind = need("redis")
    with kind("--maxmemory", "5mb") as server, redis.Redis(port=server.port) as client:
        assert client.config_get("maxmemory") == {"maxmemory": "5242880"}
        client.set("bell", 1)
        server.kill9()
        server.start()
        assert client.get("bell") is None


def test_mail_in_dovecot_outlives_a_kill() -> None:
    need("dovecot")
    with servers.Dovecot({BOX: WORD}) as server:
        trust = ssl.create_default_context(cafile=str(server.authority))
        with imaplib.IMAP4_SSL("127.0.0.1", server.port, ssl_context=trust) as client:
            client.login(BOX, WORD)
            client.append("INBOX", "", "", b"Subject: Drucker\r\n\r\nDer Drucker druckt nicht.\r\n")
        server.kill9()
        server.start()
        with imaplib.IMAP4_SSL("127.0.0.1", server.port, ssl_context=trust) as client:
            client.login(BOX, WORD)
            assert client.select("INBOX")[1] == [b"1"]


def test_dovecot_offers_oauth_when_told_who_knows_the_tokens() -> None:
    need("dovecot")
    with servers.Dovecot(introspection_url="http://127.0.0.1:9/introspect") as server:
        trust = ssl.create_default_context(cafile=str(server.authority))
        with imaplib.IMAP4_SSL("127.0.0.1", server.port, ssl_context=trust) as client:
            assert "AUTH=XOAUTH2" in client.capabilities


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(ServerDied, match="no-such-directive"), need("redis")("--no-such-directive", "1"):
        pass


SHARING = """
from tests.support import servers
url = servers.shared("redis")
print(url, servers.shared("redis") == url, flush=True)
input()
"""


def run_sharing(run: str) -> subprocess.Popen[str]:
    """A process that uses the run's common Redis until its standard input closes."""
    environment = os.environ | {"HD_TEST_RUN": run, "TEST_REDIS_URL": ""}
    return subprocess.Popen(
        [sys.executable, "-c", SHARING],
        cwd=household.PROJECT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    """What the process said first."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def run() -> str:
    """A test run of its own."""
    return secrets.token_hex(8)


def test_processes_of_a_run_share_a_server_which_ends_with_the_last(run: str) -> None:
    need("redis")
    with run_sharing(run) as one, run_sharing(run) as two:
        said = first_line(one)
        assert said == first_line(two) and said.endswith("True")
        root = household.home(run)
        record = next(root.glob("redis-*/process"))
        server, janitor = Process.read(record), Process.read(root / "janitor")
        assert server is not None and janitor is not None
        one.kill()
        one.wait()
        assert server.alive and not janitor.ended_within(0.2)
        two.kill()
        assert janitor.ended_within(15)
    assert not server.alive
    assert not root.exists()


def test_a_run_that_follows_at_once_gets_a_server_of_its_own(run: str) -> None:
    need("redis")
    for _ in range(5):
        with run_sharing(run) as user:
            assert first_line(user).endswith("True")
            janitor = Process.read(household.home(run) / "janitor")
            user.kill()
    assert janitor is not None and janitor.ended_within(15)
    assert not (household.home(run)).exists()


def test_servers_named_in_the_environment_are_used_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    named = "postgresql+psycopg://hd:word@127.0.0.1:5432", "mysql+pymysql://hd:word@127.0.0.1:3306"
    monkeypatch.setenv("TEST_DATABASE_URLS", ", ".join(named))
    monkeypatch.setenv("TEST_REDIS_URL", "redis://127.0.0.1:6379/5")
    assert (servers.shared("postgresql"), servers.shared("mariadb")) == named
    assert servers.shared("redis") == "redis://127.0.0.1:6379/5"
    monkeypatch.setattr(servers.MariaDB, "installed", lambda: False)
    assert servers.available("mariadb")


def test_what_is_missing_is_told_in_one_line_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URLS", raising=False)
    monkeypatch.setattr(servers.MariaDB, "installed", lambda: False)
    monkeypatch.setattr(servers.Dovecot, "installed", lambda: False)
    assert {("mariadb", "mariadb-server"), ("dovecot", "dovecot-imapd")} <= set(servers.missing())
    line = servers.left_out()
    assert line is not None and "\n" not in line and "mariadb-server dovecot-imapd" in line
