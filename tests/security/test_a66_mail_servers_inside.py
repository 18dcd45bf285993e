"""A mail server of our own network is only reached when the installation names it; pages alone open none (A66)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from app.core import environment
from app.integrations import guard
from tests.support.mail_forms import made, told
from tests.support.world import World

REFUSED = "Der Server steht in Ihrem eigenen Netz, und niemand hat ihn für das Helpdesk freigegeben."
ONES_OF_OURS = ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0", "::1", "::ffff:127.0.0.1"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def nothing_named() -> Iterator[None]:
    """The installation names no server."""
    before = environment.environment()
    environment.use(replace(before, outbound_allow=()))
    yield
    environment.use(before)


@pytest.mark.usefixtures("nothing_named")
@pytest.mark.parametrize("host", ONES_OF_OURS)
def test_a66_no_connection_is_made_to_an_address_of_ours(
    world: World, listener: socket.socket, host: str
) -> None:
    browser = world.browser(world.admin())
    browser.get("/admin/mail")
    port = listener.getsockname()[1]
    way = {"imap_host": host, "imap_port": str(port), "imap_tls": "none"}
    account_id = made(**way, smtp_host=host, smtp_port=str(port), smtp_tls="none")
    for direction in ("check-in", "check-out"):
        assert REFUSED in told(browser.post(f"/admin/mail/{account_id}/{direction}"))
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize(
    ("names", "is_named"),
    [
        (("mail.firma.example",), True),
        (("MAIL.firma.example:993",), True),
        (("mail.firma.example:587",), False),
        (("firma.example", "xmail.firma.example", ""), False),
        ((), False),
    ],
)
def test_a66_a_server_is_named_with_or_without_its_port(names: tuple[str, ...], is_named: bool) -> None:
    assert guard.is_named("Mail.firma.example.", 993, names) is is_named
