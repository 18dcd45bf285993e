"""What rooms may know of the settings the process was started with."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Environment:
    """The part of config.Settings that is the same for every request; set once by the factory."""

    site_url: str
    app_name: str
    default_locale: str
    default_time_zone: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    encryption_keys: tuple[str, ...]
    data_dir: Path
    redis_url: str
    production: bool
    testing: bool
    rate_limits: bool = True
    outbound_allow: tuple[str, ...] = ()

    @property
    def secure(self) -> bool:
        return self.site_url.startswith("https://")


_current: Environment | None = None


def use(environment: Environment) -> None:
    """Make this the environment of the process."""
    global _current
    _current = environment


def environment() -> Environment:
    """The environment the factory set.

    Raises:
        RuntimeError: no application was made yet.
    """
    if _current is None:
        raise RuntimeError("no environment: make the application first")
    return _current
