"""Shapes of settings: values of the environment that are more than text, with the sentence for a wrong one."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from cryptography.fernet import Fernet
from pydantic import AfterValidator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {"mysql": "mysql+pymysql", "mariadb": "mysql+pymysql", "postgresql": "postgresql+psycopg"}
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _host_name(value: str) -> str:
    if any(ord(c) <= 32 for c in value) or "/" in value:
        raise ValueError("must be a plain host name")
    return value


def _scanner(value: str) -> str:
    if value and not re.fullmatch(r"tcp://[^/\s:]+:\d{1,5}|unix://(/[^/\s]+)+", value):
        raise ValueError("must look like tcp://127.0.0.1:3310 or unix:///run/clamav/clamd.ctl")
    return value


def _site(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must look like https://help.example.com")
    return value.rstrip("/")


def _https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address that begins with https://")
    return value.rstrip("/")


def _origin(value: str) -> str:
    parts = urlsplit(value)
    is_plain = value == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain or value != value.lower():
        raise ValueError("must be origins such as https://intranet.example.com")
    return value


def _guid(value: str) -> str:
    if value and not GUID.fullmatch(value):
        raise ValueError("must look like 11111111-2222-3333-4444-555555555555")
    return value


def _database(value: str) -> str:
    scheme, colon, rest = value.partition(":")
    value = DRIVERS.get(scheme, scheme) + colon + rest
    try:
        name = make_url(value).drivername
    except ArgumentError as error:
        raise ValueError("is not a database address") from error
    if name not in ("sqlite", "mysql+pymysql", "postgresql+psycopg"):
        raise ValueError("must be sqlite, mysql+pymysql or postgresql+psycopg")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a time zone such as Europe/Berlin")
    return value


def fernet_keys(value: tuple[str, ...]) -> tuple[str, ...]:
    """Keys to encrypt with.

    Raises:
        ValueError: one of them is none.
    """
    for key in value:
        try:
            Fernet(key)
        except ValueError as error:
            raise ValueError("must be Fernet keys (44 characters each)") from error
    return value


HostName = Annotated[str, AfterValidator(_host_name)]
ScannerUrl = Annotated[str, AfterValidator(_scanner)]
SiteUrl = Annotated[str, AfterValidator(_site)]
Origin = Annotated[str, AfterValidator(_origin)]
HttpsUrl = Annotated[str, AfterValidator(_https)]
Guid = Annotated[str, AfterValidator(_guid)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
TimeZone = Annotated[str, AfterValidator(_zone)]
