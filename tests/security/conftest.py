"""What attacks need beside the stage: the house at an address."""

from __future__ import annotations

from tests.support.listening import address

__all__ = ["address"]
