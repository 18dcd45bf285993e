"""The database dies, loses connections, loses the answer to a commit: 503 at worst, nothing half, nothing twice.

F15 (kill -9 under load), F16 (connections cut), F18 (commit lost on the wire), F20 (ticket numbers), over a real web
server and a private MariaDB.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, make_url, text

from app.core.uow import loose_writes
from tests.faults.away import House, Load, ask
from tests.support import servers
from tests.support.engines import MariaDB
from tests.support.running import Web, until
from tests.support.seeding import seed
from tests.support.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.servers, pytest.mark.sqlite_only]
ENDURANCE = bool(os.environ.get("HD_ENDURANCE"))
KILLS = 10 if ENDURANCE else 1
HEALED_WITHIN = 5.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if not MariaDB.installed():
        pytest.skip(f"mariadb is not installed ({MariaDB.package})")
    folder = tmp_path_factory.mktemp("away")
    with MariaDB() as server, TcpProxy("127.0.0.1", server.port) as proxy:
        url = servers.create_database(server.url, "away")
        seed(url, folder)
        through = make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
        engine = create_engine(url, pool_pre_ping=True)
        with Web(through, folder, RATE_LIMITS="off") as web:
            yield House(server, proxy, web, engine)
        engine.dispose()


@pytest.fixture(autouse=True)
def healed(house: House) -> Iterator[None]:
    """Each test begins and ends with everything in order."""
    yield
    house.proxy.heal()
    if house.server.process is None:
        house.server.start()
    until(house.is_ready, 30, "ready")


def test_f15_a_killed_database_means_503_and_then_everything_is_there(house: House) -> None:
    load = Load(house)
    runner = threading.Thread(target=load.run)
    runner.start()
    try:
        for _ in range(KILLS):
            before = sum(load.statuses.values())
            until(lambda: sum(load.statuses.values()) > before + 40, 60, "load")  # noqa: B023
            house.server.kill9()
            refused = load.statuses["503"]
            until(lambda: load.statuses["503"] > refused + 20, 60, "refusals while it is away")  # noqa: B023
            house.server.start()
            back = time.monotonic()
            until(house.is_ready, 30, "ready")
            assert time.monotonic() - back < HEALED_WITHIN
    finally:
        load.enough.set()
        runner.join(60)
    assert load.surprises == []
    assert load.acknowledged and load.statuses["503"]
    nothing_half_and_nothing_lost(house, load.acknowledged)


def nothing_half_and_nothing_lost(house: House, acknowledged: list[str]) -> None:
    """I8, I9, I6: what was acknowledged is there once, each ticket with its event, its clock and its counter."""
    titles = Counter(row[0] for row in house.all("SELECT title FROM ticket"))
    assert [title for title in acknowledged if titles[title] != 1] == []
    assert [title for title, times in titles.items() if times > 1] == []
    tickets = house.one("SELECT COUNT(*) FROM ticket")
    assert house.one("SELECT COUNT(*) FROM event WHERE kind = 'ticket.opened'") == tickets
    assert house.one("SELECT COUNT(DISTINCT ticket_id) FROM clock_change") == tickets
    assert house.one("SELECT SUM(n) FROM tally") == tickets
    fed = "SELECT (SELECT COUNT(*) FROM backlog) + (SELECT COUNT(*) FROM feed)"
    assert house.one(fed) == house.one("SELECT COUNT(*) FROM event")


def test_f15_pages_say_503_in_the_readers_language_and_health_stays_machine_readable(house: House) -> None:
    visitor = house.customer()
    house.server.kill9()
    for path in ("/portal", "/portal/new", "/portal/tickets/1"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "<h1" in answer.text and 'lang="de"' in answer.text and "pymysql" not in answer.text
    answer = visitor.post("/portal/new", title="x", description="y", impact="low")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    stranger = house.web.visitor()
    assert stranger.get("/health").json()["status"] == "unhealthy"
    assert stranger.get("/health").status_code == 503
    assert stranger.get("/health/ready").status_code == 503
    assert stranger.get("/health/live").status_code == 200
    assert stranger.get("/portal").status_code == 303
    house.server.start()
    until(lambda: visitor.get("/portal").status_code == 200, HEALED_WITHIN, "the same session goes on")


def connections(house: House) -> list[int]:
    """The product's connections, as the server numbers them."""
    rows = house.all("SELECT id FROM information_schema.processlist WHERE db = 'away' AND command = 'Sleep'")
    own = house.one("SELECT CONNECTION_ID()")
    return [row[0] for row in rows if row[0] != own]


def hang_up(house: House) -> None:
    """End every idle connection of the product from the server's side."""
    for number in connections(house):
        with house.engine.connect() as connection:
            connection.execute(text(f"KILL CONNECTION {number}"))


def test_f16_killed_idle_connections_are_not_noticed(house: House) -> None:
    visitor = house.customer()
    for _ in range(3):
        hang_up(house)
        assert [visitor.get("/portal").status_code for _ in range(8)] == [200] * 8


def test_f16_connections_that_idled_too_long_are_not_noticed(house: House) -> None:
    visitor = house.customer()
    with house.engine.connect() as connection:
        connection.execute(text("SET GLOBAL wait_timeout = 1"))
    try:
        hang_up(house)
        assert visitor.get("/portal").status_code == 200
        until(lambda: connections(house) == [], 20, "the server hung up on idle connections")
        assert ask(visitor, "nach langer Stille").status_code == 303
    finally:
        with house.engine.connect() as connection:
            connection.execute(text("SET GLOBAL wait_timeout = 28800"))
        hang_up(house)


@pytest.mark.parametrize("place", [b"INSERT INTO ticket", b"INSERT INTO event", b"INSERT INTO request_key"])
def test_f16_a_connection_cut_inside_a_transaction_runs_the_unit_again(house: House, place: bytes) -> None:
    visitor = house.customer()
    title = f"geschnitten {place.decode()}"
    visitor.get("/portal/new")
    house.proxy.cut_on(place, "to_server")
    answer = ask(visitor, title)
    assert house.proxy.cut.is_set()
    assert answer.status_code == 303
    assert house.one("SELECT COUNT(*) FROM ticket WHERE title = :title", title=title) == 1


def test_f16_a_line_that_is_always_cut_is_503_and_leaves_nothing(house: House) -> None:
    visitor = house.customer()
    page = visitor.get("/portal/new")
    assert page.status_code == 200
    stop = threading.Event()

    def cut_again_and_again() -> None:
        while not stop.is_set():
            house.proxy.cut_on(b"INSERT INTO event", "to_server")
            house.proxy.cut.wait(0.05)

    saw = threading.Thread(target=cut_again_and_again)
    saw.start()
    try:
        answer = visitor.post("/portal/new", title="immer geschnitten", description="x", impact="low")
    finally:
        stop.set()
        saw.join()
    house.proxy.heal()
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
    assert house.one("SELECT COUNT(*) FROM ticket WHERE title = 'immer geschnitten'") == 0


def test_f18_a_commit_whose_answer_was_lost_makes_one_ticket(house: House) -> None:
    visitor = house.customer()
    before = house.one("SELECT COUNT(*) FROM event WHERE kind = 'ticket.opened'")
    for number in range(20 if ENDURANCE else 4):
        for _ in range(20):  # renews every connection of the pool: making one says COMMIT as well
            assert visitor.get("/portal").status_code == 200
        title = f"verlorene Antwort {number}"
        page = visitor.get("/portal/new")
        once = page.text.split('name="_once" value="')[1].split('"')[0]
        house.proxy.cut_on(b"\x03COMMIT", "to_server")  # the server gets it, we never hear of it
        answer = visitor.post("/portal/new", title=title, description="x", impact="low", _once=once)
        assert house.proxy.cut.is_set()
        assert answer.status_code == 303
        number_made = house.one("SELECT id FROM ticket WHERE title = :title", title=title)
        assert f"TICKET-{number_made:06d}" in answer.headers["Location"]
        again = visitor.post("/portal/new", title=title, description="x", impact="low", _once=once)
        assert again.headers["Location"] == answer.headers["Location"]
    after = house.one("SELECT COUNT(*) FROM event WHERE kind = 'ticket.opened'")
    assert after - before == (20 if ENDURANCE else 4)


def test_f20_ticket_numbers_are_never_given_twice(house: House) -> None:
    many = 200 if ENDURANCE else 24

    def make(number: int) -> int:
        visitor = house.customer() if number < 4 else visitors[number % 4]
        assert ask(visitor, f"Nummer {number}").status_code == 303
        return number

    visitors = [house.customer() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(make, range(4, many)))) == many - 4
    numbers = [row[0] for row in house.all("SELECT id FROM ticket WHERE title LIKE 'Nummer %'")]
    assert len(numbers) == len(set(numbers)) == many - 4
    newest = house.one("SELECT MAX(id) FROM ticket")
    # Nobody can do this in the product; the number must be gone for good.
    with loose_writes(), house.engine.begin() as connection:
        for table in ("clock_change", "read_mark", "watcher", "participant"):
            connection.execute(text(f"DELETE FROM {table} WHERE ticket_id = {int(newest)}"))  # noqa: S608
        connection.execute(text("DELETE FROM ticket WHERE id = :id"), {"id": newest})
    house.server.kill9()
    house.server.start()
    visitor = visitors[0]
    until(lambda: visitor.get("/portal").status_code == 200, 30)
    assert ask(visitor, "die Nächste").status_code == 303
    assert house.one("SELECT id FROM ticket WHERE title = 'die Nächste'") > newest
