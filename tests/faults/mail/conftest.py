"""A post office for each test: a real mailbox, a real receiver, workers in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.mail.posting import Post
from tests.support.dovecot import Dovecot
from tests.support.post_office import dovecot
from tests.support.relaying import wipe
from tests.support.smtp_sink import SmtpSink
from tests.support.world import World


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot("hilfe@firma.example", "verkauf@firma.example") as running:
        yield running


@pytest.fixture
def post(world: World, server: Dovecot, smtp: SmtpSink, database_url: str, tmp_path: Path) -> Iterator[Post]:
    made = Post(world, server, smtp, database_url, tmp_path)
    yield made
    made.office.end()
    wipe()
