"""The command that starts the simulated Microsoft: where it refuses to, and that it comes back the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tools.microsoft_simulator import REFUSED, main

pytestmark = pytest.mark.sqlite_only
ROOT = Path(__file__).resolve().parents[2]
COMMAND = [
    sys.executable,
    "-W",
    "error",
    str(ROOT / "tools" / "microsoft_simulator.py"),
    "--port",
    "0",
    "--pages-port",
    "0",
]


@contextmanager
def running(data: Path) -> Iterator[dict[str, str]]:
    """The simulator in a process of its own; what it says about itself."""
    environment = {name: value for name, value in os.environ.items() if name != "FLASK_ENV"}
    command = [*COMMAND, "--data", str(data)]
    with subprocess.Popen(
        command, cwd=data.parent, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told: dict[str, str] = {}
        for line in process.stdout:
            name, _, value = line.strip().replace(": ", "=", 1).partition("=")
            told[name.strip()] = value.strip()
            if name == "MICROSOFT_CA_FILE":
                break
        yield told
        process.terminate()
        assert process.wait(20) == 0


def test_it_refuses_to_start_in_production(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLASK_ENV", "production")
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == REFUSED
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "helpdesk.example"])  # noqa: S104 - refused
def test_it_refuses_to_be_reached_from_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    monkeypatch.delenv("FLASK_ENV", raising=False)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        main(["--host", host, "--port", "0", "--pages-port", "0"])
    assert ended.value.code == REFUSED
    assert host in capsys.readouterr().err


def test_it_starts_says_where_it_is_and_comes_back_with_the_same_certificate(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with running(tmp_path / "data") as told, requests.Session() as session:
            session.trust_env = False
            session.verify = told["MICROSOFT_CA_FILE"]
            tenant = f"{told['MICROSOFT_AUTHORITY']}/{told['MICROSOFT_TENANT_ID']}"
            keys = session.get(f"{tenant}/discovery/v2.0/keys", timeout=10).json()["keys"]
            assert session.get(told["Seiten / pages"], timeout=10).status_code == 200
            assert session.post(f"{told['Seiten / pages']}_simulator/reset", timeout=10).status_code == 200
            seen.append((Path(told["MICROSOFT_CA_FILE"]).read_bytes(), [key["n"] for key in keys]))
    assert seen[0] == seen[1]
    modes = {
        file.stat().st_mode & 0o777 for file in (tmp_path / "data").glob("*.pem") if "-ca" not in file.name
    }
    assert modes == {0o600}


def test_it_needs_nothing_of_the_product() -> None:
    code = "import sys, tools.microsoft_simulator; sys.exit('app' in sys.modules or 'config' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
