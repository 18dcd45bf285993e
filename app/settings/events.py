"""What can happen to settings."""

from app.events.kinds import Fact


class SettingsChanged(Fact):
    """Names of what changed; values stay out of the log."""

    kind = "settings.changed"
    group: str
    fields: list[str]
