"""The register of everything that can happen: typed facts with a kind, a version and a visibility."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from app.events.words import Visibility

_register: dict[str, type[Fact]] = {}


class Fact(BaseModel):
    """What happened, as ids and words. Subclasses say ``kind``; bodies and addresses never go in here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: ClassVar[str] = ""
    version: ClassVar[int] = 1
    visibility: ClassVar[Visibility] = Visibility.INTERNAL

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not cls.kind:
            return
        if cls.kind in _register and _register[cls.kind].__qualname__ != cls.__qualname__:
            raise TypeError(f"two facts are called {cls.kind}")
        _register[cls.kind] = cls


def fact_type(kind: str) -> type[Fact] | None:
    """The class of a kind, None for kinds a newer version wrote."""
    return _register.get(kind)


def known_kinds() -> list[str]:
    """Every registered kind, sorted."""
    return sorted(_register)
