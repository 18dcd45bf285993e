"""Programs speak with a firm that may have Microsoft 365, in the process or over a socket of loopback."""

from __future__ import annotations

from tests.support.listening import address
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["address", "microsoft", "microsoft_of_this_run", "tenant"]
