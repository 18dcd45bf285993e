"""The receivers of webhooks that docs/examples shows, as processes of their own."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.architecture.source import ROOT
from tests.support.http_sink import ReceivedRequest

PATIENCE = 30.0
NODE = "node"
EXAMPLES = ROOT / "docs" / "examples"


@dataclass
class Running:
    """A receiver that listens."""

    process: subprocess.Popen[str]
    port: int

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def take(self, request: ReceivedRequest, *, body: bytes | None = None) -> int:
        """Give it a request that came somewhere else, with another body if one is given; returns its status."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        names = [name for name in request.headers if name.startswith("Helpdesk-")]
        headers = {name: request.headers[name] for name in names} | {"Content-Type": "application/json"}
        line.request("POST", "/", body=request.body if body is None else body, headers=headers)
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.status

    def worked_off(self) -> str:
        """The next event it worked off, as it printed it."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def command(name: str) -> list[str]:
    """How a receiver is started."""
    if name.endswith(".py"):
        return [sys.executable, "-W", "error", str(EXAMPLES / name), "0"]
    node = shutil.which(NODE)
    if node is None and os.environ.get("HD_REQUIRE_ALL"):
        pytest.fail("node is missing: the receiver in JavaScript was not tried")
    if node is None:
        pytest.skip("left out: the receiver in JavaScript, because node is missing")
    return [node, str(EXAMPLES / name), "0"]


@contextmanager
def running(name: str, *secrets: str) -> Iterator[Running]:
    """A receiver that knows these secrets."""
    process = subprocess.Popen(
        command(name),
        env={"PATH": os.environ["PATH"], "HELPDESK_SECRETS": ",".join(secrets)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said.startswith("listening on "), said
        yield Running(process, int(said.rsplit(" ", 1)[1]))
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
