"""Sends mail from a mailbox by Microsoft Graph, at once or by a draft, and looks whether one has left already (F06)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Any

from app.integrations.graph import Gone, GraphRefused
from app.integrations.graph_desk import CHANGE, READ, SEND, Desk, part
from app.integrations.outcome import RetryLater, Undeliverable

MIME = "text/plain"
# A request may have four megabytes, and the mail in it is encoded.
MAX_MAIL = 3 * 1024 * 1024
TOO_LARGE = frozenset({"ErrorMessageSizeExceeded", "RequestBodyTooLarge", "ErrorRequestEntityTooLarge"})
WRONG_RECIPIENT = frozenset({"ErrorInvalidRecipients", "ErrorNoRecipients"})
# What can befall a request after it was said; of these nobody knows whether the deed is done.
UNSURE = frozenset({"failing", "timeout", "connection_failed", "garbled"})
UNAVAILABLE = "503"  # nothing was done then
DIALLING = "port "  # nothing was said yet


class Whereabouts(StrEnum):
    """Where a mail of ours is: still a draft, sent, or nowhere to be found."""

    DRAFT = "draft"
    SENT = "sent"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Trace:
    """A mail of ours in the mailbox."""

    where: Whereabouts
    remote_id: str = ""


class GraphPost:
    """What goes out of a mailbox. Each call may raise what ``Desk`` raises; a refused mail is ``Undeliverable``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def send(self, mail: EmailMessage) -> None:
        """Send a mail at once.

        Raises:
            Undeliverable: ``message_too_large``, ``recipient_refused``, ``message_refused``.
            RetryLater: ``outcome_unknown`` when it may have left all the same; ``mail_send_missing`` …
        """
        sealed = _sealed(mail)
        with _deed():
            self._desk.post("/sendMail", sealed, kind=MIME, need=SEND)

    def draft(self, mail: EmailMessage) -> str:
        """Put a mail among the drafts; returns its lasting id. A draft nobody sends does no harm.

        Raises:
            Undeliverable: as ``send``.
            RetryLater: ``mail_change_missing`` …
        """
        try:
            made = self._desk.post("/messages", _sealed(mail), kind=MIME, need=CHANGE).body
        except GraphRefused as refusal:
            raise _refused(refusal) from None
        remote_id = made.get("id")
        if not isinstance(remote_id, str) or not remote_id:
            raise RetryLater(None, "garbled", "a draft without its id")
        return remote_id

    def send_draft(self, remote_id: str) -> None:
        """Send a draft.

        Raises:
            RetryLater: ``outcome_unknown`` as ``send``, or when the draft is there no more.
        """
        with _deed():
            try:
                self._desk.post(f"/messages/{part(remote_id)}/send", b"", need=SEND)
            except GraphRefused as refusal:
                if refusal.status != 404:
                    raise
                raise RetryLater(None, "garbled", refusal.detail) from None

    def trace(self, remote_id: str) -> Trace:
        """Where a draft of ours is by now."""
        try:
            query = {"$select": "isDraft"}
            return _trace(self._desk.get(f"/messages/{part(remote_id)}", query), remote_id)
        except GraphRefused as refusal:
            if refusal.status == 404:
                return Trace(Whereabouts.NOWHERE)
            raise RetryLater(None, "graph_refused", refusal.detail) from None

    def search(self, message_id: str, folder: str = "") -> Trace:
        """A mail of ours by its Message-ID.

        Args:
            folder: only there, ``sentitems`` for instance; "" for the whole mailbox, drafts included.
        """
        quoted = message_id.replace("'", "''")
        query = {"$filter": f"internetMessageId eq '{quoted}'", "$select": "isDraft", "$top": "5"}
        place = f"/mailFolders/{folder}/messages" if folder else "/messages"
        try:
            found = self._desk.get(place, query, need=READ).get("value")
        except GraphRefused as refusal:
            raise RetryLater(None, "graph_refused", refusal.detail) from None
        if not isinstance(found, list):
            raise RetryLater(None, "garbled", "a search without a list")
        traces = [_trace(one, str(one.get("id", ""))) for one in found]
        sent = [one for one in traces if one.where is Whereabouts.SENT]
        return (sent or traces or [Trace(Whereabouts.NOWHERE)])[0]


@contextmanager
def _deed() -> Iterator[None]:
    """Tells a deed that was not done from one of which nobody knows."""
    try:
        yield
    except GraphRefused as refusal:
        raise _refused(refusal) from None
    except RetryLater as later:
        if not _is_unsure(later):
            raise
        raise RetryLater(None, "outcome_unknown", str(later)) from None


def _is_unsure(error: RetryLater) -> bool:
    if error.reason not in UNSURE or error.detail.startswith(DIALLING):
        return False
    return not (error.reason == "failing" and error.detail.startswith(UNAVAILABLE))


def _sealed(mail: EmailMessage) -> bytes:
    raw = mail.as_bytes()
    if len(raw) > MAX_MAIL:
        raise Undeliverable("message_too_large", f"{len(raw)} > {MAX_MAIL}")
    return base64.b64encode(raw)


def _refused(refusal: GraphRefused) -> Undeliverable | RetryLater:
    if isinstance(refusal, Gone):  # an answer to another question
        return RetryLater(None, "failing", refusal.detail)
    if refusal.status == 413 or refusal.code in TOO_LARGE:
        return Undeliverable("message_too_large", refusal.detail)
    if refusal.code in WRONG_RECIPIENT:
        return Undeliverable("recipient_refused", refusal.detail)
    return Undeliverable("message_refused", refusal.detail)


def _trace(told: Mapping[str, Any], remote_id: str) -> Trace:
    return Trace(Whereabouts.DRAFT if told.get("isDraft") else Whereabouts.SENT, remote_id)
