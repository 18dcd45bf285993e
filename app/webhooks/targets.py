"""How deliveries of this room name their consumer and their webhook."""

from __future__ import annotations

NAME = "webhook"
PREFIX = "webhook:"


def target_of(webhook_id: int) -> str:
    """The target of a delivery to a webhook."""
    return f"{PREFIX}{webhook_id}"


def webhook_id_of(target: str) -> int:
    """The webhook a delivery's target names."""
    return int(target.removeprefix(PREFIX))
