"""Addresses that belong to the helpdesk itself: nobody can have an account under them (abuse case A03)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.accounts import addresses
from app.settings import queries as settings
from app.settings.schemas import Site

Source = Callable[[], Iterable[str]]
_sources: dict[str, Source] = {}


def also(name: str, source: Source) -> None:
    """Name further own addresses; called by whoever knows some (the wiring, the rooms with mail accounts).

    Args:
        name: of the source; a second one of the same name replaces the first.
        source: the addresses as they are now; texts that are none are passed over.
    """
    _sources[name] = source


def ours() -> frozenset[str]:
    """The addresses as they are now, folded."""
    own = [settings.get(Site).support_email, *(found for source in _sources.values() for found in source())]
    return frozenset({addresses.key(one) for one in own} - {""})


def is_ours(address: str) -> bool:
    """Whether mail to this address comes back to us."""
    return addresses.key(address) in ours()
