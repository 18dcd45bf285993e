"""A web server over a private MariaDB with a bad line between them, and people who use it meanwhile."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests
from sqlalchemy import Engine, text

from tests.support.accounts import PASSWORD
from tests.support.engines import MariaDB
from tests.support.running import Visitor, Web
from tests.support.seeding import CUSTOMER
from tests.support.tcp_proxy import TcpProxy

PEOPLE = 6


@dataclass
class House:
    """A web server over a private MariaDB, with a proxy between the two."""

    server: MariaDB
    proxy: TcpProxy
    web: Web
    engine: Engine

    def all(self, sql: str, **values: Any) -> list[Any]:
        """Rows of a statement, past the proxy and past the product."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(sql), values))

    def one(self, sql: str, **values: Any) -> Any:
        return self.all(sql, **values)[0][0]

    def is_ready(self) -> bool:
        """Whether the product says so itself."""
        return self.web.visitor().get("/health/ready").status_code == 200

    def customer(self) -> Visitor:
        """A customer who signed in."""
        visitor = self.web.visitor()
        visitor.sign_in(CUSTOMER, PASSWORD)
        return visitor


def ask(visitor: Visitor, title: str) -> requests.Response:
    """Make a request in the portal, with the page's one-time key."""
    page = visitor.get("/portal/new")
    assert page.status_code == 200, page.text[-500:]
    once = page.text.split('name="_once" value="')[1].split('"')[0]
    return visitor.post("/portal/new", title=title, description="Seit heute.", impact="medium", _once=once)


@dataclass
class Load:
    """People who look and ask, again and again, until they are told to stop."""

    house: House
    statuses: Counter[str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Let everybody go on until ``enough``."""
        visitors = [self.house.customer() for _ in range(PEOPLE)]
        with ThreadPoolExecutor(PEOPLE) as pool:
            list(pool.map(self._person, range(PEOPLE), visitors))

    def _person(self, number: int, visitor: Visitor) -> None:
        turn = 0
        while not self.enough.is_set():
            turn += 1
            self._judge(visitor.get("/portal" if turn % 2 else "/portal/tickets"))
            title = f"Last {id(self)} {number}-{turn}"
            answer = visitor.post(
                "/portal/new", title=title, description="Seit heute.", impact="low", _once=title
            )
            self._judge(answer)
            if answer.status_code == 303:
                self.acknowledged.append(title)

    def _judge(self, answer: requests.Response) -> None:
        self.statuses[str(answer.status_code)] += 1
        fine = answer.status_code in (200, 303) and "/auth/login" not in answer.headers.get("Location", "")
        if not fine and not (answer.status_code == 503 and answer.headers.get("Retry-After")):
            self.surprises.append(f"{answer.status_code} {answer.url} {answer.text[:200]}")
