"""Fields whose name here is another one than in the rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app.core.errors import Invalid


@contextmanager
def our_names(fields: Mapping[str, str]) -> Iterator[None]:
    """Problems under the names the fields have here.

    Args:
        fields: the name here → the name in the room.
    """
    ours = {inner: name for name, inner in fields.items()}
    try:
        yield
    except Invalid as refusal:
        problems = {ours.get(name, name): texts for name, texts in refusal.problems.items()}
        raise Invalid(problems, refusal.message) from None
