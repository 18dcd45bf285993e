"""Programs speak with a firm that may have Microsoft 365."""

from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]
