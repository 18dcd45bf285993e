"""Subscriptions at Microsoft Graph: it calls us when a folder has news, until the subscription ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from app.integrations.graph import GraphRefused
from app.integrations.graph_desk import READ, Desk, part
from app.integrations.outcome import RetryLater

MAX_ID = 100


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that was made: what Graph calls it, and when it ends (UTC)."""

    remote_id: str
    until: datetime


def subscribe(desk: Desk, folder_id: str, url: str, secret: str, until: datetime) -> Subscription:
    """Have Graph call us when mail comes into a folder; it calls once at once and wants its word back.

    Args:
        url: where it calls.
        secret: what it says each time, so that we know it.
        until: when the subscription is to end.

    Raises:
        RetryLater: ``subscription_refused``, or what ``Desk`` raises.
    """
    body = {
        "changeType": "created",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "resource": f"/users/{quote(desk.address, safe='@')}/mailFolders('{folder_id}')/messages",
        "expirationDateTime": _written(until),
        "clientState": secret,
    }
    try:
        told = desk.post("/subscriptions", body, need=READ, whole=True).body
    except GraphRefused as refusal:
        raise RetryLater(None, "subscription_refused", refusal.detail) from None
    remote_id = str(told.get("id", ""))
    if not 0 < len(remote_id) <= MAX_ID:
        raise RetryLater(None, "garbled", "a subscription without its id")
    return Subscription(remote_id, _until(told.get("expirationDateTime"), until))


def renew(desk: Desk, remote_id: str, until: datetime) -> Subscription | None:
    """Let a subscription last longer; None when Graph knows it no more.

    Raises:
        RetryLater: as ``subscribe``.
    """
    try:
        body = {"expirationDateTime": _written(until)}
        told = desk.patch(f"/subscriptions/{part(remote_id)}", body, need=READ, whole=True).body
    except GraphRefused as refusal:
        if refusal.status == 404:
            return None
        raise RetryLater(None, "subscription_refused", refusal.detail) from None
    return Subscription(remote_id, _until(told.get("expirationDateTime"), until))


def end(desk: Desk, remote_id: str) -> None:
    """Have it call no more."""
    desk.delete(f"/subscriptions/{part(remote_id)}")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _until(told: object, asked: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(told)).astimezone(UTC)
    except ValueError:
        return asked
