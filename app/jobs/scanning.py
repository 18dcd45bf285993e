"""Uploaded files and the virus scanner: asked with no transaction open, waited for when it is down."""

from __future__ import annotations

from functools import partial

from flask import current_app

from app.core import log
from app.core.outcome import RetryLater, Undeliverable
from app.core.uow import run_unit
from app.integrations.blobs import BlobMissing, Storage
from app.integrations.clamav import ClamAv
from app.jobs.standing import standing
from app.tickets.actions import scanning

LIMIT = 200


@standing("scan", seconds=600)
def scan_uploads() -> None:
    """Let the scanner see what was uploaded."""
    scan_waiting()


def scan_waiting() -> None:
    """Ask about every waiting file; without a scanner nothing ever waits."""
    scanner: ClamAv | None = current_app.extensions.get("scanner")
    if scanner is None:
        return
    storage: Storage = current_app.extensions["storage"]
    for attachment_id, sha256 in run_unit(partial(scanning.waiting, LIMIT)):
        verdict = _ask(scanner, storage, sha256)
        if verdict is None:
            return
        run_unit(partial(scanning.judge, attachment_id, clean=verdict))


def _ask(scanner: ClamAv, storage: Storage, sha256: str) -> bool | None:
    """Whether the file is clean; None while the scanner cannot say."""
    try:
        with storage.open(sha256) as stream:
            return scanner.scan(stream).clean
    except BlobMissing:
        return False
    except RetryLater as wait:
        log.get(__name__).warning("scanner_down", reason=wait.reason)
        return None
    except Undeliverable as refused:  # larger than the scanner takes: never shown unscanned
        log.get(__name__).warning("scanner_refused", reason=refused.reason)
        return False
