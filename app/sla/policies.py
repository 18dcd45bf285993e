"""What a service level promises by default, and which of several policies applies to a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar

from app.sla.words import ClockKind, PolicyScope

Policy = TypeVar("Policy")


@dataclass(frozen=True, slots=True)
class Targets:
    """How much working time a ticket may take until the first response and until it is resolved."""

    response: timedelta
    resolution: timedelta

    def of(self, kind: ClockKind) -> timedelta:
        """The target of one clock."""
        return self.response if kind is ClockKind.RESPONSE else self.resolution


def _hours(response: int, resolution: int) -> Targets:
    return Targets(timedelta(hours=response), timedelta(hours=resolution))


# By the stored words of the priorities
DEFAULT_TARGETS: Mapping[str, Targets] = MappingProxyType(
    {
        "critical": _hours(1, 4),
        "high": _hours(4, 24),
        "medium": _hours(8, 72),
        "low": _hours(24, 168),
    }
)


def choose(candidates: Mapping[PolicyScope, Policy | None]) -> Policy | None:
    """The policy that applies: the most specific wins, in the order of PolicyScope.

    `candidates` names for each scope the policy set there, None or nothing when none is. None when
    there is no candidate at all.
    """
    found = (candidates.get(scope) for scope in PolicyScope)
    return next((policy for policy in found if policy is not None), None)
