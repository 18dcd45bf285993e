"""Everything here happens at a firm with Microsoft 365 whose people are fetched."""

from __future__ import annotations

import pytest

from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import Tenant, tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]


@pytest.fixture
def firm(tenant: Tenant) -> Tenant:
    """The tenant with fetching switched on, and nobody but its own eight people."""
    tenant.set_up(fetch_people=True)
    return tenant
