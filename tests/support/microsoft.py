"""The simulated Microsoft on the stage: started once a run, as good as new for each test.

Import both fixtures in a conftest: ``from tests.support.microsoft import microsoft, microsoft_of_this_run``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tools.simulated_microsoft import Microsoft

__all__ = ["microsoft", "microsoft_of_this_run", "trusting"]


@pytest.fixture(scope="session")
def microsoft_of_this_run() -> Iterator[Microsoft]:
    """The one simulation of this process; tests take ``microsoft``."""
    with Microsoft() as ms:
        yield ms


@pytest.fixture
def microsoft(microsoft_of_this_run: Microsoft) -> Iterator[Microsoft]:
    """A simulated Microsoft with its people, a mailbox each, and nothing that happened before."""
    microsoft_of_this_run.reset()
    microsoft_of_this_run.visitor.forget()
    yield microsoft_of_this_run
    microsoft_of_this_run.faults.clear()
    microsoft_of_this_run.settle()


def trusting(ms: Microsoft) -> requests.Session:
    """A session that trusts the simulation's certificate and no proxy; close it."""
    session = requests.Session()
    session.trust_env = False
    session.verify = ms.ca_file
    return session
