"""Words about people that doors may speak."""

from enum import StrEnum

from app.core.language import Lazy


class Role(StrEnum):
    ADMIN = "admin"
    TEAM_LEADER = "team_leader"
    SUPPORT_AGENT = "support_agent"
    CUSTOMER = "customer"


STAFF = frozenset({Role.ADMIN, Role.TEAM_LEADER, Role.SUPPORT_AGENT})
LEVELS = (1, 2, 3, 4)

ROLE_NAMES: dict[Role, Lazy] = {
    Role.CUSTOMER: Lazy("Customer", "role"),
    Role.SUPPORT_AGENT: Lazy("Agent", "role"),
    Role.TEAM_LEADER: Lazy("Team leader", "role"),
    Role.ADMIN: Lazy("Administrator", "role"),
}
LEVEL_NAMES: dict[int, Lazy] = {
    1: Lazy("Basic", "support level"),
    2: Lazy("Technical", "support level"),
    3: Lazy("Expert", "support level"),
    4: Lazy("Senior", "support level"),
}


class TokenPurpose(StrEnum):
    """What a one-time link opens."""

    CONFIRM = "confirm"
    RESET = "reset"
    WELCOME = "welcome"
    CHANGE_EMAIL = "change_email"
    ADD_EMAIL = "add_email"


class SignInKind(StrEnum):
    """What is signed in: a browser with a cookie, or a program with tokens."""

    BROWSER = "browser"
    PROGRAM = "program"


class Platform(StrEnum):
    """Whose push service reaches a device."""

    IOS = "ios"
    ANDROID = "android"
    WEB = "web"


class Refusal(StrEnum):
    """Why somebody does not come in by Microsoft, told on a page of its own."""

    GUEST = "guest"
    FOREIGN_TENANT = "foreign_tenant"
    INACTIVE = "inactive"
    CONNECT_FIRST = "connect_first"  # the address is somebody's who has to prove it
    NO_SIGN_UP = "no_sign_up"
    NO_ADDRESS = "no_address"
    ELSEWHERE = "elsewhere"  # this account at Microsoft belongs to another person here


class Need(StrEnum):
    """What somebody wants with a person."""

    SEE = "see"
    MANAGE = "manage"


class CardKind(StrEnum):
    """What a team's channel in Teams can be told of."""

    CRITICAL = "critical"
    ASSIGNMENT = "assignment"
    ESCALATION = "escalation"
    WARNING = "warning"
    BREACH = "breach"
    NOBODY_FREE = "nobody_free"
    DAILY = "daily"


CARD_KIND_NAMES: dict[CardKind, Lazy] = {
    CardKind.CRITICAL: Lazy("New critical ticket", "card kind"),
    CardKind.ASSIGNMENT: Lazy("Assignment", "card kind"),
    CardKind.ESCALATION: Lazy("Escalation", "card kind"),
    CardKind.WARNING: Lazy("A deadline comes close", "card kind"),
    CardKind.BREACH: Lazy("A deadline was missed", "card kind"),
    CardKind.NOBODY_FREE: Lazy("Nobody fits for a ticket", "card kind"),
    CardKind.DAILY: Lazy("Every morning: how things stand", "card kind"),
}
# Everything that happens; the summary of the day is for teams that ask for it.
USUAL_CARDS = tuple(kind for kind in CardKind if kind is not CardKind.DAILY)


class Step(StrEnum):
    """How far a sign-in came."""

    IN = "in"
    CODE = "code"
    CONFIRM_FIRST = "confirm_first"
    AT_MICROSOFT = "at_microsoft"
    REFUSED = "refused"


# What the profile offers; any other zone of the IANA list is accepted and kept as well.
TIME_ZONES = (
    "Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/Amsterdam", "Europe/Athens", "Europe/Belgrade",
    "Europe/Brussels", "Europe/Bucharest", "Europe/Budapest", "Europe/Copenhagen", "Europe/Dublin",
    "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Luxembourg",
    "Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome",
    "Europe/Sofia", "Europe/Stockholm", "Europe/Tallinn", "Europe/Vilnius", "Europe/Warsaw", "Europe/Zagreb",
    "Africa/Cairo", "Africa/Johannesburg", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Mexico_City", "America/New_York", "America/Sao_Paulo", "America/Toronto", "Asia/Bangkok",
    "Asia/Dubai", "Asia/Hong_Kong", "Asia/Kolkata", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo",
    "Australia/Sydney", "Pacific/Auckland", "UTC",
)  # fmt: skip
