"""The words of service levels, as they are stored and sent."""

from enum import StrEnum


class ClockKind(StrEnum):
    """Which promise a clock measures."""

    RESPONSE = "response"
    RESOLUTION = "resolution"


class ClockState(StrEnum):
    """How a clock stands at a moment, in the words every list, chip and answer uses."""

    OK = "ok"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    PAUSED = "paused"
    MET = "met"


class Reason(StrEnum):
    """Why a clock ran, waited or stood still; a public holiday is HOLIDAY_PREFIX and its name."""

    OPEN = "open"
    PENDING_CUSTOMER = "pending_customer"
    PENDING_THIRD_PARTY = "pending_third_party"
    RESOLVED = "resolved"
    OUTSIDE_HOURS = "outside_hours"


HOLIDAY_PREFIX = "holiday:"


class PolicyScope(StrEnum):
    """Where a policy is set, the most specific first."""

    ORGANISATION = "organisation"
    CATEGORY = "category"
    TEAM = "team"
    DEFAULT = "default"


class SlotFault(StrEnum):
    """What can be wrong with one slot of working time."""

    OUT_OF_RANGE = "out_of_range"
    ENDS_BEFORE_START = "ends_before_start"
    OVERLAP = "overlap"
