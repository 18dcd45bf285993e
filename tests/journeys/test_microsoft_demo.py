"""``./deploy.sh local deploy`` brings a simulated Microsoft beside the demonstration data, and takes it away again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
import requests

from tests.support.checkout import checkout, clean_environment, with_packages
from tests.support.server import free_port

pytestmark = pytest.mark.sqlite_only
PAGES = re.compile(r"http://127\.0\.0\.1:\d+")
BUTTON = "Sign in with Microsoft"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = checkout(tmp_path_factory.mktemp("demo") / "help desk")
    with_packages(folder)
    return folder


def deploy(place: Path, action: str, *options: str, **settings: str) -> str:
    """Run ``./deploy.sh local …`` in the folder; returns what it printed."""
    done = subprocess.run(
        ["./deploy.sh", "local", action, *options],
        cwd=place,
        env=clean_environment(LANG="en_US.UTF-8") | settings,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def login_page(port: str) -> str:
    headers = {"Accept-Language": "en"}
    return requests.get(f"http://localhost:{port}/auth/login", headers=headers, timeout=10).text


def at_home_in(place: Path) -> dict[int, str]:
    """The processes that work in a folder, with their command lines."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(place):
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
    return {pid: line for pid, line in found.items() if line}


def simulators(place: Path) -> list[int]:
    return [pid for pid, line in at_home_in(place).items() if "microsoft_simulator" in line]


def test_it_is_there_comes_back_after_a_kill_ends_with_the_rest_and_stays_away_in_production(
    place: Path,
) -> None:
    port = str(free_port())
    try:
        printed = deploy(place, "deploy", "--background", PORT=port)
        _it_can_be_tried(place, printed, port)
        (pid,) = simulators(place)
        os.kill(pid, signal.SIGKILL)
        printed = deploy(place, "deploy", "--background", PORT=port)
        _it_can_be_tried(place, printed, port)
        deploy(place, "stop")
        assert at_home_in(place) == {}
        printed = deploy(place, "deploy", "--background", PORT=port, FLASK_ENV="production")
        assert simulators(place) == [] and PAGES.search(printed) is None
        assert BUTTON not in login_page(port)
    finally:
        deploy(place, "stop")
    assert at_home_in(place) == {}


def _it_can_be_tried(place: Path, printed: str, port: str) -> None:
    found = PAGES.search(printed)
    assert found is not None, printed
    assert "simulated" in printed and "support@musterfirma.example" in printed
    about = requests.get(f"{found[0]}/_simulator/", timeout=10).json()
    assert about["simulation"] is True
    page = login_page(port)
    assert BUTTON in page and "Microsoft is simulated on this machine" in page
    assert about["client_secret"] not in (place / ".env").read_text(encoding="utf-8")
