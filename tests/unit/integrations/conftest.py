"""Certificates and a law-breaking unit of work for the tests of the clients."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from app.core import uow

Contexts = Callable[..., ssl.SSLContext]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The authority's certificate, as ``ca_file`` of a route or guard."""
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> Contexts:
    """Makes the TLS side of a server that is called by these names."""

    def make(*names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        return context

    return make


@pytest.fixture
def inside_a_unit() -> Callable[[], object]:
    """A unit of work that is open although nobody may talk to the outside in one."""

    @contextmanager
    def opened() -> Iterator[None]:
        token = uow._unit.set(uow.Unit())
        try:
            yield
        finally:
            uow._unit.reset(token)

    return opened
