"""The one place that knows everybody: puts extensions, doors and event consumers together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask

from app import tables
from app.accounts import mailboxes
from app.core import bus, environment, log
from app.core.db import engine_options, init_db
from app.events.consumers import register
from app.integrations import storage
from app.integrations.clamav import ClamAv
from app.integrations.guard import HttpGuard
from app.integrations.smtp_route import SmtpRoute
from app.integrations.teams import HOST_PATTERNS
from app.jobs import sending
from app.jobs.queue import make_queue
from app.jobs.relay import ring
from app.mailroom import accounts, nobody
from app.mailroom import fixed as fixed_account
from app.mailroom.words import Tls
from app.notifications import consumers as notifications
from app.notifications.hearers import hearers
from app.settings import fixed, microsoft
from app.web import admin, api, auth, customer, health, hooks, people, tickets
from app.web.kit import assets, brand, errors, guard, numbers, origins, packing, page, visitor
from app.web.kit.door import Door
from app.webhooks import consumers as webhooks

if TYPE_CHECKING:
    from config import Settings

THREADS = 16
DOORS: tuple[Door, ...] = (
    health.door,
    people.door,
    auth.door,
    customer.door,
    tickets.door,
    admin.door,
    api.door,
    api.documents_door,
    hooks.door,
)


def wire(settings: Settings) -> Flask:
    """Make the application with everything in its place."""
    log.configure(settings.log_level, settings.log_file)
    environment.use(_environment(settings))
    fixed.use(settings.fixed_settings)
    microsoft.use(_microsoft(settings))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = Flask("app", static_folder=None)
    app.config.update(_flask_config(settings))
    app.extensions["settings"] = settings
    files = f"file://{settings.data_dir.resolve() / 'files'}"
    app.extensions["storage"] = storage.from_url(settings.storage_url or files)
    mailboxes.also("environment", lambda: _own_addresses(settings))
    mailboxes.also("unknown sender", nobody.addresses)
    mailboxes.also("accounts", accounts.own_addresses)
    fixed_account.use(_fixed_account(settings))
    if settings.clamav_url:
        app.extensions["scanner"] = ClamAv(settings.clamav_url)
    init_db(app)
    tables.load()
    _queue(app, settings)
    _consumers(app, settings)
    _doors(app, settings)
    return app


def _environment(settings: Settings) -> environment.Environment:
    key = settings.secret_key.get_secret_value()
    return environment.Environment(
        site_url=settings.site_url,
        app_name=settings.app_name,
        default_locale=settings.default_locale,
        default_time_zone=settings.default_time_zone,
        secret_key=key,
        secret_key_fallbacks=settings.secret_key_fallbacks,
        encryption_keys=settings.encryption_keys,
        data_dir=settings.data_dir,
        redis_url=settings.redis_url,
        production=settings.flask_env == "production",
        testing=settings.flask_env == "testing",
        rate_limits=settings.rate_limits == "on",
        outbound_allow=settings.outbound_allow,
    )


def _microsoft(settings: Settings) -> microsoft.Surroundings:
    return microsoft.Surroundings(
        authority=settings.microsoft_authority,
        graph_url=settings.graph_base_url,
        certificate=settings.microsoft_certificate,
        private_key=settings.microsoft_private_key.get_secret_value(),
        ca_file=settings.microsoft_ca_file,
        allow=settings.outbound_allow,
    )


def _own_addresses(settings: Settings) -> tuple[str, ...]:
    """Addresses whose mail comes back to us; user names of mail servers usually are addresses."""
    return (
        settings.default_from_email,
        settings.imap_username,
        settings.smtp_username,
        settings.email_username,
    )


def _fixed_account(settings: Settings) -> fixed_account.FixedAccount | None:
    """The mail account the environment describes; None without an address, or without a server or Microsoft."""
    imap_host = settings.imap_host if settings.imap_enabled else ""
    address = settings.default_from_email or settings.imap_username
    if "@" not in address:
        return None
    if not (imap_host or settings.smtp_host):
        by_graph = address.lower() in _microsoft_mailboxes(settings)
        return fixed_account.FixedAccount(address=address, by_graph=True) if by_graph else None
    return fixed_account.FixedAccount(
        address=address,
        imap_host=imap_host,
        imap_port=settings.imap_port,
        imap_username=settings.imap_username,
        imap_password=settings.imap_password.get_secret_value(),
        imap_folder=settings.imap_folder,
        smtp_host=settings.smtp_host,
        smtp_port=settings.smtp_port,
        smtp_tls=Tls(settings.smtp_tls),
        smtp_username=settings.smtp_username,
        smtp_password=settings.smtp_password.get_secret_value(),
        ca_file=settings.smtp_ca_file,
    )


def _microsoft_mailboxes(settings: Settings) -> tuple[str, ...]:
    """The mailboxes the environment itself gives to the application at Microsoft, folded."""
    given = settings.fixed_settings.get("microsoft", {})
    if "client_id" not in given or "tenant_id" not in given:
        return ()
    return tuple(one.lower() for one in microsoft.listed(str(given.get("mailboxes", ""))))


def _flask_config(settings: Settings) -> dict[str, object]:
    secure = settings.secure
    return {
        "SECRET_KEY": environment.environment().secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "TESTING": settings.flask_env == "testing",
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url, pool=THREADS),
        "MAX_CONTENT_LENGTH": settings.max_request_mb * 1024 * 1024,
        "SESSION_COOKIE_NAME": "__Host-helpdesk" if secure else "helpdesk",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_HEADERS": ["X-CSRFToken"],
        "SEND_FILE_MAX_AGE_DEFAULT": 31536000,
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _queue(app: Flask, settings: Settings) -> None:
    make_queue(
        app,
        redis_url=settings.redis_url,
        data_dir=settings.data_dir,
        time_zone=settings.default_time_zone,
        schedules=settings.schedules,
    )
    bus.hang(None if settings.flask_env == "testing" else ring)


def _consumers(app: Flask, settings: Settings) -> None:
    """Who hears of events; also names the ways out of the house."""
    made = notifications.make(
        way_of=sending.way_of,
        open_file=lambda sha256: _read(app, sha256),
        route=lambda: _smtp_route(settings),
        sender=settings.default_from_email,
        webhook=settings.teams_webhook_url.get_secret_value(),
        guard=HttpGuard(
            allow_hosts=settings.outbound_allow,
            allow_private=settings.outbound_allow,
            host_patterns=HOST_PATTERNS,
            ca_file=settings.microsoft_ca_file or None,
        ),
    )
    receivers = HttpGuard(allow_hosts=settings.outbound_allow, allow_private=settings.outbound_allow)
    for consumer in (*made, *webhooks.make(receivers, hearers)):
        register(consumer)


def _read(app: Flask, sha256: str) -> bytes:
    with app.extensions["storage"].open(sha256) as stream:
        return bytes(stream.read())


def _smtp_route(settings: Settings) -> SmtpRoute | None:
    if not settings.smtp_host:
        return None
    return SmtpRoute(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value(),
        ca_file=settings.smtp_ca_file or None,
    )


def _doors(app: Flask, settings: Settings) -> None:
    app.url_map.converters.update(numbers.CONVERTERS)
    packing.init_packing(app)
    origins.init_origins(app, settings.origins)
    guard.init_guard(app, hosts=settings.hosts, proxies=settings.trusted_proxies)
    visitor.init_visitor(app)
    page.init_pages(app)
    errors.init_errors(app)
    assets.register(app)
    brand.register(app)
    for door in DOORS:
        app.register_blueprint(door)
    app.extensions["api_documents"] = api.written
