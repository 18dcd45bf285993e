"""What can happen to notices."""

from app.events.kinds import Fact


class PreferencesChanged(Fact):
    """``off`` and ``on``: topic and way, such as ``deadline.email``."""

    kind = "preferences.changed"
    off: list[str]
    on: list[str]
