"""Settings from the environment: typed, checked together, refused in one clear line when wrong."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import load_dotenv
from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core import shapes
from app.integrations.microsoft import AUTHORITY, GRAPH_URL
from app.jobs.schedule import parse as parse_schedule
from app.settings import fixed
from app.settings.schemas import Microsoft

ROOT = Path(__file__).resolve().parent
WEAK_KEYS = {"dev", "secret", "changeme", "change-me", "password", "test", "development"}
Names = Annotated[tuple[str, ...], NoDecode]


def _rhythm(value: str) -> str:
    parse_schedule(value, ZoneInfo("UTC"))
    return value


Rhythm = Annotated[str, AfterValidator(_rhythm)]


class Settings(BaseSettings):
    """Every environment variable the product reads; each secret is also read from ``NAME_FILE``."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, populate_by_name=True)

    flask_env: Literal["development", "production", "testing"] = "development"
    secret_key: SecretStr = SecretStr("")
    secret_key_fallbacks: Names = ()
    encryption_keys: Annotated[tuple[str, ...], NoDecode, AfterValidator(shapes.fernet_keys)] = ()
    database_url: shapes.DatabaseUrl = f"sqlite:///{ROOT / 'instance' / 'helpdesk.db'}"
    redis_url: str = ""
    site_url: shapes.SiteUrl = "http://localhost:8000"
    allowed_hosts: Names = ()
    app_name: str = "Helpdesk"
    default_locale: Literal["de", "en"] = "de"
    default_time_zone: shapes.TimeZone = "Europe/Berlin"
    data_dir: Path = ROOT / "instance"

    microsoft_client_id: shapes.Guid = ""
    microsoft_client_secret: SecretStr = SecretStr("")
    microsoft_tenant_id: shapes.Guid = ""
    microsoft_certificate: str = ""
    microsoft_private_key: SecretStr = SecretStr("")
    microsoft_authority: shapes.HttpsUrl = AUTHORITY
    microsoft_ca_file: str = ""
    graph_base_url: shapes.HttpsUrl = GRAPH_URL

    email_username: str = ""
    email_password: SecretStr = SecretStr("")
    imap_enabled: bool = False
    imap_host: shapes.HostName = ""
    imap_port: int = Field(993, ge=1, le=65535)
    imap_username: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_folder: str = "INBOX"
    mail_watch: Literal["on", "off"] = "on"
    smtp_host: shapes.HostName = ""
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_tls: Literal["starttls", "implicit", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_ca_file: str = ""
    default_from_email: str = ""
    teams_webhook_url: SecretStr = SecretStr("")
    outbound_allow: Names = ()

    api_origins: Annotated[tuple[shapes.Origin, ...], NoDecode] | None = None
    api_docs: Literal["on", "off"] = "on"

    claude_api_key: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("claude_api_key", "anthropic_api_key")
    )
    anthropic_base_url: str = ""
    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: str = ""

    sentry_dsn: SecretStr = SecretStr("")
    storage_url: str = ""
    clamav_url: shapes.ScannerUrl = ""
    backup_dir: Path = ROOT / "backups"
    trusted_proxies: int = Field(0, ge=0, le=10)
    web_threads: int = Field(16, ge=1, le=1000)
    rate_limits: Literal["on", "off"] = "on"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_file: str = ""
    max_request_mb: int = Field(16, ge=1, le=1024)
    metrics_token: SecretStr = SecretStr("")

    # The timetable: 10s, 5m, 1h, or five crontab fields in DEFAULT_TIME_ZONE.
    schedule_relay: Rhythm = "10s"
    schedule_sla: Rhythm = "60s"
    schedule_scheduled_replies: Rhythm = "60s"
    schedule_tally: Rhythm = "60s"
    schedule_scan: Rhythm = "30s"
    schedule_mail_accept: Rhythm = "60s"
    schedule_mail_fetch: Rhythm = "5m"
    schedule_mail_delta: Rhythm = "60s"
    schedule_mail_hints: Rhythm = "10m"
    schedule_mail_silence: Rhythm = "37 * * * *"
    schedule_microsoft_recheck: Rhythm = "5m"
    schedule_people_import: Rhythm = "60s"
    schedule_people_fetch: Rhythm = "17 */4 * * *"
    schedule_auto_close: Rhythm = "7 * * * *"
    schedule_teams_digest: Rhythm = "0 7 * * *"
    schedule_housekeeping: Rhythm = "23 * * * *"
    schedule_files: Rhythm = "45 2 * * *"

    @field_validator(
        "secret_key_fallbacks",
        "encryption_keys",
        "allowed_hosts",
        "outbound_allow",
        "api_origins",
        mode="before",
    )
    @classmethod
    def _comma_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="after")
    def _together(self) -> Settings:
        fixed.read(os.environ)
        self._stand_in_for_mail()
        key = self.secret_key.get_secret_value()
        if self.flask_env == "production":
            self._production(key)
        if self.default_from_email and "@" not in self.default_from_email:
            raise ValueError("DEFAULT_FROM_EMAIL must be an e-mail address")
        if bool(self.microsoft_certificate) != bool(self.microsoft_private_key.get_secret_value()):
            raise ValueError("MICROSOFT_CERTIFICATE and MICROSOFT_PRIVATE_KEY belong together")
        return self

    def _production(self, key: str) -> None:
        if len(key.encode()) < 32 or key.lower() in WEAK_KEYS or len(set(key)) < 8:
            raise ValueError("SECRET_KEY must be at least 32 random bytes in production")
        if not self.encryption_keys:
            raise ValueError("ENCRYPTION_KEYS must be set in production")
        if self.rate_limits == "off":
            raise ValueError("RATE_LIMITS cannot be off in production")
        if urlsplit(self.microsoft_authority).hostname in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("MICROSOFT_AUTHORITY cannot be a simulated Microsoft in production")

    def _stand_in_for_mail(self) -> None:
        """EMAIL_USERNAME and EMAIL_PASSWORD fill what IMAP_* and SMTP_* leave open."""
        for name in ("imap", "smtp"):
            if not getattr(self, f"{name}_username"):
                setattr(self, f"{name}_username", self.email_username)
            if not getattr(self, f"{name}_password").get_secret_value():
                setattr(self, f"{name}_password", self.email_password)
        if not self.default_from_email and "@" in self.smtp_username:
            self.default_from_email = self.smtp_username

    @property
    def hosts(self) -> list[str]:
        """Host names requests may name; anything else is answered with 400."""
        if self.allowed_hosts:
            return list(self.allowed_hosts)
        own = urlsplit(self.site_url).hostname or "localhost"
        return [own, "localhost", "127.0.0.1"] if self.flask_env != "production" else [own]

    @property
    def origins(self) -> tuple[str, ...]:
        """Sites whose scripts may call the JSON door."""
        if self.api_origins is not None:
            return self.api_origins
        return ("http://localhost:3000", "http://localhost:5173") if self.flask_env == "development" else ()

    @property
    def secure(self) -> bool:
        return self.site_url.startswith("https://")

    @property
    def fixed_settings(self) -> fixed.Values:
        """Settings of administrators that the environment decides; those of Microsoft may come from files."""
        found = dict(fixed.read(os.environ))
        own = {
            "tenant_id": self.microsoft_tenant_id,
            "client_id": self.microsoft_client_id,
            "client_secret": self.microsoft_client_secret.get_secret_value(),
        }
        given = dict(found.get(Microsoft.name, {})) | {name: value for name, value in own.items() if value}
        return found | ({Microsoft.name: given} if given else {})

    @property
    def schedules(self) -> dict[str, str]:
        """The timetable: name of the standing job → its rhythm."""
        prefix = "schedule_"
        fields = (name for name in type(self).model_fields if name.startswith(prefix))
        return {name.removeprefix(prefix).replace("_", "-"): getattr(self, name) for name in fields}


def _from_files(environ: dict[str, str]) -> dict[str, str]:
    """Values of ``NAME_FILE`` variables, for container secrets.

    Raises:
        SystemExit: a named file cannot be read.
    """
    found = {}
    for name in Settings.model_fields:
        path = environ.get(f"{name.upper()}_FILE")
        if not path:
            continue
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            refuse(f"{name.upper()}_FILE: {path} cannot be read ({error.strerror})")
    return found


def load_settings(**overrides: Any) -> Settings:
    """Read and check the environment; a wrong value ends the process with one line naming the variable.

    Args:
        overrides: values that win over the environment (tests, tools).
    """
    if overrides.get("flask_env") != "testing":
        load_dotenv(ROOT / ".env")  # what the environment says already wins
    given: dict[str, Any] = _from_files(dict(os.environ)) | overrides
    if "smtp_use_tls" not in given and "SMTP_TLS" not in os.environ and "SMTP_USE_TLS" in os.environ:
        on = os.environ["SMTP_USE_TLS"].lower() in ("1", "true", "yes", "on")
        given.setdefault("smtp_tls", "starttls" if on else "none")
    try:
        return _with_a_key(Settings(**given))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else ""
        message = first["msg"].removeprefix("Value error, ")
        refuse(f"{name}: {message}" if name else message)


def _with_a_key(settings: Settings) -> Settings:
    """Outside production a missing SECRET_KEY is made once and kept beside the database."""
    if settings.secret_key.get_secret_value() or settings.flask_env == "production":
        return settings
    file = settings.data_dir / "secret.key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as new:
            new.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    settings.secret_key = SecretStr(file.read_text(encoding="ascii").strip())
    return settings


def refuse(line: str) -> NoReturn:
    """End the process with one readable line instead of a stack trace."""
    print(f"helpdesk: {line}", file=sys.stderr)
    raise SystemExit(78)
