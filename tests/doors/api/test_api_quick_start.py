"""The first lines somebody copies out of API.md work, in the shell, in JavaScript and in Python."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import sqlalchemy as sa

from app.accounts.key_words import Scope
from app.core.db import db
from app.tickets.models import Comment, Ticket
from tests.support.api_keys import key_for
from tests.support.receivers import EXAMPLES
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
TEXT = (EXAMPLES.parents[1] / "API.md").read_text(encoding="utf-8")
START = TEXT[TEXT.index("## Quick start") : TEXT.index("## Below /api")]
BLOCKS = dict(re.findall(r"```(sh|js|python)\n(.*?)```", START, re.DOTALL))
SCOPES = (Scope.TICKETS_READ, Scope.TICKETS_WRITE)


def told(command: list[str], address: str, key: str, **more: str) -> str:
    """What a program prints that is given the site and a key."""
    if shutil.which(command[0]) is None:
        assert not os.environ.get("HD_REQUIRE_ALL"), f"{command[0]} is missing"
        pytest.skip(f"left out: {command[0]} is missing")
    environment = {"PATH": os.environ["PATH"], "SITE": address, "KEY": key, "NO_PROXY": "127.0.0.1"} | more
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def key(world: World) -> str:
    """A key that acts for an agent."""
    return key_for(world.agent(), *SCOPES)[1]


def test_the_shell_lists_tickets_and_opens_one_however_often_it_asks(world, address, key):
    _export, *calls = BLOCKS["sh"].strip().split("\n\n")
    script = "\n\n".join(calls)
    assert "$SITE" in script and "$KEY" in script and "export SITE" in _export
    first, second = (told(["bash", "-c", script], address, key) for _ in range(2))
    reader = json.JSONDecoder()
    before, end = reader.raw_decode(first)
    assert before["count"] == 0 and reader.raw_decode(first[end:])[0]["title"] == "Neuer Arbeitsplatz"
    assert '"count":1' in second
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 1


def test_javascript_lists_the_newest(world, address, key):
    ticket = world.ticket(world.customer(), title="Scanner")
    printed = told(["node", "--input-type=module", "-e", BLOCKS["js"]], address, key)
    assert printed == f"{ticket.number} {ticket.status} Scanner\n"


def test_javascript_says_why_it_may_not(address, world):
    with pytest.raises(AssertionError, match=r"not_signed_in: .+ \([0-9a-f]{16}\)"):
        told(["node", "--input-type=module", "-e", BLOCKS["js"]], address, "hd_4f1c0e9ab2d3_wrong")


def test_python_answers_the_newest(world, address, key):
    ticket = world.ticket(world.customer())
    printed = told([sys.executable, "-c", BLOCKS["python"]], address, key, PYTHONPATH=str(EXAMPLES))
    assert printed == f"{ticket.number} 1\n"
    db.session.rollback()
    assert db.session.scalars(sa.select(Comment.body)).all() == ["Wird heute geliefert."]
