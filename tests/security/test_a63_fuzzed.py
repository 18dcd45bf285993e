"""A63: somebody who knows nothing but the document of the interface asks every call in every way, as each role."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.sweep.stage import ADMIN, ANON, CUSTOMER, ROLES, Stage
from tests.support.api_keys import key_for
from tests.support.world import World

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# Calls that end the very sign-in that asks: they are asked alone, each time with a new one.
LEAVING = "/auth/logout"
LONG = os.environ.get("HD_ENDURANCE") == "1"
# Every boundary of every field is tried as everybody on SQLite; on MariaDB as an administrator, who gets the farthest.
ALL_PHASES, WITHOUT_BOUNDARIES = "examples,coverage,fuzzing,stateful", "examples,fuzzing,stateful"


def fuzzed(address: str, proof: str, folder: Path, *options: str) -> str:
    """What the fuzzer says in the end, "" when it found nothing.

    Args:
        proof: the header that says who asks, "" for none.
    """
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file", str(CONFIGURATION), "run", f"{address}/api/openapi.json", "--no-color",
        "--checks", "all", "--seed", "1", "--max-examples", "100" if LONG else "5", *options,
        *(("--header", proof) if proof else ()),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1800)
    return "" if done.returncode == 0 else done.stdout[-20_000:] + done.stderr[-2000:]


def phases(engine: str, role: str) -> tuple[str, str]:
    everything = LONG or engine == "sqlite" or role == ADMIN
    return "--phases", ALL_PHASES if everything else WITHOUT_BOUNDARIES


def proof_of(stage: Stage, role: str) -> str:
    return "" if role == ANON else f"Authorization: Bearer {stage.program(role).access}"


@pytest.fixture
def stage(world: World) -> Stage:
    """A firm with requests, answers and files to be found."""
    made = Stage(world)
    made.foreign_entry()
    for ticket in (made.own_request(ADMIN), made.team_ticket()):
        made.entry(ticket)
    return made


@pytest.mark.parametrize("role", ROLES)
def test_a63_nothing_the_document_allows_or_forbids_breaks_a_call(
    stage: Stage, address: str, engine_name: str, role: str, tmp_path: Path
) -> None:
    """No 500, no HTML, no answer the document does not tell, no refusal of what it allows, none of the reverse."""
    most = ("--exclude-path-regex", LEAVING, *phases(engine_name, role))
    found = fuzzed(address, proof_of(stage, role), tmp_path, *most)
    assert not found, pytest.fail(found, pytrace=False)
    alone = ("--include-path-regex", LEAVING, "--phases", "examples,coverage,fuzzing")
    found = fuzzed(address, proof_of(stage, role), tmp_path, *alone)
    assert not found, pytest.fail(found, pytrace=False)


def test_a63_nothing_breaks_a_call_of_a_program_with_a_key(
    stage: Stage, address: str, engine_name: str, tmp_path: Path
) -> None:
    """Without what no key opens, and without tokens beside it: that is refused before a call is looked at (A40)."""
    _number, text = key_for(stage.people[ADMIN])
    by_key = (
        *("--exclude-path-regex", "/auth/|/api-keys|/devices"),
        *("--generation-with-security-parameters", "false", "--exclude-checks", "ignored_auth"),
        *phases(engine_name, CUSTOMER),
    )
    found = fuzzed(address, f"X-API-Key: {text}", tmp_path, *by_key)
    assert not found, pytest.fail(found, pytrace=False)
