"""The virus scanner: only its two exact answers are verdicts (A30)."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.uow import UnitError
from app.integrations.clamav import ClamAv, Verdict
from app.integrations.outcome import RetryLater, Undeliverable
from tests.support.clamd import BAD, Clamd, running


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    with running(socket.create_server(("127.0.0.1", 0))) as daemon:
        yield daemon


def test_clean_bytes_are_clean(clamd: Clamd) -> None:
    data = b"Drucker brennt" * 20_000
    verdict = _scanner(clamd).scan(io.BytesIO(data))
    assert (verdict, verdict.clean) == (Verdict(""), True)
    assert clamd.scanned == [data]


def test_an_empty_file_is_scanned_too(clamd: Clamd) -> None:
    assert _scanner(clamd).scan(io.BytesIO(b"")).clean
    assert clamd.scanned == [b""]


def test_a_known_virus_is_named(clamd: Clamd) -> None:
    verdict = _scanner(clamd).scan(io.BytesIO(BAD))
    assert (verdict.signature, verdict.clean) == ("Test-Signature", False)


def test_the_scanner_can_live_behind_a_unix_socket(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "clamd.ctl"))
    listener.listen()
    with running(listener):
        assert not ClamAv(f"unix://{tmp_path}/clamd.ctl", timeout=5).scan(io.BytesIO(BAD)).clean


@pytest.mark.parametrize(
    "said",
    [b"", b"OK\0", b"stream: ok\0", b"stream: OK FOUND OK\0", b"stream:  FOUND\0", b"stream: OK", b"\xff\xfe\0",
     b"Engine not ready. ERROR\0", b"z" * 10_000],
)  # fmt: skip
def test_no_other_answer_is_ever_taken_for_clean(clamd: Clamd, said: bytes) -> None:
    clamd.says = said
    with pytest.raises(RetryLater) as later:
        _scanner(clamd).scan(io.BytesIO(b"x"))
    assert (later.value.reason, later.value.at) == ("scanner_failed", None)


def test_a_silent_scanner_leaves_the_file_pending(clamd: Clamd) -> None:
    clamd.silent = True
    with pytest.raises(RetryLater) as later:
        _scanner(clamd, timeout=0.3).scan(io.BytesIO(BAD))
    assert later.value.reason == "timeout"


def test_a_scanner_that_is_down_leaves_the_file_pending(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", f"unix://{tmp_path}/nobody.ctl"):
        with pytest.raises(RetryLater) as later:
            ClamAv(address, timeout=1).scan(io.BytesIO(BAD))
        assert later.value.reason == "scanner_down"


def test_a_file_over_the_scanners_limit_is_never_clean(clamd: Clamd) -> None:
    clamd.limit = 100_000
    with pytest.raises(Undeliverable) as refusal:
        _scanner(clamd).scan(io.BytesIO(b"z" * 300_000))
    assert refusal.value.reason == "too_large_to_scan"


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:3310", "tcp://127.0.0.1", "tcp://:3310", "unix://", "http://x:1"]
)
def test_an_address_that_names_no_scanner_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="a scanner is"):
        ClamAv(address)


def test_scanning_inside_a_unit_of_work_is_a_bug(clamd: Clamd, inside_a_unit: Callable[[], Any]) -> None:
    with inside_a_unit(), pytest.raises(UnitError):
        _scanner(clamd).scan(io.BytesIO(b"x"))
    assert clamd.scanned == []


def _scanner(clamd: Clamd, timeout: float = 5.0) -> ClamAv:
    return ClamAv(f"tcp://127.0.0.1:{clamd.listener.getsockname()[1]}", timeout=timeout)
