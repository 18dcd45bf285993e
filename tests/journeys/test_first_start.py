"""Two commands and by hand: what the README promises to somebody who has just cloned the project."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.checkout import checkout, clean_environment, with_packages

pytestmark = pytest.mark.sqlite_only


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(address: str, seconds: float = 30) -> None:
    """Wait for a server, in small steps and not for ever."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if requests.get(f"{address}/health/ready", timeout=2).status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


def services(address: str) -> dict[str, str]:
    found: dict[str, str] = requests.get(f"{address}/health", timeout=5).json()["services"]
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = checkout(tmp_path_factory.mktemp("fresh") / "help desk")
    with_packages(folder)
    return folder


@pytest.fixture(scope="module")
def running(place: Path) -> Iterator[tuple[str, str]]:
    """The system as ``./deploy.sh local deploy --background`` leaves it: address and what was printed."""
    port = free_port()
    environment = clean_environment(PORT=str(port), LANG="en_US.UTF-8")
    started = subprocess.run(
        ["./deploy.sh", "local", "deploy", "--background"],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert started.returncode == 0, started.stdout + started.stderr
    yield f"http://localhost:{port}", started.stdout
    subprocess.run(["./deploy.sh", "local", "stop"], cwd=place, env=environment, timeout=60, check=True)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://localhost:{port}/health/live", timeout=2)


def test_one_command_ends_with_a_running_system_and_prints_the_logins(place, running):
    address, printed = running
    logins = json.loads((place / "instance" / "demo-logins.json").read_text(encoding="utf-8"))
    assert address in printed
    for login in logins:
        assert login["password"] in printed
    assert services(address)["database"] == "ok"
    assert services(address)["redis"] == "disabled"


def test_worker_and_scheduler_report_within_half_a_minute(running):
    address, _printed = running
    end = time.monotonic() + 30
    while time.monotonic() < end and {services(address)[name] for name in ("celery", "scheduler")} != {"ok"}:
        time.sleep(0.2)
    assert (services(address)["celery"], services(address)["scheduler"]) == ("ok", "ok")


def test_a_demo_login_signs_in(place, running):
    address, _printed = running
    logins = json.loads((place / "instance" / "demo-logins.json").read_text(encoding="utf-8"))
    for login in logins:
        session = requests.Session()
        page = session.get(f"{address}/auth/login", timeout=10).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        form = {"email": login["email"], "password": login["password"], "csrf_token": token}
        answer = session.post(f"{address}/auth/login", data=form, timeout=10)
        assert answer.status_code == 200, login["role"]
        assert "/auth/login" not in answer.url


def test_starting_twice_is_refused_with_the_address(place, running):
    address, _printed = running
    again = subprocess.run(
        ["./deploy.sh", "local", "deploy"],
        cwd=place,
        env=clean_environment(PORT=str(free_port()), LANG="en_US.UTF-8"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert again.returncode != 0
    assert address in again.stderr


def test_by_hand_it_runs_on_sqlite_with_nothing_set(tmp_path):
    folder = checkout(tmp_path / "by-hand")
    with_packages(folder)
    python = folder / ".venv" / "bin" / "python"
    port = free_port()
    environment = clean_environment(FLASK_APP="app.py", PORT=str(port))
    for command in (["db", "upgrade"], ["deploy"], ["deploy"]):
        done = subprocess.run(
            [python, "-m", "flask", *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    server = subprocess.Popen(
        [python, "app.py"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        answers(f"http://localhost:{port}")
        assert (folder / "instance" / "helpdesk.db").exists()
        page = requests.get(f"http://localhost:{port}/auth/login", timeout=10)
        assert "Anmelden" in page.text
    finally:
        server.terminate()
        server.wait(10)


def test_a_wrong_setting_is_one_line_that_names_it(place):
    done = subprocess.run(
        [place / ".venv" / "bin" / "python", "-m", "flask", "--app", "app", "deploy"],
        cwd=place,
        env=clean_environment(SMTP_PORT="a-port"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "SMTP_PORT" in done.stderr
    assert "Traceback" not in done.stderr
